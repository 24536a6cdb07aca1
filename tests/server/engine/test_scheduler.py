"""Due times become records: each exactly once, whatever happens."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aifp.schemas.instants import to_text
from tests.clock import FakeClock
from tests.server.engine.watchhouse import NOON, Watchhouse, due_of, every, open_watchhouse

HOUR = 3_600_000


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.req("D91")
async def test_a_due_time_becomes_one_queued_run_that_is_handed_over(tmp_path: Path) -> None:
    async with open_watchhouse(tmp_path) as house:
        await house.add("hourly", when=[every(HOUR)])
        await house.pass_time(3599)
        assert house.runs() == []
        await house.pass_time(1)
        await house.turn()
        (run,) = house.runs()
        assert (run["status"], run["trigger_source"]) == ("queued", "schedule")
        assert due_of(run) == at("2026-11-21T13:00:00")
        assert house.desk.handed == [run["id"]]
        last, following = _schedule(house)
        assert (last, following) == ("2026-11-21T13:00:00.000Z", "2026-11-21T14:00:00.000Z")


async def test_two_starts_on_one_instant_give_one_run(tmp_path: Path) -> None:
    async with open_watchhouse(tmp_path) as house:
        noon_and_hourly = [every(HOUR), {"kind": "cron", "expr": "0 13 * * *", "as": "one"}]
        await house.add("both", when=noon_and_hourly)
        await house.pass_time(3600)
        assert len(house.runs()) == 1


@pytest.mark.req("D92", "F11")
async def test_nine_hours_of_downtime_leave_no_due_time_without_a_record(tmp_path: Path) -> None:
    clock = FakeClock(NOON)
    async with open_watchhouse(tmp_path, clock) as house:
        await house.add("hourly", when=[every(HOUR)])
        await house.add("seconds", when=[every(1000)])
    clock.set(NOON + timedelta(hours=9, seconds=90))
    async with open_watchhouse(tmp_path, clock) as house:
        hourly = house.runs("hourly")
        assert [r["status"] for r in hourly] == ["missed"] * 8 + ["queued"]
        assert hourly[-1]["trigger_source"] == "catch_up"
        folded, caught_up, *fresh = house.runs("seconds")
        assert folded["status"] == "missed"
        assert due_of(folded) == NOON + timedelta(seconds=1)
        assert folded["due_count"] + 1 + len(fresh) == 9 * 3600 + 90
        assert caught_up["trigger_source"] == "catch_up"
        missed = house.value(
            "SELECT missed FROM run_daily WHERE subject_kind = 'project' AND day = '2026-11-21'"
        )
        assert missed == 8 + folded["due_count"]


@pytest.mark.req("D92")
async def test_catch_up_starts_are_spread_at_four_per_second(tmp_path: Path) -> None:
    clock = FakeClock(NOON)
    async with open_watchhouse(tmp_path, clock) as house:
        for number in range(8):
            await house.add(f"daily{number}", when=[{"kind": "cron", "expr": "30 12 * * *"}])
    clock.set(NOON + timedelta(hours=1))
    async with open_watchhouse(tmp_path, clock) as house:
        assert len(house.desk.handed) == 1
        for second in (1, 2):
            await house.pass_time(0.99 if second == 1 else 1)
            assert len(house.desk.handed) == 4 * second


@pytest.mark.req("D92")
async def test_catch_up_all_starts_the_newest_one_after_the_other(tmp_path: Path) -> None:
    clock = FakeClock(NOON)
    rule = {"policy": "all", "within_ms": 6 * HOUR, "max": 3}
    async with open_watchhouse(tmp_path, clock) as house:
        await house.add("hourly", when=[every(HOUR)], policies={"catch_up": rule})
    clock.set(NOON + timedelta(hours=5, minutes=30))
    async with open_watchhouse(tmp_path, clock) as house:
        rows = house.runs()
        assert [r["status"] for r in rows] == ["missed", "missed", "queued", "queued", "queued"]
        wakes = [datetime.fromisoformat(r["wake_at"]) for r in rows[2:]]
        assert [w - wakes[0] for w in wakes] == [timedelta(seconds=s) for s in (0, 1, 2)]
        await house.pass_time(2)
        assert len({house.desk.locks[run] for run in house.desk.handed}) == 1


async def test_catch_up_none_records_every_late_due_time_as_missed(tmp_path: Path) -> None:
    clock = FakeClock(NOON)
    async with open_watchhouse(tmp_path, clock) as house:
        await house.add("h", when=[every(HOUR)], policies={"catch_up": {"policy": "none"}})
    clock.set(NOON + timedelta(hours=3, minutes=30))
    async with open_watchhouse(tmp_path, clock) as house:
        assert [r["status"] for r in house.runs()] == ["missed"] * 3


@pytest.mark.req("F08")
async def test_a_clock_set_forward_catches_up_and_set_back_fires_nothing_again(
    tmp_path: Path,
) -> None:
    async with open_watchhouse(tmp_path) as house:
        await house.add("hourly", when=[every(HOUR)])
        house.clock.set(NOON + timedelta(hours=1))
        await house.turn()
        house.clock.set(NOON - timedelta(days=1))
        await house.turn()
        assert len(house.runs()) == 1
        assert house.value("SELECT code FROM alerts") == "clock_set_back"
        await house.pass_time(24 * 3600 + 3600)
        assert len(house.runs()) == 1
        await house.pass_time(3600)
        assert len(house.runs()) == 2


@pytest.mark.req("F08")
async def test_a_year_forward_is_counted_exactly_and_quickly(tmp_path: Path) -> None:
    async with open_watchhouse(tmp_path) as house:
        await house.add("seconds", when=[every(1000)])
        house.clock.set(NOON + timedelta(days=365))
        await house.turn()
        total = house.value("SELECT sum(due_count) FROM runs")
        assert total == 365 * 86_400
        assert len(house.runs()) < 70


@pytest.mark.req("D93", "F09")
async def test_a_clock_change_day_runs_a_fixed_time_once(tmp_path: Path) -> None:
    clock = FakeClock(at("2027-03-27T12:00:00"))
    berlin = {"timezone": "Europe/Berlin"}
    async with open_watchhouse(tmp_path, clock) as house:
        await house.add("night", when=[{"kind": "cron", "expr": "30 2 * * *"}], **berlin)
        await house.add("half", when=[every(HOUR // 2)], **berlin)
        for _ in range(48):
            await house.pass_time(1800)
        assert [due_of(r) for r in house.runs("night")] == [at("2027-03-28T01:00:00")]
        assert len(house.runs("half")) == 48


@pytest.mark.req("F10")
async def test_a_directive_in_an_unknown_zone_goes_to_error_alone(tmp_path: Path) -> None:
    async with open_watchhouse(tmp_path) as house:
        await house.add("good", when=[every(HOUR)])
        await house.add("bad", when=[{"kind": "cron", "expr": "0 9 * * *"}], timezone="Mars/Base")
        await house.pass_time(3600)
        statuses = house.rows("SELECT name, status FROM user_directives ORDER BY name")
        assert [r["status"] for r in statuses] == ["error", "active"]
        assert len(house.runs("good")) == 1
        assert house.value("SELECT code FROM alerts") == "cannot_schedule"


@pytest.mark.req("F10", "F22")
async def test_a_directive_damaged_in_the_database_goes_to_error_alone(tmp_path: Path) -> None:
    clock = FakeClock(NOON)
    async with open_watchhouse(tmp_path, clock) as house:
        await house.add("good", when=[every(HOUR)])
        await house.add("bad", when=[every(HOUR)])
        house.write(
            "UPDATE user_directives SET configuration_json = '{}', canonical_sha256 = 'x'"
            " WHERE name = 'bad'"
        )
        await house.look()
        await house.pass_time(3600)
        assert len(house.runs("good")) == 1
    async with open_watchhouse(tmp_path, clock) as house:
        await house.pass_time(3600)
        statuses = house.rows("SELECT name, status FROM user_directives ORDER BY name")
        assert [r["status"] for r in statuses] == ["error", "active"]
        assert len(house.runs("good")) == 2
        assert house.value("SELECT code FROM alerts") == "cannot_schedule"


@pytest.mark.req("D91")
async def test_a_pause_by_the_system_records_skips_and_one_by_the_user_nothing(
    tmp_path: Path,
) -> None:
    async with open_watchhouse(tmp_path) as house:
        for name in ("void", "mine", "broken", "needy"):
            await house.add(name, when=[every(HOUR)])
        pause = "UPDATE user_directives SET status = ?, pause_cause = ?, status_reason = ?"
        house.write(f"{pause} WHERE name = 'void'", "paused", "approval_void", "changed")
        house.write(f"{pause} WHERE name = 'mine'", "paused", "user", None)
        house.write(f"{pause} WHERE name = 'broken'", "error", None, "breaker: 5 failed runs")
        house.write(
            f"{pause} WHERE name = 'needy'",
            "paused",
            "dependency_missing",
            "needy needs: secret X.",
        )
        await house.look()
        await house.pass_time(3600)
        assert house.told("void") == ["skipped(approval_void)"]
        assert house.told("mine") == []
        assert house.told("broken") == ["skipped(breaker)"]
        assert house.told("needy") == ["skipped(dependency_missing: secret X)"]


@pytest.mark.req("D102")
async def test_the_stop_switch_records_due_times_as_stopped(tmp_path: Path) -> None:
    clock = FakeClock(NOON)
    async with open_watchhouse(tmp_path, clock) as house:
        await house.add("hourly", when=[every(HOUR)])
        house.write(
            "INSERT INTO engine_state VALUES ('stop_switch', '{\"reason\": \"x\"}', ?)",
            to_text(NOON),
        )
        await house.pass_time(3600)
    async with open_watchhouse(tmp_path, clock) as house:
        await house.pass_time(3600)
        assert house.told() == ["skipped(stopped)"] * 2


async def test_the_higher_priority_is_handed_over_first(tmp_path: Path) -> None:
    async with open_watchhouse(tmp_path) as house:
        await house.add("low", when=[every(HOUR)], priority=1)
        await house.add("high", when=[every(HOUR)], priority=90)
        await house.pass_time(3600)
        names = {r["id"]: r["name"] for r in house.runs()}
        assert [names[run] for run in house.desk.handed] == ["high", "low"]


async def test_an_activation_begins_now_and_not_in_the_past(tmp_path: Path) -> None:
    async with open_watchhouse(tmp_path) as house:
        directive = await house.add("hourly", when=[every(HOUR)], status="paused")
        house.write("UPDATE user_directives SET pause_cause = 'user' WHERE id = ?", directive)
        await house.pass_time(5 * 3600 + 1800)
        house.write(
            "UPDATE user_directives SET status = 'active', pause_cause = NULL, activated_at = ?",
            to_text(house.clock.now()),
        )
        await house.look()
        assert house.runs() == []
        await house.pass_time(1800)
        assert len(house.runs()) == 1


def _schedule(house: Watchhouse) -> tuple[str, str]:
    (row,) = house.rows("SELECT last_due_at, next_due_at FROM directive_schedule")
    return row["last_due_at"], row["next_due_at"]
