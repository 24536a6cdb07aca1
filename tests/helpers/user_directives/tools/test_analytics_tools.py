"""Reports across all directives, against the rows and the lists they sum up."""

from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from aifp.helpers.user_directives.tools.analytics_tools import (
    get_dependency_report,
    get_directive_health_summary,
    get_error_directives,
    get_execution_summary,
    get_stale_directives,
)
from aifp.schemas.analytics import HealthSummary
from aifp.schemas.common import JsonMap, Record
from aifp.schemas.instants import to_text
from tests.clock import FakeClock
from tests.helpers.user_directives.calls import called, names, refused
from tests.helpers.user_directives.lives import Life
from tests.helpers.user_directives.tools.test_reports import NOON, add_run

DAY = timedelta(days=1)
MOMENT = timedelta(milliseconds=1)
NOTHING: dict[str, JsonMap] = {
    "get_directive_health_summary": {
        "total_directives": 0,
        "active_directives": 0,
        "paused_directives": 0,
        "error_directives": 0,
        "overall_success_rate": None,
        "total_executions_24h": 0,
        "failing_directives": [],
        "missing_dependencies": 0,
        "failing_tests": 0,
    },
    "get_execution_summary": {
        "period": "7 days",
        "total_executions": 0,
        "success_rate": None,
        "average_duration_ms": None,
        "most_executed": [],
        "most_failures": [],
    },
    "get_dependency_report": {
        "total_dependencies": 0,
        "installed": 0,
        "missing": 0,
        "by_type": {},
        "missing_list": [],
    },
    "get_error_directives": {"error_directives": [], "count": 0},
    "get_stale_directives": {"result": [], "count": 0, "total": 0, "truncated": False},
}


async def directives(life: Life, *wanted: str, zone: str = "UTC", starts: str = "1h") -> None:
    """Make directives with the ids 1, 2, ... in this order, in a project with a zone."""
    lines = (f'  {name}: {{every: {starts}, do: log "{name}"}}\n' for name in wanted)
    await life.validated("timezone: UTC\ndirectives:\n" + "".join(lines), wanted[0])
    async with life.ctx.project.write() as db:
        await db.run("add_project", name="p", timezone=zone, at="2026")


def set_status(life: Life, directive_id: int, status: str, activated: datetime = NOON) -> None:
    life.sql(
        "UPDATE user_directives SET status = ?, activated_at = ? WHERE id = ?",
        status,
        to_text(activated),
        directive_id,
    )


def add_day(life: Life, day: str, directive: int, **counts: object) -> None:
    life.insert("run_daily", subject_kind="directive", subject_id=str(directive), day=day, **counts)


def need(life: Life, directive: int, kind: str, name: str, installed: int) -> None:
    given = {"dependency_type": kind, "name": name, "is_installed": installed, "created_at": "x"}
    life.insert("directive_dependencies", directive_id=directive, **given)


@pytest.mark.req("D62")
@pytest.mark.parametrize("tool", NOTHING)
async def test_without_anything_to_count_the_numbers_are_there_all_the_same(
    life: Life, tool: str
) -> None:
    assert await called(life.ctx, tool) == NOTHING[tool]
    assert list(life.project.iterdir()) == []
    async with life.ctx.directives.write():
        pass
    assert await called(life.ctx, tool) == NOTHING[tool]


@pytest.mark.req("D62")
async def test_every_report_is_a_structure_and_never_null(life: Life) -> None:
    for tool in (
        get_directive_health_summary,
        get_execution_summary,
        get_dependency_report,
        get_error_directives,
    ):
        assert isinstance(await tool(life.ctx), Record)
    assert await get_stale_directives(life.ctx) == []


@pytest.mark.req("D31")
async def test_each_count_of_the_health_summary_is_that_of_its_list(life: Life) -> None:
    await life.implemented()
    await directives(life, "active", "broken", "calm", "draft", "gone", "paused")
    ids = {row["name"]: row["id"] for row in life.sql("SELECT id, name FROM user_directives")}
    for name, status in {
        "sums": "implemented",
        "active": "active",
        "broken": "error",
        "calm": "active",
        "draft": "draft",
        "gone": "archived",
        "paused": "paused",
    }.items():
        set_status(life, ids[name], status)
    life.sql("UPDATE directive_implementations SET test_status = 'failing'")
    life.sql("UPDATE user_directives SET last_error = 'out of paint' WHERE name = 'broken'")
    for name in ("active", "gone"):
        need(life, ids[name], "python_package", "six", 0)
    need(life, ids["calm"], "python_package", "six", 1)
    for status, ago in (
        ("failure", DAY),
        ("timeout", timedelta(0)),
        ("success", DAY),
        ("skipped", timedelta(0)),
        # Just too old.
        ("failure", DAY + MOMENT),
        ("success", DAY + MOMENT),
    ):
        add_run(life, status, ago, directive_id=ids["active"], error_message="no luck")
    add_run(life, "failure", directive_id=ids["gone"])
    add_run(life, "failure", directive_id=ids["calm"], mode="dry_run")
    health = await get_directive_health_summary(life.ctx)
    assert isinstance(health, HealthSummary)
    assert health.model_dump() == {
        "total_directives": 6,
        "active_directives": 2,
        "paused_directives": 1,
        "error_directives": 1,
        "overall_success_rate": None,
        "total_executions_24h": 4,
        "failing_directives": [
            {"name": "active", "error_count": 2, "last_error": "no luck"},
            {"name": "broken", "error_count": 0, "last_error": "out of paint"},
        ],
        "missing_dependencies": 1,
        "failing_tests": 1,
    }
    listed = {
        "active_directives": await names(life.ctx, "get_active_directives"),
        "paused_directives": await names(life.ctx, "get_directives_by_status", status="paused"),
        "error_directives": (await called(life.ctx, "get_error_directives"))["error_directives"],
        "missing_dependencies": await names(life.ctx, "get_missing_dependencies"),
        "failing_tests": (await called(life.ctx, "get_failing_tests"))["result"],
    }
    for key, found in listed.items():
        assert len(found) == getattr(health, key), key
    ran = (await called(life.ctx, "user_directive_monitor"))["outcomes"]
    counted = sum(ran[status] for status in ("success", "failure", "timeout"))
    assert counted == health.total_executions_24h
    assert (await called(life.ctx, "user_directive_status"))["counts"]["active"] == 2
    # Steps that tell of a failure are no run of the directive.
    add_run(life, "failure", directive_id=ids["calm"], trigger_source="system")
    assert await get_directive_health_summary(life.ctx) == health


@pytest.mark.req("D31")
async def test_the_overall_success_rate_is_that_of_thirty_days(life: Life) -> None:
    await directives(life, "alpha", "beta")
    add_day(life, "2026-11-21", 1, success=1, skipped=7)
    # The first of thirty days, and the day before it.
    add_day(life, "2026-10-23", 2, success=1, failure=1)
    add_day(life, "2026-10-22", 2, failure=50)
    assert (await called(life.ctx, "get_directive_health_summary"))["overall_success_rate"] == 0.67


@pytest.mark.req("D32")
async def test_the_summary_of_a_period_names_the_busiest_and_the_worst(life: Life) -> None:
    await directives(life, "foxtrot", "echo", "delta", "charlie", "bravo", "alpha", "quiet")
    times = {"timed_runs": 3, "sum_duration_ms": 1000}
    for number in range(1, 7):
        add_day(life, "2026-11-21", number, success=2, skipped=9, **times)
    add_day(life, "2026-11-20", 2, failure=1, timeout=2)
    add_day(life, "2026-11-15", 3, failure=3)
    add_day(life, "2026-11-14", 4, failure=99)
    add_day(life, "2026-11-21", 7, skipped=5, missed=5)
    found = await called(life.ctx, "get_execution_summary")
    assert found == {
        "period": "7 days",
        "total_executions": 18,
        "success_rate": 0.67,
        "average_duration_ms": 333.3,
        # Five of six; equal ones by name.
        "most_executed": [
            {"directive": "delta", "count": 5},
            {"directive": "echo", "count": 5},
            {"directive": "alpha", "count": 2},
            {"directive": "bravo", "count": 2},
            {"directive": "charlie", "count": 2},
        ],
        "most_failures": [
            {"directive": "delta", "failure_count": 3},
            {"directive": "echo", "failure_count": 3},
        ],
    }
    longer = await called(life.ctx, "get_execution_summary", days=8)
    assert longer["most_failures"][0] == {"directive": "charlie", "failure_count": 99}
    assert (await called(life.ctx, "get_execution_summary", days=1))["period"] == "1 day"


@pytest.mark.req("D32")
async def test_a_day_is_a_day_of_the_projects_zone(life: Life) -> None:
    await directives(life, "alpha", zone="Pacific/Auckland")
    # Noon in UTC is the next day in Auckland: its today, and one day before that.
    add_day(life, "2026-11-22", 1, success=1)
    add_day(life, "2026-11-21", 1, failure=1)
    today = await called(life.ctx, "get_execution_summary", days=1)
    assert (today["total_executions"], today["success_rate"]) == (1, 1.0)
    both = await called(life.ctx, "get_execution_summary", days=2)
    assert (both["total_executions"], both["success_rate"]) == (2, 0.5)


@pytest.mark.req("D32", "D35", "D64")
@pytest.mark.parametrize("days", [0, -1, 366])
async def test_a_period_of_no_days_is_empty_with_a_warning(life: Life, days: int) -> None:
    summary = await refused(life.ctx, "get_execution_summary", days=days)
    assert (summary["total_executions"], summary["most_executed"]) == (0, [])
    stale = await refused(life.ctx, "get_stale_directives", days=days)
    assert stale["result"] == []
    assert "days" in str(summary["warnings"]) and "days" in str(stale["warnings"])


@pytest.mark.req("D33")
async def test_a_shared_dependency_counts_once_and_is_missing_where_one_lacks_it(
    life: Life,
) -> None:
    await directives(life, "beta", "alpha", "gone")
    set_status(life, 3, "archived")
    need(life, 1, "python_package", "six", 1)
    need(life, 2, "python_package", "six", 0)
    need(life, 1, "python_package", "twilio", 1)
    need(life, 2, "api_key", "six", 1)
    need(life, 3, "service", "nobody.example", 0)
    report = await called(life.ctx, "get_dependency_report")
    assert report == {
        "total_dependencies": 3,
        "installed": 2,
        "missing": 1,
        "by_type": {"api_key": 1, "python_package": 2},
        "missing_list": [{"name": "six", "required_by": ["alpha", "beta"]}],
    }
    assert sum(report["by_type"].values()) == report["total_dependencies"]
    assert report["installed"] + report["missing"] == report["total_dependencies"]


async def stale(life: Life, days: int = 7) -> list[tuple[object, ...]]:
    found = (await called(life.ctx, "get_stale_directives", days=days))["result"]
    keys = ("name", "days_since", "never_run", "on_schedule")
    return [tuple(row[key] for key in keys) for row in found]


@pytest.mark.req("D35")
async def test_who_ran_last_longer_ago_than_asked_is_stale(life: Life) -> None:
    await directives(life, "fresh", "older", "paused", "broken", "drafted", "begun")
    long_ago = NOON - 90 * DAY
    for number, status in enumerate(("active", "active", "paused", "error", "draft", "active"), 1):
        set_status(life, number, status, long_ago)
    for number, days in ((1, 6.9), (2, 7.1), (3, 30.0), (4, 8.0), (5, 60.0), (6, 7.0)):
        add_run(life, "success", timedelta(days=days), directive_id=number)
    # What did not start does not count as having run, nor does a step that tells of a failure.
    add_run(life, "skipped", directive_id=2)
    add_run(life, "missed", directive_id=3)
    add_run(life, "success", directive_id=4, trigger_source="system")
    # A run that is under way has started.
    add_run(life, "running", directive_id=6)
    assert await stale(life) == [
        ("paused", 30.0, False, False),
        ("broken", 8.0, False, False),
        ("older", 7.1, False, False),
    ]
    assert await stale(life, days=8) == [("paused", 30.0, False, False)]
    (row, *_) = (await called(life.ctx, "get_stale_directives"))["result"]
    assert row["last_execution"] == to_text(NOON - 30 * DAY)
    (listed,) = (await called(life.ctx, "get_directives_by_status", status="paused"))["result"]
    assert listed.items() <= row.items()


@pytest.mark.req("D35")
async def test_who_never_ran_since_activation_is_stale_at_once(life: Life) -> None:
    await directives(life, "again", "never", "ran")
    set_status(life, 1, "active", NOON - timedelta(minutes=10))
    set_status(life, 2, "active", NOON - 2 * DAY)
    set_status(life, 3, "active", NOON - 2 * DAY)
    add_run(life, "success", DAY, directive_id=1)
    add_run(life, "success", DAY, directive_id=3)
    assert await stale(life) == [
        ("never", None, True, False),
        # It ran before it was activated again; its next hour is still to come.
        ("again", 1.0, True, True),
    ]


@pytest.mark.req("D35")
async def test_a_gap_that_the_due_times_have_is_on_schedule(life: Life) -> None:
    await directives(life, "monthly", starts="month on day 1 at 06:00")
    set_status(life, 1, "active", NOON - 90 * DAY)
    first = datetime(2026, 11, 1, 6, tzinfo=UTC)
    add_run(life, "success", NOON - first)
    assert await stale(life) == [("monthly", 20.2, False, True)]
    # It lets a due time go by: that gap nobody planned.
    cast("FakeClock", life.ctx.clock).set(datetime(2026, 12, 1, 6, 0, 1, tzinfo=UTC))
    assert await stale(life) == [("monthly", 30.0, False, False)]
    set_status(life, 1, "paused", NOON - 90 * DAY)
    cast("FakeClock", life.ctx.clock).set(NOON)
    assert await stale(life) == [("monthly", 20.2, False, False)]


@pytest.mark.req("D35")
async def test_the_last_run_is_known_after_its_row_is_gone(life: Life) -> None:
    await directives(life, "alpha")
    set_status(life, 1, "active", NOON - 300 * DAY)
    last = to_text(NOON - 200 * DAY)
    add_day(life, "2026-05-05", 1, success=1, last_status="success", last_at=last)
    add_day(life, "2026-05-09", 1, skipped=1)
    add_run(life, "skipped")
    (row,) = (await called(life.ctx, "get_stale_directives", days=199))["result"]
    assert (row["last_execution"], row["days_since"], row["never_run"]) == (last, 200.0, False)
