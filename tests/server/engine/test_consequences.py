"""What follows from ended runs: breaker, notices, chains; each once."""

import json
from pathlib import Path

import pytest

from aifp.helpers.user_directives.internal.breaker import Before, move
from aifp.schemas.common import JsonMap
from aifp.schemas.words import RunStatus
from tests.clock import FakeClock
from tests.server.engine.watchhouse import NOON, STEPS, Watchhouse, every, open_watchhouse

MINUTE = 60_000


async def run_once(house: Watchhouse, outcome: RunStatus) -> None:
    await house.pass_time(60)
    await house.finish(house.runs("a")[-1]["id"], outcome)


def newest_notice(house: Watchhouse) -> int:
    return house.value("SELECT max(id) FROM runs WHERE trigger_source = 'system'")


def on(outcome: str, directive: str = "a") -> list[JsonMap]:
    return [{"kind": "run", "directive": directive, "outcome": outcome}]


@pytest.mark.req("D94")
async def test_the_fifth_failed_run_in_a_row_stops_the_directive(tmp_path: Path) -> None:
    async with open_watchhouse(tmp_path) as house:
        await house.add("a", when=[every(MINUTE)])
        for outcome in ("failure", "timeout", "failure", "interrupted"):
            await run_once(house, outcome)
        assert house.value("SELECT status FROM user_directives") == "active"
        await run_once(house, "failure")
        (row,) = house.rows("SELECT status, status_reason FROM user_directives")
        assert (row["status"], row["status_reason"][:7]) == ("error", "breaker")
        codes = [r["code"] for r in house.rows("SELECT code FROM alerts ORDER BY code")]
        assert codes == ["breaker", "directive_failing"]
        await house.pass_time(60)
        assert house.told()[-1] == "skipped(breaker)"


@pytest.mark.req("D94", "D104")
async def test_a_success_clears_the_counter_and_closes_the_alert(tmp_path: Path) -> None:
    async with open_watchhouse(tmp_path) as house:
        await house.add("a", when=[every(MINUTE)])
        for outcome in ("failure", "failure", "failure", "failure", "success", "failure"):
            await run_once(house, outcome)
        assert house.value("SELECT consecutive_failures FROM user_directives") == 1
        states = [r["state"] for r in house.rows("SELECT state FROM alerts ORDER BY id")]
        assert states == ["resolved", "open"]


@pytest.mark.req("D104")
async def test_notices_are_sent_once_per_change(tmp_path: Path) -> None:
    async with open_watchhouse(tmp_path) as house:
        told = {"on_failure": STEPS, "on_recovery": STEPS}
        await house.add("a", when=[every(MINUTE)], policies=told)
        for outcome in ("success", "failure", "failure", "success", "success"):
            await run_once(house, outcome)
        notices = house.rows("SELECT trigger_json FROM runs WHERE trigger_source = 'system'")
        kinds = ["on_failure" in r["trigger_json"] for r in notices]
        assert kinds == [True, False]


@pytest.mark.req("D104")
async def test_a_notice_begins_at_its_own_entry_point(tmp_path: Path) -> None:
    async with open_watchhouse(tmp_path) as house:
        await house.add("a", when=[every(MINUTE)], policies={"on_failure": STEPS})
        await run_once(house, "failure")
        notice = house.value("SELECT id FROM runs WHERE trigger_source = 'system'")
        release = await house.admission.admit(house.ctx, notice)
        assert release is not None
        assert release.entry_point == "on_failure_a"


@pytest.mark.req("X01")
@pytest.mark.parametrize("entry", ["execute_a", "on_recovery_a", None, 7])
async def test_a_notice_written_by_hand_cannot_do_the_directives_work(
    tmp_path: Path, entry: object
) -> None:
    async with open_watchhouse(tmp_path) as house:
        await house.add("a", when=[every(MINUTE)], policies={"on_failure": STEPS})
        await run_once(house, "failure")
        notice = house.value("SELECT id FROM runs WHERE trigger_source = 'system'")
        forged = json.dumps({"kind": "on_failure", "entry": entry})
        house.write("UPDATE runs SET trigger_json = ? WHERE trigger_source = 'system'", forged)
        assert await house.admission.admit(house.ctx, notice) is None
        (run,) = house.rows("SELECT status, reason FROM runs WHERE trigger_source = 'system'")
        assert (run["status"], run["reason"]) == ("skipped", "approval_void")


async def test_a_failed_notice_does_not_count_against_its_directive(tmp_path: Path) -> None:
    async with open_watchhouse(tmp_path) as house:
        await house.add("a", when=[every(MINUTE)], policies={"on_failure": STEPS})
        await run_once(house, "failure")
        notice = house.value("SELECT id FROM runs WHERE trigger_source = 'system'")
        await house.finish(notice, "failure")
        assert house.value("SELECT consecutive_failures FROM user_directives") == 1
        assert len(house.rows("SELECT id FROM runs WHERE trigger_source = 'system'")) == 1


@pytest.mark.req("D104")
async def test_a_notice_that_reaches_nobody_raises_an_alert_until_one_does(tmp_path: Path) -> None:
    async with open_watchhouse(tmp_path) as house:
        told = {"on_failure": STEPS, "on_recovery": STEPS}
        await house.add("a", when=[every(MINUTE)], policies=told)
        await run_once(house, "failure")
        await house.finish(newest_notice(house), "failure")
        open_codes = "SELECT code FROM alerts WHERE state = 'open' ORDER BY code"
        codes = [row["code"] for row in house.rows(open_codes)]
        assert codes == ["directive_failing", "notice_failed"]
        await run_once(house, "success")
        await house.finish(newest_notice(house), "success")
        assert house.rows(open_codes) == []


@pytest.mark.req("D104")
async def test_five_failures_give_one_notice_and_the_recovery_another(tmp_path: Path) -> None:
    async with open_watchhouse(tmp_path) as house:
        told = {"on_failure": STEPS, "on_recovery": STEPS}
        await house.add("a", when=[every(MINUTE)], policies=told)
        for outcome in ("failure", "timeout", "missed", "interrupted", "failure", "success"):
            await run_once(house, outcome)
        notices = house.rows("SELECT trigger_json FROM runs WHERE trigger_source = 'system'")
        kinds = [json.loads(row["trigger_json"])["kind"] for row in notices]
        assert kinds == ["on_failure", "on_recovery"]


@pytest.mark.parametrize(
    ("outcome", "starts"),
    [("failure", ["failed", "finished"]), ("success", ["finished", "succeeded"])],
)
async def test_an_outcome_starts_those_who_wait_for_it(
    tmp_path: Path, outcome: RunStatus, starts: list[str]
) -> None:
    async with open_watchhouse(tmp_path) as house:
        await house.add("a", when=[every(MINUTE)])
        for word in ("failed", "succeeded", "finished", "missed", "recovered"):
            await house.add(word, type="trigger", when=on(word))
        await run_once(house, outcome)
        started = sorted(row["name"] for row in house.runs() if row["name"] != "a")
        assert started == starts


async def test_a_missed_due_time_starts_those_who_wait_for_it(tmp_path: Path) -> None:
    clock = FakeClock(NOON)
    async with open_watchhouse(tmp_path, clock) as house:
        none = {"catch_up": {"policy": "none"}}
        await house.add("a", when=[{"kind": "cron", "expr": "5 12 * * *"}], policies=none)
        await house.add("m", type="trigger", when=on("missed"))
    await clock.advance(1800)
    async with open_watchhouse(tmp_path, clock) as house:
        await house.settle()
        assert house.told("a") == ["missed(not running when due)"]
        assert house.told("m") == ["queued"]
        assert house.value("SELECT code FROM alerts") == "directive_failing"


@pytest.mark.req("F24")
async def test_a_chain_of_starts_ends_at_depth_eight(tmp_path: Path) -> None:
    async with open_watchhouse(tmp_path) as house:
        await house.add("a", type="trigger", when=on("finished", "b"))
        await house.add("b", type="trigger", when=[every(86_400_000), *on("finished", "a")])
        house.clock.set(NOON.replace(day=22, hour=0))
        await house.turn()
        while open_runs := [r for r in house.runs() if r["status"] == "queued"]:
            await house.finish(open_runs[0]["id"])
        told = sorted(house.told())
        assert told == ["skipped(chain depth)"] + ["success"] * 8


async def test_consequences_are_drawn_once_even_when_the_daemon_dies_in_between(
    tmp_path: Path,
) -> None:
    clock = FakeClock(NOON)
    async with open_watchhouse(tmp_path, clock) as house:
        await house.add("a", when=[every(MINUTE)])
        await house.add("b", type="trigger", when=on("failed"))
        await house.pass_time(60)
        (run,) = house.runs("a")
        house.write(
            "UPDATE runs SET status = 'failure', epoch = 1, finished_at = created_at WHERE id = ?",
            run["id"],
        )
    async with open_watchhouse(tmp_path, clock) as house:
        await house.settle()
        await house.settle()
        assert house.told("b") == ["queued"]
        assert house.value("SELECT consecutive_failures FROM user_directives") == 1


@pytest.mark.req("D42")
async def test_trouble_with_one_ended_run_does_not_hold_up_the_others(tmp_path: Path) -> None:
    async with open_watchhouse(tmp_path) as house:
        await house.add("a", when=[every(MINUTE)])
        await house.pass_time(60)
        await house.pass_time(60)
        first, second = (row["id"] for row in house.runs("a"))
        house.write(
            "UPDATE runs SET status = 'success', finished_at = created_at, trigger_json = '[]'"
            " WHERE id = ?",
            first,
        )
        await house.finish(second)
        settled = house.rows("SELECT settled FROM runs ORDER BY id")
        assert [r["settled"] for r in settled] == [0, 1]
        assert house.told("a") == ["success", "success"]


def test_runs_that_were_skipped_or_cancelled_change_nothing() -> None:
    standing = Before("a", "active", 4, failing=True)
    for outcome in ("skipped", "cancelled"):
        made = move(standing, outcome, 5)
        assert (made.failures, made.notice, made.trips) == (4, None, False)
