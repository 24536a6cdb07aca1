"""Whether a version has shown what it must before it may ask for approval, and how it is told."""

from collections.abc import Sequence

from aifp.helpers.lifecycle.internal.artifact_rows import require_version_row
from aifp.helpers.lifecycle.internal.class_records import class_of_version
from aifp.helpers.lifecycle.internal.needed_tests import (
    Known,
    Need,
    missing_tests,
    needed_tests,
)
from aifp.helpers.lifecycle.internal.stored_reports import newest_reports
from aifp.helpers.lifecycle.internal.test_reports import REPLAY_WINDOW
from aifp.helpers.shared.hashing import sha256_of
from aifp.helpers.user_directives.internal.approval_text import quoted, visible
from aifp.helpers.user_directives.internal.approvals import expiry, file_request, genuine_yes
from aifp.helpers.user_directives.internal.classification import risk_of
from aifp.schemas.approvals import NewRequest
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx, Row
from aifp.schemas.subjects import Subject
from aifp.schemas.testing import Evidence, TestReport

WAIVER = "waive_tests"
DIFF_TO_READ = "destructive code: read the whole difference before you say yes"


async def evidence_for(ctx: Ctx, version_id: int) -> Evidence:
    """Return what tests say of a version, what is missing, and whether a person waives it."""
    version = await require_version_row(ctx.directives, version_id)
    found = await class_of_version(ctx, version_id)
    newest = await newest_reports(ctx.directives, version)
    needs = needed_tests(found, await known_of(ctx, version))
    missing = missing_tests(needs, newest)
    waived_by = None
    if missing:
        digest = _waiver_sha256(version, needs, list(newest.values()))
        waived_by = await genuine_yes(ctx, WAIVER, str(version_id), digest)
    evidence = Evidence(
        effect_class=found,
        risk=risk_of(found),
        passed=[word for word, report in newest.items() if report.passed],
        missing=missing,
        waived_by=waived_by,
    )
    return evidence.model_copy(update={"lines": _lines(evidence, list(newest.values()))})


async def evidence_lines(ctx: Ctx, version_id: int) -> list[str]:
    """Return what an approval text says about the tests of a version."""
    return (await evidence_for(ctx, version_id)).lines


async def request_waiver(ctx: Ctx, version_id: int, reason: str | None = None) -> Row:
    """File the request that a person waives the tests that a version still lacks."""
    version = await require_version_row(ctx.directives, version_id)
    evidence = await evidence_for(ctx, version_id)
    newest = await newest_reports(ctx.directives, version)
    needs = needed_tests(evidence.effect_class, await known_of(ctx, version))
    title = f"version {version['version_number']} of {version['name']}"
    text = "\n".join([f"Waive the missing tests of {title}?", "", *evidence.lines])
    return await file_request(
        ctx,
        NewRequest(
            subject=Subject(kind=WAIVER, id=str(version_id), name=str(version["name"])),
            release_sha256=_waiver_sha256(version, needs, list(newest.values())),
            code_sha256=str(version["code_hash"]),
            text=visible(f"{text}\n") + quoted(reason),
            expires_at=expiry(ctx),
        ),
    )


async def known_of(ctx: Ctx, version: Row) -> Known:
    """Return what there is to test a version against."""
    in_force = version["deployed_version_id"]
    if in_force is None or in_force == version["id"]:
        return Known(baseline=False, traces=False)
    baseline = await require_version_row(ctx.directives, in_force)
    row = await ctx.directives.one(
        "live_run_of_code",
        artifact_id=version["artifact_id"],
        code_hash=baseline["code_hash"],
        since=to_text(ctx.clock.now() - REPLAY_WINDOW),
    )
    return Known(baseline=True, traces=row is not None)


def _waiver_sha256(version: Row, needs: Sequence[Need], reports: Sequence[TestReport]) -> str:
    """Return what a waiver is for: this code, these needs, and nothing that failed since."""
    failed = sorted(report.strategy for report in reports if report.passed is False)
    return sha256_of(
        {
            "code": str(version["code_hash"]),
            "needs": [list(need) for need in needs],
            "failed": [*failed],
        }
    )


def _lines(evidence: Evidence, reports: Sequence[TestReport]) -> list[str]:
    lines = [f"Class {evidence.effect_class}, risk {evidence.risk}"]
    lines += [_line(report) for report in reports] or ["not tested"]
    if evidence.missing:
        lines.append(f"Missing: {'; '.join(evidence.missing)}")
    if evidence.waived_by is not None:
        lines.append(f"A person waived what is missing (approval {evidence.waived_by})")
    if evidence.effect_class == "destructive":
        lines.append(DIFF_TO_READ)
    return lines


def _line(report: TestReport) -> str:
    before = report.baseline_version_number
    beside = f" beside version {before}" if before is not None else ""
    when = report.completed_at or f"{report.started_at}, goes on"
    worst = next((case for case in report.details if case.told), None)
    told = f"; {worst.case}: {'; '.join(worst.told[:2])}" if worst else ""
    return f"- {report.strategy}{beside} ({when}): {report.verdict}{told}"
