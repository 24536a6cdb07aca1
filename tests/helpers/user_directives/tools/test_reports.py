"""Numbers of status, monitor and statistics against the rows they come from."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from aifp.helpers.user_directives.internal.monitoring import monitor_directive_execution
from aifp.helpers.user_directives.tools.alert_tools import acknowledge_alert, get_alerts
from aifp.helpers.user_directives.tools.directive_mgmt_tools import (
    get_active_directives,
    get_directive_by_name,
    get_directives_by_status,
)
from aifp.helpers.user_directives.tools.engine_tools import get_engine_status, stop_all
from aifp.helpers.user_directives.tools.execution_tools import (
    cancel_run,
    get_execution_stats,
    get_recent_executions,
    get_run,
    get_run_trace,
)
from aifp.helpers.user_directives.tools.workflow_tools import (
    user_directive_deactivate,
    user_directive_monitor,
    user_directive_status,
)
from aifp.schemas.common import Listed, NotFound
from aifp.schemas.errors import Unavailable
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Database, Row, SqlValue
from aifp.schemas.reports import MonitorReport, StatusReport
from aifp.schemas.runs import ExecutionRecord, RunDetails, Step
from aifp.schemas.statistics import ExecutionStats
from tests.contexts import with_directives
from tests.helpers.user_directives.engines import RecordingEngine
from tests.helpers.user_directives.lives import Life, code_of

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def add_run(life: Life, status: str, ago: timedelta = timedelta(0), **more: object) -> int:
    """Store one ended live run."""
    at = to_text(NOON - ago)
    values = {
        "kind": "directive",
        "directive_id": 1,
        "trigger_source": "schedule",
        "status": status,
        "created_at": at,
        "due_at": at,
        "started_at": None if status in ("skipped", "missed", "queued") else at,
        "finished_at": None if status in ("queued", "running", "waiting_for_approval") else at,
        "random_seed": "s",
    } | more
    marks = ", ".join("?" * len(values))
    text = (
        f"INSERT INTO runs ({', '.join(values)}, idempotency_key)"
        f" VALUES ({marks}, hex(randomblob(8))) RETURNING id"
    )
    return life.sql(text, *values.values())[0]["id"]


def add_day(life: Life, day: str, **counts: object) -> None:
    life.insert("run_daily", subject_kind="directive", subject_id="1", day=day, **counts)


def add_alert(life: Life, severity: str, number: int) -> None:
    about = {"subject_kind": "directive", "subject_id": "1", "subject_name": "sums"}
    told = {"code": "x", "message": "m", "stats_json": '{"n": 1}', "created_at": "2026"}
    life.insert("alerts", severity=severity, dedupe_key=str(number), **about, **told)


async def stats(life: Life) -> ExecutionStats:
    found = await get_execution_stats(life.ctx, 1)
    assert isinstance(found, ExecutionStats), found
    return found


@pytest.mark.req("D11")
async def test_statistics_survive_the_runs_they_count(life: Life) -> None:
    await life.validated()
    times = {"timed_runs": 22, "sum_duration_ms": 1005, "last_status": "success"}
    add_day(life, "2026-11-19", success=21, failure=2, last_at="2026-11-19T10:00:00.000Z", **times)
    newest = {"last_status": "timeout", "last_at": "2026-11-20T10:00:00.000Z"}
    add_day(life, "2026-11-20", success=21, timeout=1, skipped=4, missed=3, **newest)
    add_day(life, "2026-11-21", cancelled=2, interrupted=1)
    add_run(life, "waiting_for_approval")
    for _ in range(2):
        found = await stats(life)
        assert (found.total_executions, found.successful_executions) == (45, 42)
        assert (found.failed_executions, found.success_rate) == (3, 0.93)
        assert found.average_duration_ms == 45.7
        assert (found.last_status, found.last_execution) == ("timeout", newest["last_at"])
        counted = found.other_outcomes.model_dump()
        assert counted.pop("waiting_for_approval") in (0, 1)
        assert counted == {"skipped": 4, "missed": 3, "cancelled": 2, "interrupted": 1}
        life.sql("DELETE FROM runs")


@pytest.mark.req("D11")
async def test_without_a_run_there_are_no_rates(life: Life) -> None:
    await life.validated()
    found = await stats(life)
    assert (found.total_executions, found.success_rate, found.average_duration_ms) == (
        0,
        None,
        None,
    )
    assert (found.last_execution, found.last_status) == (None, None)
    assert await get_execution_stats(life.ctx, 999_999) == NotFound()


async def recent(life: Life, **given: int) -> list[ExecutionRecord]:
    found = await get_recent_executions(life.ctx, **given)
    assert isinstance(found, Listed), found
    return found.result


@pytest.mark.req("D12")
async def test_runs_of_all_outcomes_are_listed_newest_first(
    life: Life, caplog: pytest.LogCaptureFixture
) -> None:
    await life.validated()
    for number in range(600):
        status = ("success", "skipped", "missed")[number % 3]
        add_run(life, status, reason="overlap" if status == "skipped" else None)
    add_run(life, "success", mode="dry_run")
    found = await recent(life)
    assert len(found) == 50
    assert [run.id for run in found] == list(range(600, 550, -1))
    assert {run.reason for run in found if run.status == "skipped"} == {"overlap"}
    assert found[0].directive_name == "sums"
    assert not caplog.records
    assert [len(await recent(life, limit=n)) for n in (0, -5, 501, 10**9)] == [1, 1, 500, 500]
    assert len([r for r in caplog.records if "1 to 500" in r.getMessage()]) == 4
    assert await recent(life, directive_id=2) == []


@pytest.mark.req("D95")
async def test_a_run_is_shown_with_its_attempts_and_steps(
    life: Life, engine: RecordingEngine
) -> None:
    await life.validated()
    run_id = add_run(life, "running", error_message="x")
    for attempt, status in ((1, "failure"), (2, "running")):
        life.insert("run_attempts", run_id=run_id, attempt=attempt, status=status, started_at="a")
    step = {"run_id": run_id, "seq": 1, "function": "http", "call_sha256": "h", "started_at": "a"}
    sent = {"arguments_json": '{"url": "u"}', "result_json": '{"status": 200}'}
    life.insert("run_steps", **step, attempt=1, status="ok", **sent)
    life.insert("run_steps", **step, attempt=2, status="denied", error_message="not granted")
    found = await get_run(life.ctx, run_id)
    assert isinstance(found, RunDetails)
    assert [attempt.status for attempt in found.attempts] == ["failure", "running"]
    assert (found.run.status, found.kind, found.mode) == ("running", "directive", "live")
    trace = await get_run_trace(life.ctx, run_id)
    assert isinstance(trace, Listed)
    assert [(s.attempt, s.status, s.arguments, s.result) for s in trace.result] == [
        (1, "ok", {"url": "u"}, {"status": 200}),
        (2, "denied", None, "not granted"),
    ]
    assert await get_run_trace(life.ctx, run_id, attempt=2) == Listed(
        result=trace.result[1:], total=1
    )
    assert await get_run_trace(life.ctx, run_id, offset=1) == Listed(
        result=trace.result[1:], total=2, before=1
    )
    assert await get_run_trace(life.ctx, run_id, offset=9) == Listed(result=[], total=2, before=9)
    assert all(isinstance(step, Step) for step in trace.result)
    assert await get_run(life.ctx, 99) == NotFound()
    assert await get_run_trace(life.ctx, 99) == Listed(result=[], total=0)
    ended = await cancel_run(life.ctx, run_id)
    assert ended.model_dump() == {"success": True, "status": "running"}
    assert engine.cancelled == [([run_id], "cancelled by the assistant")]
    assert code_of(await cancel_run(life.ctx, 99)) == "not_found"


async def monitored(life: Life, name: str | None = None, hours: float = 24) -> MonitorReport:
    report = await user_directive_monitor(life.ctx, name, hours)
    assert isinstance(report, MonitorReport), report
    return report


@pytest.mark.req("D53")
async def test_the_monitor_counts_the_runs_of_its_hours(life: Life) -> None:
    await life.active()
    hour = timedelta(hours=1)
    for status in ("success", "success", "failure", "timeout", "skipped"):
        add_run(life, status, hour, error_message="boom", log_file="logs/x.jsonl")
    add_run(life, "missed", hour, due_count=7)
    add_run(life, "success", 25 * hour)
    add_run(life, "success", hour, mode="dry_run")
    begun = to_text(NOON - hour + timedelta(milliseconds=1500))
    run_id = add_run(life, "running", hour, started_at=begun)
    due = "2026-11-21T13:00:00.000Z"
    life.insert("directive_schedule", directive_id=1, next_due_at=due, timezone="UTC")
    add_alert(life, "info", 1)
    report = await monitored(life, "sums")
    assert report.period == "24 hours"
    assert report.outcomes == {
        "failure": 1,
        "missed": 7,
        "running": 1,
        "skipped": 1,
        "success": 2,
        "timeout": 1,
    }
    assert [(late.run_id, late.directive, late.late_ms) for late in report.late_starts] == [
        (run_id, "sums", 1500)
    ]
    assert [f.status for f in report.failures] == ["timeout", "failure"]
    assert [a.code for a in report.alerts] == ["x"]
    assert [d.next_due_at for d in report.next_due] == ["2026-11-21T13:00:00.000Z"]
    assert report.log_files == ["logs/x.jsonl"]
    assert (await monitored(life)).outcomes == report.outcomes
    assert (await monitored(life, hours=25)).outcomes["success"] == 3
    assert (await monitored(life, hours=0.5)).outcomes == {}
    assert code_of(await user_directive_monitor(life.ctx, "nobody")) == "not_found"


async def status_of(life: Life, name: str | None = None) -> StatusReport:
    report = await user_directive_status(life.ctx, name)
    assert isinstance(report, StatusReport), report
    return report


@pytest.mark.req("D54")
async def test_a_fresh_project_has_one_line_to_say(life: Life) -> None:
    report = await status_of(life)
    assert (report.message, report.directives, report.counts) == (
        "There are no directives yet.",
        [],
        {},
    )
    assert not life.database.exists()


@pytest.mark.req("D54")
async def test_the_status_tells_of_each_directive_where_it_stands(life: Life) -> None:
    text = "timezone: UTC\ndirectives:\n" + "".join(
        f'  {name}: {{every: 1h, do: log "x"}}\n' for name in "abcd"
    )
    await life.active(text, "a", "all.yaml")
    await life.approved(text, "b", "all.yaml")
    await life.validated(text, "c", "all.yaml")
    life.sql("UPDATE user_directives SET status = 'archived' WHERE name = 'd'")
    add_day(life, "2026-11-21", success=2, failure=1)
    add_run(life, "failure", timedelta(minutes=5), error_message="boom")
    await monitor_directive_execution(life.ctx, 1)
    report = await status_of(life)
    assert report.message == "1 active, 1 archived, 1 implemented, 1 validated"
    assert {line.name: line.phase for line in report.directives} == {
        "a": "fires",
        "b": "activate (user_directive_activate)",
        "c": "implement (user_directive_implement)",
    }
    first = report.directives[0]
    assert (first.total_executions, first.success_rate) == (3, 0.67)
    assert (first.last_outcome, first.last_error) == ("failure", "boom")
    assert first.last_run == "2026-11-21T11:55:00.000Z"
    assert report.engine is not None
    assert len(report.logs) == 3
    assert report.note is None
    await user_directive_deactivate(life.ctx, "a")
    one = await status_of(life, "a")
    assert (one.message, one.directives[0].pause_cause) == ("1 paused", "user")
    assert (await status_of(life, "d")).directives[0].phase == "archived"
    assert (await status_of(life, "x")).message == "There is no directive 'x'."


class Breaking:
    """A database of which one query is broken."""

    def __init__(self, real: Database, broken: str) -> None:
        self._real, self._broken = real, broken

    async def one(self, query: str, /, **params: SqlValue) -> Row | None:
        rows = await self.all(query, **params)
        return rows[0] if rows else None

    async def all(self, query: str, /, **params: SqlValue) -> list[Row]:
        if query == self._broken:
            raise ZeroDivisionError(query)
        return await self._real.all(query, **params)

    def write(self) -> Any:
        return self._real.write()


@pytest.mark.req("D43", "D54")
@pytest.mark.parametrize("broken", ["status_counts", "status_lines", "log_folders"])
async def test_a_part_that_cannot_be_read_leaves_the_rest_and_a_note(
    life: Life, broken: str
) -> None:
    await life.validated()
    whole = await status_of(life)
    database = Breaking(life.ctx.directives, broken)
    report = await user_directive_status(with_directives(life.ctx, database))
    assert isinstance(report, StatusReport)
    parts = ("counts", "directives", "logs", "engine")
    assert [p for p in parts if getattr(report, p) != getattr(whole, p)] == [
        {"status_counts": "counts", "status_lines": "directives", "log_folders": "logs"}[broken]
    ]
    assert "cannot be told" in (report.note or "")


@pytest.mark.req("D43", "D54")
@pytest.mark.parametrize("fault", [Unavailable("gone"), ZeroDivisionError()])
async def test_an_engine_that_does_not_answer_leaves_the_rest_and_a_note(
    life: Life, engine: RecordingEngine, fault: Exception
) -> None:
    await life.validated()
    engine.fault = fault
    report = await status_of(life)
    assert (report.engine, report.counts) == (None, {"validated": 1})
    assert (report.note or "").startswith("engine cannot be told")


@pytest.mark.req("D42")
async def test_trouble_while_watching_stays_there(
    life: Life, caplog: pytest.LogCaptureFixture
) -> None:
    await life.validated()
    broken = with_directives(life.ctx, Breaking(life.ctx.directives, "newest_failure"))
    await monitor_directive_execution(broken, 1)
    assert "monitor_directive_execution failed" in caplog.text
    await monitor_directive_execution(life.ctx, 999)


@pytest.mark.req("D02", "D03", "D05")
async def test_directives_are_found_by_name_and_status(life: Life) -> None:
    text = "timezone: UTC\ndirectives:\n" + "".join(
        f'  {name}: {{every: 1h, do: log "x", priority: {priority}}}\n'
        for name, priority in (("low", 0), ("also", 0), ("high", 5))
    )
    await life.validated(text, "low", "all.yaml")
    life.sql("UPDATE user_directives SET status = 'active', priority = 5 WHERE name = 'high'")
    life.sql("UPDATE user_directives SET status = 'active', configuration_json = '{}'")
    for found in (
        await get_directives_by_status(life.ctx, "active"),
        await get_active_directives(life.ctx),
    ):
        assert isinstance(found, list)
        assert [directive.name for directive in found] == ["high", "also", "low"]
    assert await get_directives_by_status(life.ctx, "paused") == []
    assert await get_directive_by_name(life.ctx, "Low") == NotFound()
    life.sql("UPDATE user_directives SET name = 'café' WHERE name = 'low'")
    for name in ("caf\u00e9", "cafe\u0301"):
        found = await get_directive_by_name(life.ctx, name)
        assert not isinstance(found, NotFound)
        keys = set(json.loads(found.model_dump_json()))
        assert {"approval_state", "pause_cause", "next_due_at", "last_error", "version"} <= keys


@pytest.mark.req("D104")
async def test_alerts_are_listed_worst_first_and_noted_as_seen(life: Life) -> None:
    await life.validated()
    for number, severity in enumerate(("info", "critical", "warning", "critical")):
        add_alert(life, severity, number)
    found = await get_alerts(life.ctx)
    assert isinstance(found, Listed)
    assert [alert.id for alert in found.result] == [4, 2, 3, 1]
    assert found.result[0].stats == {"n": 1}
    seen = await acknowledge_alert(life.ctx, 4)
    assert seen.model_dump() == {"success": True, "state": "acknowledged"}
    assert await acknowledge_alert(life.ctx, 4) == seen
    assert code_of(await acknowledge_alert(life.ctx, 99)) == "not_found"
    left = await get_alerts(life.ctx, severity="critical", limit=5)
    assert isinstance(left, Listed)
    assert [alert.id for alert in left.result] == [2]


@pytest.mark.req("D90", "D102")
async def test_the_engine_is_looked_at_and_stopped_through_its_port(life: Life) -> None:
    status = await get_engine_status(life.ctx)
    assert status == await life.ctx.engine.status()
    assert (await stop_all(life.ctx, "fire")).model_dump() == {"success": True, "cancelled_runs": 0}
