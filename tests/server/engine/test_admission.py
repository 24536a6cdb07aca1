"""May a run begin: the checks in their order, and what is written when it may not."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from aifp.helpers.user_directives.internal.approvals import decide
from aifp.schemas.canonical import Policies
from aifp.schemas.errors import ApprovalRequired, Conflict, DependencyMissing
from aifp.schemas.sandbox import Limits
from aifp.server.engine.sources.events import Emitted, EventStarts
from tests.clock import FakeClock
from tests.server.engine.watchhouse import NOON, Watchhouse, every, open_watchhouse

MINUTE = 60_000
HOUR = 60 * MINUTE


async def due_runs(house: Watchhouse, name: str, count: int, **policies: Any) -> list[int]:
    """Let a directive of every minute come due so often and return its runs."""
    if policies or not house.runs(name):
        await house.add(name, when=[every(MINUTE)], policies=policies)
    for _ in range(count):
        await house.pass_time(60)
    return [row["id"] for row in house.runs(name)][-count:]


async def test_a_run_begins_when_nothing_speaks_against_it(tmp_path: Path) -> None:
    async with open_watchhouse(tmp_path) as house:
        (run,) = await due_runs(house, "a", 1)
        assert await house.admit(run)
        assert house.told() == ["queued"]


@pytest.mark.req("D98")
async def test_a_release_that_is_not_approved_is_skipped(tmp_path: Path) -> None:
    async with open_watchhouse(tmp_path) as house:
        runs = await due_runs(house, "a", 2)
        house.refusal = ApprovalRequired("a is not approved.")
        assert not await house.admit(runs[0])
        house.refusal = DependencyMissing("a needs: secret MAIL.")
        assert not await house.admit(runs[1])
        assert house.told() == [
            "skipped(approval_void)",
            "skipped(dependency_missing: secret MAIL)",
        ]


async def test_a_pause_between_claim_and_start_skips_the_run(tmp_path: Path) -> None:
    async with open_watchhouse(tmp_path) as house:
        (run,) = await due_runs(house, "a", 1)
        house.write("UPDATE user_directives SET status = 'paused', pause_cause = 'user'")
        assert not await house.admit(run)
        assert house.told() == ["skipped(user)"]


@pytest.mark.req("D91")
async def test_a_run_whose_directive_changed_meanwhile_says_so(tmp_path: Path) -> None:
    async with open_watchhouse(tmp_path) as house:
        runs = await due_runs(house, "a", 2)
        change = "UPDATE user_directives SET status = ?, status_reason = 'code registered'"
        for run, status in zip(runs, ("implemented", "archived"), strict=True):
            house.write(change, status)
            assert not await house.admit(run)
        assert house.told() == ["skipped(directive implemented)", "skipped(directive archived)"]


@pytest.mark.req("D81")
async def test_the_seventh_run_in_an_hour_is_rate_limited(tmp_path: Path) -> None:
    async with open_watchhouse(tmp_path) as house:
        runs = await due_runs(house, "a", 7, limit={"runs": 6, "per_ms": HOUR})
        for run in runs:
            if await house.admit(run):
                await house.finish(run)
        assert house.told() == ["success"] * 6 + ["skipped(rate_limited)"]
        await house.pass_time(3600)
        assert await house.admit(house.runs()[-1]["id"])


@pytest.mark.req("D81")
def test_without_a_policy_the_limits_are_those_that_are_promised() -> None:
    policies = Policies()
    assert (policies.timeout_ms, policies.mode, policies.limit) == (60_000, "single", None)
    assert Limits().output_bytes == 1_048_576


@pytest.mark.req("F24")
async def test_a_storm_of_events_is_recorded_and_mostly_not_run(tmp_path: Path) -> None:
    async with open_watchhouse(tmp_path) as house:
        few = {"limit": {"runs": 10, "per_ms": MINUTE}, "mode": "parallel", "max": 100}
        when = [{"kind": "event", "name": "storm"}]
        await house.add("a", type="trigger", when=when, policies=few)
        events = EventStarts(
            house.ctx.directives, house.clock, house.plans, house.observations, lambda: None
        )
        for number in range(100):
            await events.emit(Emitted(str(number), "storm"))
        admitted = [await house.admit(row["id"]) for row in house.runs()]
        assert (len(admitted), sum(admitted)) == (100, 10)
        assert house.told().count("skipped(rate_limited)") == 90


@pytest.mark.req("D81")
async def test_single_skips_what_overlaps(tmp_path: Path) -> None:
    async with open_watchhouse(tmp_path) as house:
        first, second = await due_runs(house, "a", 2)
        assert await house.admit(first)
        await house.begin(first)
        assert not await house.admit(second)
        assert house.told() == ["running", "skipped(overlap)"]


async def test_a_run_that_waits_for_approval_counts_as_active(tmp_path: Path) -> None:
    each = {"when": "each run", "within_ms": HOUR, "else": "skip"}
    async with open_watchhouse(tmp_path) as house:
        first, second = await due_runs(house, "a", 2, approve=each)
        assert not await house.admit(first)
        assert not await house.admit(second)
        assert house.told() == ["waiting_for_approval(waiting for approval)", "skipped(overlap)"]


async def test_restart_cancels_the_old_run(tmp_path: Path) -> None:
    async with open_watchhouse(tmp_path) as house:
        first, second = await due_runs(house, "a", 2, mode="restart")
        assert await house.admit(first)
        await house.begin(first)
        assert await house.admit(second)
        assert house.desk.cancelled == [(first, "restart")]


async def test_restart_cancels_a_run_that_only_waits(tmp_path: Path) -> None:
    each = {"when": "each run", "within_ms": HOUR, "else": "skip"}
    async with open_watchhouse(tmp_path) as house:
        first, second = await due_runs(house, "a", 2, mode="restart", approve=each)
        assert not await house.admit(first)
        assert not await house.admit(second)
        assert house.told()[0] == "cancelled(restart)"


async def test_queued_runs_go_first_in_first_out(tmp_path: Path) -> None:
    async with open_watchhouse(tmp_path) as house:
        runs = await due_runs(house, "a", 4, mode="queued", max=2)
        assert await house.admit(runs[0])
        await house.begin(runs[0])
        for run in runs[1:]:
            assert not await house.admit(run)
        assert house.told() == [
            "running",
            "queued(waiting in line)",
            "queued(waiting in line)",
            "skipped(queue full)",
        ]
        house.desk.handed.clear()
        await house.finish(runs[0])
        assert house.desk.handed == [runs[1]]
        assert await house.admit(runs[1])


async def test_nobody_passes_those_in_line(tmp_path: Path) -> None:
    async with open_watchhouse(tmp_path) as house:
        first, second, third = await due_runs(house, "a", 3, mode="queued")
        assert await house.admit(first)
        await house.begin(first)
        assert not await house.admit(second)
        await house.finish(first)
        assert not await house.admit(third)
        assert await house.admit(second)


async def test_a_line_moves_on_after_a_restart(tmp_path: Path) -> None:
    clock = FakeClock(NOON)
    async with open_watchhouse(tmp_path, clock) as house:
        first, second = await due_runs(house, "a", 2, mode="queued")
        assert await house.admit(first)
        await house.begin(first)
        assert not await house.admit(second)
        house.write("UPDATE runs SET status = 'interrupted', settled = 1 WHERE id = ?", first)
    async with open_watchhouse(tmp_path, clock) as house:
        await house.dispatcher.advance_lines()
        await house.turn()
        assert second in house.desk.handed


async def test_parallel_lets_so_many_run_side_by_side(tmp_path: Path) -> None:
    async with open_watchhouse(tmp_path) as house:
        runs = await due_runs(house, "a", 3, mode="parallel", max=2)
        admitted = [await house.admit(run) for run in runs]
        assert admitted == [True, True, False]
        assert house.told()[2] == "skipped(overlap)"


async def test_needs_look_at_the_newest_run_planned_before(tmp_path: Path) -> None:
    async with open_watchhouse(tmp_path) as house:
        needs = [{"directive": "base", "within_ms": HOUR}]
        await house.add("base", when=[every(MINUTE)])
        await house.add("top", when=[every(MINUTE)], policies={"needs": needs})
        await house.pass_time(60)
        base, top = house.runs("base")[0]["id"], house.runs("top")[0]["id"]
        assert not await house.admit(top)
        assert house.told("top") == ["queued(waiting for base)"]
        house.desk.handed.clear()
        await house.finish(base)
        assert top in house.desk.handed
        assert await house.admit(top)


async def test_needs_that_fail_or_take_too_long_skip_the_run(tmp_path: Path) -> None:
    async with open_watchhouse(tmp_path) as house:
        needs = [{"directive": "base", "within_ms": HOUR}]
        await house.add("base", when=[every(2 * HOUR)])
        await house.add("top", when=[every(2 * HOUR)], policies={"needs": needs})
        await house.pass_time(7200)
        top = house.runs("top")[0]["id"]
        assert not await house.admit(top)
        await house.pass_time(3600)
        assert not await house.admit(top)
        assert house.told("top") == ["skipped(needs base)"]
        await house.finish(house.runs("base")[0]["id"], "failure")
        await house.pass_time(3600)
        await house.finish(house.runs("base")[-1]["id"], "failure")
        assert not await house.admit(house.runs("top")[-1]["id"])
        assert house.told("top") == ["skipped(needs base)"] * 2


EACH = {"when": "each run", "within_ms": HOUR, "else": "skip"}


@pytest.mark.req("D100", "F29")
async def test_the_wait_for_a_person_survives_a_restart(tmp_path: Path) -> None:
    clock = FakeClock(NOON)
    async with open_watchhouse(tmp_path, clock) as house:
        (run,) = await due_runs(house, "a", 1, approve=EACH)
        assert not await house.admit(run)
    async with open_watchhouse(tmp_path, clock) as house:
        assert house.told()[0].startswith("waiting_for_approval")
        assert house.desk.handed == []
        await decide(house.ctx, _request(house), "approved", "cli")
        await house.turn()
        assert house.desk.handed == [run]
        assert await house.admit(run)


@pytest.mark.req("D100", "F29")
async def test_a_second_answer_is_refused(tmp_path: Path) -> None:
    async with open_watchhouse(tmp_path) as house:
        (run,) = await due_runs(house, "a", 1, approve=EACH)
        assert not await house.admit(run)
        await decide(house.ctx, _request(house), "rejected", "cli")
        with pytest.raises(Conflict):
            await decide(house.ctx, _request(house), "approved", "cli")
        assert not await house.admit(run)
        assert house.told() == ["skipped(approval_rejected)"]


@pytest.mark.req("D100", "F29")
@pytest.mark.parametrize(("else_", "word"), [("skip", "skipped"), ("fail", "failure")])
async def test_an_unanswered_request_expires(tmp_path: Path, else_: str, word: str) -> None:
    async with open_watchhouse(tmp_path) as house:
        (run,) = await due_runs(house, "a", 1, approve=EACH | {"else": else_})
        assert not await house.admit(run)
        house.desk.handed.clear()
        house.clock.set(house.clock.now() + timedelta(hours=1))
        await house.turn()
        assert run in house.desk.handed
        assert not await house.admit(run)
        assert house.told()[0] == f"{word}(approval_expired)"


@pytest.mark.req("D99")
async def test_an_answer_written_by_hand_does_not_count(tmp_path: Path) -> None:
    async with open_watchhouse(tmp_path) as house:
        (run,) = await due_runs(house, "a", 1, approve=EACH)
        assert not await house.admit(run)
        house.write("UPDATE approvals SET decision = 'approved', decided_by = 'user'")
        assert not await house.admit(run)
        assert house.told() == ["skipped(approval_void)"]


async def test_a_guard_lets_only_true_pass(tmp_path: Path) -> None:
    async with open_watchhouse(tmp_path) as house:
        await house.add("a", when=[every(MINUTE)], **{"if": 'light.desk == "on"'})
        for state in (None, "off", "on"):
            if state:
                await house.entities.observe("light.desk", state, {})
            await house.pass_time(60)
            run = house.runs()[-1]["id"]
            assert await house.admit(run) is (state == "on")
        assert house.told() == [
            "skipped(condition unknown: light.desk)",
            "skipped(condition false)",
            "queued",
        ]


async def test_a_guard_sees_what_it_reads_and_the_run_gets_it_too(tmp_path: Path) -> None:
    read = {"price": {"verb": "http", "method": "GET", "url": "http://shop/price", "pick": "eur"}}
    async with open_watchhouse(tmp_path) as house:
        house.reads["http://shop/price"] = 12
        await house.add("a", when=[every(MINUTE)], read=read, **{"if": "read.price < 20"})
        await house.pass_time(60)
        (run,) = house.runs()
        assert await house.admit(run["id"])
        kept = house.value("SELECT json_extract(input_json, '$.read.price') FROM runs")
        assert kept == 12


def _request(house: Watchhouse) -> int:
    return house.value("SELECT max(id) FROM approvals")
