"""What the deletion of a tool's file means."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aifp.helpers.lifecycle.internal.deletion import (
    DeletionVerdict,
    analyze_deleted_tool,
    judge_deletion,
)
from aifp.helpers.lifecycle.internal.uses import Uses
from aifp.schemas.errors import Unavailable
from aifp.schemas.ports import Ctx
from aifp.schemas.settings import Settings
from tests.contexts import with_directives
from tests.helpers.lifecycle.shelf import Shelf

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=60)


def judged(uses: Uses, **settings: Any) -> DeletionVerdict:
    given = Settings(project=Path("p"), config_folder=Path("c"), **settings)
    return judge_deletion("weather", uses, NOW, given)


@pytest.mark.req("L13")
def test_a_tool_that_was_never_used_is_deleted_silently() -> None:
    assert judged(Uses()) == DeletionVerdict("never_used")


@pytest.mark.req("L14")
@pytest.mark.parametrize(
    ("successes", "executions", "reason"),
    [
        (85, 100, "cleanup_ok"),
        (17, 20, "cleanup_ok"),
        (18, 21, "useful_tool_deleted"),
        (20, 20, "cleanup_ok"),
        (21, 21, "useful_tool_deleted"),
    ],
)
def test_a_good_tool_is_missed_above_both_bounds(
    successes: int, executions: int, reason: str
) -> None:
    verdict = judged(Uses(executions, successes, LONG_AGO))
    assert verdict.reason == reason
    assert (verdict.alert is None) == (reason == "cleanup_ok")
    if verdict.alert:
        assert verdict.alert.severity == "warning"
        assert verdict.alert.suggestion is not None
        assert 'restore_tool("weather")' in verdict.alert.suggestion
        assert verdict.alert.stats["total_executions"] == executions
        assert verdict.alert.stats["restore"] == 'restore_tool("weather")'


@pytest.mark.req("L14")
@pytest.mark.parametrize(
    ("successes", "of", "more_than", "reason"),
    [
        (85, 100, 20, "cleanup_ok"),
        (86, 100, 99, "useful_tool_deleted"),
        (86, 100, 100, "cleanup_ok"),
        (850_001, 1_000_000, 20, "useful_tool_deleted"),
    ],
)
def test_the_bounds_are_strict_and_the_rate_is_not_rounded(
    successes: int, of: int, more_than: int, reason: str
) -> None:
    assert judged(Uses(of, successes, LONG_AGO), alert_uses=more_than).reason == reason


@pytest.mark.req("L15")
@pytest.mark.parametrize(
    ("unused", "reason"),
    [
        (timedelta(days=6, hours=23), "recently_used"),
        (timedelta(days=7), "cleanup_ok"),
        (timedelta(days=8), "cleanup_ok"),
    ],
)
def test_a_tool_used_lately_is_asked_about(unused: timedelta, reason: str) -> None:
    verdict = judged(Uses(2, 0, NOW - unused))
    assert verdict.reason == reason
    if verdict.alert:
        assert verdict.alert.severity == "info"
        assert "?" in verdict.alert.message


@pytest.mark.req("L29")
def test_the_person_moves_the_bounds() -> None:
    good = Uses(11, 10, LONG_AGO)
    assert judged(good).reason == "cleanup_ok"
    assert judged(good, alert_uses=10).reason == "useful_tool_deleted"
    assert judged(good, alert_uses=10, alert_rate=0.95).reason == "cleanup_ok"
    lately = Uses(1, 1, NOW - timedelta(days=10))
    assert judged(lately).reason == "cleanup_ok"
    assert judged(lately, recent_days=11).reason == "recently_used"


@pytest.mark.req("L16")
async def test_an_analysis_that_fails_is_never_silent(plain_ctx: Ctx, shelf: Shelf) -> None:
    artifact = await shelf.tool("weather")

    class Broken:
        async def one(self, query: str, /, **params: object) -> None:
            raise Unavailable("the disk is gone")

    verdict = await analyze_deleted_tool(with_directives(plain_ctx, Broken()), artifact)
    assert verdict.reason == "analysis_failed"
    assert verdict.alert is not None
    assert verdict.alert.severity == "warning"
    assert "the disk is gone" in verdict.alert.message


@pytest.mark.req("L14", "L02")
async def test_the_uses_are_added_up_over_all_days(plain_ctx: Ctx, shelf: Shelf) -> None:
    artifact = await shelf.tool("weather")
    shelf.used(artifact, success=100, day=NOW - timedelta(days=50))
    shelf.used(artifact, success=20, timeout=1, skipped=500, day=NOW - timedelta(days=40))
    verdict = await analyze_deleted_tool(plain_ctx, artifact)
    assert verdict.reason == "useful_tool_deleted"
    assert verdict.alert is not None
    assert verdict.alert.stats["total_executions"] == 121


@pytest.mark.req("L17")
@pytest.mark.parametrize(
    ("status", "cause", "reason"),
    [
        ("active", None, "implementation_deleted"),
        ("paused", "file_deleted", "implementation_deleted"),
        ("paused", "user", "never_used"),
        ("archived", None, "never_used"),
    ],
)
async def test_the_code_of_an_active_directive_is_always_missed(
    plain_ctx: Ctx, shelf: Shelf, status: str, cause: str | None, reason: str
) -> None:
    artifact = await shelf.implementation("sums", status, cause)
    verdict = await analyze_deleted_tool(plain_ctx, artifact)
    assert verdict.reason == reason
    if verdict.alert:
        assert verdict.alert.severity == "critical"
        assert verdict.alert.code == "implementation_deleted"
