"""What tests found, as it is kept for each version: written once, read in three places."""

import json

from pydantic import JsonValue

from aifp.schemas.common import JsonMap
from aifp.schemas.instants import from_text, to_text
from aifp.schemas.ports import Ctx, Reader, Row, SqlValue, Writer
from aifp.schemas.testing import CaseResult, TestReport
from aifp.schemas.words import RunMode, TestStrategy

MODES: dict[TestStrategy, RunMode] = {"replay": "replay", "shadow": "shadow"}
COUNTS = (
    "cases",
    "agreements",
    "disagreements",
    "successes",
    "failures",
    "regressions",
    "improvements",
    "score",
)
# How many reports of a version are looked through for the newest of each strategy.
LOOKED_AT = 100


async def keep_report(
    ctx: Ctx, version: Row, baseline_id: SqlValue, report: TestReport
) -> TestReport:
    """Keep the report of a strategy that has ended, or that has begun to watch."""
    begun = report.started_at or to_text(ctx.clock.now())
    async with ctx.directives.write() as db:
        made = await db.one(
            "add_test_run",
            artifact_id=version["artifact_id"],
            version_id=version["id"],
            baseline_version_id=baseline_id,
            strategy=report.strategy,
            started_at=begun,
            completed_at=report.completed_at,
            **_columns(ctx, report),
        )
        kept_as = int(str(made["id"])) if made else 0
        kept = report.model_copy(update={"test_run_id": kept_as, "started_at": begun})
        if report.completed_at is not None:
            await record_trial(db, version, kept, f"test:{kept_as}")
    return kept


async def go_on_with_report(ctx: Ctx, db: Writer, report: TestReport) -> None:
    """Keep what a strategy that watches has found so far."""
    await db.run(
        "go_on_with_test_run",
        id=report.test_run_id,
        completed_at=report.completed_at,
        **_columns(ctx, report),
    )


async def record_trial(
    db: Writer, version: Row, report: TestReport, key: str, case: CaseResult | None = None
) -> None:
    """Write the run of a test, once it is over; a test that was cut off leaves nothing open."""
    begun, ended = str(report.started_at), report.completed_at or str(report.started_at)
    failed = report.passed is False if case is None else not case.passed
    trigger: JsonMap = {"kind": "test", "test_run": report.test_run_id}
    if case is not None:
        trigger["run"] = case.run_id
    await db.one(
        "add_test_record",
        mode=MODES.get(report.strategy, "dry_run"),
        artifact_id=version["artifact_id"],
        artifact_version_id=version["id"],
        trigger_json=json.dumps(trigger),
        idempotency_key=key,
        status="failure" if failed else "success",
        reason=report.verdict if case is None else case.verdict,
        started_at=begun,
        finished_at=ended,
        duration_ms=round((from_text(ended) - from_text(begun)).total_seconds() * 1000),
        output_summary=None,
    )


def report_of(row: Row) -> TestReport:
    """Read a row of `test_runs_of_artifact`."""
    kept: JsonValue = json.loads(str(row["details_json"]))
    details: JsonMap = kept if isinstance(kept, dict) else {}
    passed = row["passed"]
    return TestReport.model_validate(
        {
            **{name: row[name] for name in COUNTS},
            "test_run_id": row["id"],
            "version_number": row["version_number"],
            "baseline_version_number": row["baseline_version_number"],
            "strategy": row["strategy"],
            "passed": None if passed is None else bool(passed),
            "verdict": details.get("verdict", ""),
            "details": details.get("cases", []),
            "started_at": row["started_at"],
            "completed_at": row["completed_at"],
        }
    )


async def reports_of(
    db: Reader, artifact_id: SqlValue, version_id: SqlValue = None, limit: int = 50
) -> list[TestReport]:
    """Return what tests found about an artifact, or about one version of it, newest first."""
    rows = await db.all(
        "test_runs_of_artifact", artifact_id=artifact_id, version_id=version_id, limit=limit
    )
    return [report_of(row) for row in rows]


async def newest_reports(db: Reader, version: Row) -> dict[TestStrategy, TestReport]:
    """Return the newest report of each strategy that compares with the version in force now."""
    rows = await db.all(
        "test_runs_of_artifact",
        artifact_id=version["artifact_id"],
        version_id=version["id"],
        limit=LOOKED_AT,
    )
    in_force = version["deployed_version_id"]
    fitting = [r for r in rows if in_force in (r["baseline_version_id"], version["id"])]
    newest: dict[TestStrategy, TestReport] = {}
    for report in map(report_of, fitting):
        newest.setdefault(report.strategy, report)
    return newest


def _columns(ctx: Ctx, report: TestReport) -> dict[str, SqlValue]:
    counts = {name: getattr(report, name) for name in COUNTS}
    cases = [case.wire() for case in report.details]
    details = json.dumps({"verdict": report.verdict, "cases": cases}, ensure_ascii=False)
    return {
        **counts,
        "passed": None if report.passed is None else int(report.passed),
        # What code made of its inputs may hold a secret that somebody handed it.
        "details_json": _redacted(ctx, details),
    }


def _redacted(ctx: Ctx, text: str) -> str:
    return ctx.keyring.redact(text).encode("utf-8", "backslashreplace").decode("utf-8")
