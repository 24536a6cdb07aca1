"""Runs counted, looked back at, and told of from outside."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from aifp.schemas.instants import to_text
from aifp.server.adapters.keyring import FileKeyring
from tests.clock import FakeClock
from tests.helpers.user_directives.calls import called, refused
from tests.helpers.user_directives.lives import TEXT, Life
from tests.helpers.user_directives.tools.test_reports import add_run

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


async def two(life: Life, zone: str = "UTC") -> None:
    """Make the directives alpha (1) and beta (2) in a project with a zone."""
    text = "timezone: UTC\ndirectives:\n" + "".join(
        f'  {name}: {{every: 1h, do: log "{name}"}}\n' for name in ("alpha", "beta")
    )
    await life.validated(text, "alpha")
    async with life.ctx.project.write() as db:
        await db.run("add_project", name="p", timezone=zone, at="2026")


async def record(life: Life, status: str, **more: object) -> int:
    told = {"directive_id": 1, "status": status} | more
    answer = await called(life.ctx, "record_execution", **told)
    assert answer == {"success": True, "execution_id": answer["execution_id"]}
    return answer["execution_id"]


@pytest.mark.req("D11", "D15")
async def test_statistics_outlive_the_rows_of_the_runs(life: Life) -> None:
    await two(life)
    for number in range(45):
        await record(life, "failure" if number % 15 == 7 else "success", duration_ms=100 + number)
        await cast("FakeClock", life.ctx.clock).advance(3600)
    expected = {
        "found": True,
        "directive_id": 1,
        "directive_name": "alpha",
        "total_executions": 45,
        "successful_executions": 42,
        "failed_executions": 3,
        "last_execution": "2026-11-23T08:00:00.000Z",
        "last_status": "success",
        "average_duration_ms": 122.0,
        "success_rate": 0.93,
        "other_outcomes": dict.fromkeys(
            ("skipped", "missed", "cancelled", "interrupted", "waiting_for_approval"), 0
        ),
    }
    assert await called(life.ctx, "get_execution_stats", directive_id=1) == expected
    life.sql("DELETE FROM runs WHERE id < 45")
    assert await called(life.ctx, "get_execution_stats", directive_id=1) == expected
    assert await called(life.ctx, "get_execution_stats", directive_id=99) == {"found": False}


@pytest.mark.req("D13", "D60")
async def test_failures_since_a_moment_include_that_moment(life: Life) -> None:
    await two(life, "Europe/Berlin")
    # Midnight of 2 November in Berlin.
    midnight = datetime(2026, 11, 1, 23, tzinfo=UTC)
    early = add_run(life, "failure", NOON - midnight + timedelta(milliseconds=1))
    first = add_run(life, "timeout", NOON - midnight)
    late = add_run(life, "failure", timedelta(0))
    other = add_run(life, "failure", timedelta(minutes=1), directive_id=2)
    for outcome in ("success", "skipped", "missed", "cancelled", "interrupted"):
        add_run(life, outcome)
    add_run(life, "failure", mode="dry_run")
    # Steps that tell of a failure are no failure of the directive.
    add_run(life, "failure", trigger_source="system")

    async def listed(**given: object) -> list[int]:
        answer = await called(life.ctx, "get_failed_executions", **given)
        assert answer["total"] == len(answer["result"])
        return [run["id"] for run in answer["result"]]

    assert await listed() == [late, other, first, early]
    assert await listed(since_date="2026-11-02") == [late, other, first]
    for same in ("2026-11-02T00:00:00", "2026-11-01T23:00:00Z", "2026-11-02T00:00:00+01:00"):
        assert await listed(since_date=same) == [late, other, first]
    assert await listed(since_date="2026-11-02T00:00:00.001") == [late, other]
    assert await listed(since_date="2026-11-02", directive_id=1) == [late, first]
    assert await listed(directive_id=3) == []


@pytest.mark.req("D13", "D64")
@pytest.mark.parametrize("bad", ["yesterday", "2026-13-01", "", "0001-01-01", "2026-11-02T25:00"])
async def test_a_bad_date_lists_nothing_and_says_so(
    life: Life, bad: str, caplog: pytest.LogCaptureFixture
) -> None:
    await two(life)
    add_run(life, "failure")
    wrong = await refused(life.ctx, "get_failed_executions", since_date=bad)
    assert wrong["result"] == [] and wrong["total"] == 0
    assert "since_date" in str(wrong["warnings"]) and "ISO date" in str(wrong["warnings"])
    assert "since_date" in caplog.text


@pytest.mark.req("D13", "D60")
async def test_more_failures_than_are_shown_are_counted(life: Life) -> None:
    await two(life)
    for _ in range(501):
        add_run(life, "failure")
    found = await called(life.ctx, "get_failed_executions")
    assert (found["total"], found["truncated"]) == (501, True)


def add_day(life: Life, day: str, directive: int = 1, **counts: object) -> None:
    life.insert("run_daily", subject_kind="directive", subject_id=str(directive), day=day, **counts)


@pytest.mark.req("D14")
@pytest.mark.parametrize(
    ("days", "totals", "trend"),
    [
        (7, [1, 1, 1, 90, 2, 1, 1], "up"),
        (7, [2, 1, 1, 90, 1, 1, 1], "not up"),
        (7, [1, 1, 1, 0, 1, 1, 1], "not up"),
        (8, [0, 0, 0, 1, 2, 0, 0, 0], "up"),
        (8, [0, 0, 0, 2, 2, 0, 0, 0], "not up"),
        (8, [5, 0, 0, 0, 0, 0, 0, 4], "not up"),
        (1, [9], "not up"),
    ],
)
async def test_the_later_half_decides_whether_it_goes_up(
    life: Life, days: int, totals: list[int], trend: str
) -> None:
    await two(life)
    today = NOON.date()
    for ago, total in enumerate(reversed(totals)):
        day = (today - timedelta(days=ago)).isoformat()
        times = {"timed_runs": total, "sum_duration_ms": total * 230}
        add_day(life, day, success=total, skipped=50, **times)
    # The day before the period counts for nothing.
    add_day(life, (today - timedelta(days=days)).isoformat(), success=1000)
    found = await called(life.ctx, "get_execution_trends", days=days)
    assert found["period"] == ("1 day" if days == 1 else f"{days} days")
    assert [day["total_executions"] for day in found["daily_stats"]] == totals
    assert found["daily_stats"][-1]["date"] == "2026-11-21"
    assert found["trending_up"] is (trend == "up")
    for day in found["daily_stats"]:
        counted = (1.0, 230.0) if day["total_executions"] else (None, None)
        assert (day["success_rate"], day["average_duration_ms"]) == counted


@pytest.mark.req("D14", "D62")
async def test_the_busiest_directive_is_named_ties_by_name(life: Life) -> None:
    await two(life, "Pacific/Auckland")
    empty = await called(life.ctx, "get_execution_trends")
    assert empty["most_active_directive"] is None and empty["trending_up"] is False
    assert [day["date"] for day in empty["daily_stats"]][::6] == ["2026-11-16", "2026-11-22"]
    add_day(life, "2026-11-20", 1, failure=2, skipped=9)
    add_day(life, "2026-11-20", 2, success=1)
    add_day(life, "2026-11-21", 2, timeout=1)
    found = await called(life.ctx, "get_execution_trends")
    assert found["most_active_directive"] == "alpha"
    days = {day["date"]: day for day in found["daily_stats"]}
    assert (days["2026-11-20"]["total_executions"], days["2026-11-20"]["success_rate"]) == (3, 0.33)
    add_day(life, "2026-11-22", 2, success=1)
    assert (await called(life.ctx, "get_execution_trends"))["most_active_directive"] == "beta"
    for days_asked in (0, 366):
        wrong = await refused(life.ctx, "get_execution_trends", days=days_asked)
        assert wrong["daily_stats"] == [] and "days" in str(wrong["warnings"])


@pytest.mark.req("D15", "D61")
async def test_a_run_from_outside_is_kept_and_counted_at_once(life: Life, tmp_path: Path) -> None:
    await two(life)
    FileKeyring(tmp_path / "config").store("DOOR_KEY", "hunter2hunter2")
    ids = [
        await record(life, "success", duration_ms=0),
        await record(life, "failure", error_message="at hunter2hunter2 " + "x" * 5000),
        await record(life, "timeout", duration_ms=60_000),
    ]
    assert ids == [1, 2, 3]
    shown: dict[str, Any] = await called(life.ctx, "get_recent_executions", directive_id=1)
    assert [run["status"] for run in shown["result"]] == ["timeout", "failure", "success"]
    assert {run["trigger_source"] for run in shown["result"]} == {"external"}
    timeout, failure, success = shown["result"]
    assert timeout["started_at"] == to_text(NOON - timedelta(minutes=1))
    assert timeout["finished_at"] == failure["started_at"] == to_text(NOON)
    assert (success["duration_ms"], failure["duration_ms"]) == (0, None)
    assert len(failure["error_message"]) == 2048
    assert "hunter2" not in failure["error_message"]
    stats = await called(life.ctx, "get_execution_stats", directive_id=1)
    counted = ("total_executions", "successful_executions", "failed_executions")
    assert [stats[key] for key in counted] == [3, 1, 2]
    assert (stats["last_status"], stats["average_duration_ms"]) == ("timeout", 30_000.0)
    # The engine makes no notice and no breaker of what it did not run.
    assert life.sql("SELECT id FROM runs WHERE settled = 0") == []


@pytest.mark.req("D15", "D64", "D65", "D61")
async def test_what_cannot_be_recorded_leaves_no_row(life: Life) -> None:
    unknown = await refused(life.ctx, "record_execution", directive_id=7, status="success")
    assert unknown["error_code"] == "not_found"
    assert not life.database.exists()
    await life.validated(TEXT)
    before = life.dump()
    for wrong in (
        {"status": "skipped"},
        {"status": "success", "duration_ms": -1},
        {"status": "success", "duration_ms": "7"},
    ):
        answer = await refused(life.ctx, "record_execution", directive_id=1, **wrong)
        assert answer["error_code"] == "invalid_argument"
    both = await refused(
        life.ctx, "record_execution", directive_id=1, status="missed", duration_ms=-1
    )
    assert "status" in str(both["error"]) and "duration_ms" in str(both["error"])
    unknown = await refused(life.ctx, "record_execution", directive_id=7, status="success")
    assert unknown["error_code"] == "not_found"
    assert life.dump() == before
