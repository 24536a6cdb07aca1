from datetime import timedelta
from typing import cast

import pytest

from aifp.helpers.lifecycle.internal.history import stability_of
from aifp.helpers.lifecycle.tools.version_tools import (
    get_version_at_time,
    get_version_history,
    show_diff,
)
from aifp.helpers.user_directives.tools.workflow_tools import user_directive_implement
from aifp.schemas.common import Listed, NotFound
from aifp.schemas.versions import Version, VersionDiff, VersionInForce
from aifp.schemas.workflow import ImplementAnswer
from tests.clock import FakeClock
from tests.helpers.user_directives.lives import FUNCTIONS, MODULE, Life, code_of

CODE = '''"""Sums, told to a listener."""

from aifp_guest import Ctx


def execute_sums(ctx: Ctx) -> dict[str, float]:
    """Add up."""
    ctx.http("GET", "https://example.org/numbers")
    return {"sum": 3.0, "count": 2.0}
'''


async def implement(life: Life, code: str = FUNCTIONS) -> None:
    answer = await user_directive_implement(life.ctx, "sums", code)
    assert isinstance(answer, ImplementAnswer), answer


def variant(number: int) -> str:
    return FUNCTIONS.replace("sum(numbers)", f"sum(numbers) + {number}")


@pytest.mark.req("S09")
async def test_the_twenty_newest_of_many_versions_are_listed(life: Life) -> None:
    await life.validated()
    life.insert(
        "artifacts",
        kind="user_tool",
        name="sums_tool",
        status_changed_at="t",
        authorization_changed_at="t",
        origin="ai",
        created_at="t",
        updated_at="t",
    )
    artifact = life.sql("SELECT id FROM artifacts WHERE kind = 'user_tool'")[0]["id"]
    for number in range(1, 26):
        life.insert(
            "artifact_versions",
            artifact_id=artifact,
            version_number=number,
            code_hash=f"hash {number}",
            state="draft",
            reason="enhancement",
            created_by="ai",
            created_at="t",
            metadata_json='{"note": "faster"}',
        )
    found = await get_version_history(life.ctx, "sums_tool")
    assert isinstance(found, Listed)
    assert [version.version_number for version in found.result] == list(range(25, 5, -1))
    assert found.total == 25
    newest = found.result[0]
    assert (newest.code_hash, newest.state, newest.note) == ("hash 25", "draft", "faster")
    assert (newest.runs, newest.success_rate, newest.current, newest.in_force) == (
        0,
        None,
        False,
        False,
    )


@pytest.mark.req("S07", "S08", "S09")
async def test_versions_are_numbered_without_gaps_and_tell_how_they_ran(life: Life) -> None:
    await life.approved()
    life.sql("UPDATE deployments SET total_runs = 5, successes = 3, failures = 1")
    await implement(life, variant(1))
    await implement(life, variant(1))
    await implement(life)
    found = await get_version_history(life.ctx, "sums", "implementation")
    assert isinstance(found, Listed)
    versions: list[Version] = found.result
    assert [version.version_number for version in versions] == [3, 2, 1]
    assert [version.reason for version in versions] == ["enhancement", "enhancement", "initial"]
    assert [version.current for version in versions] == [True, False, False]
    assert [version.in_force for version in versions] == [False, False, True]
    assert [(version.runs, version.success_rate) for version in versions] == [
        (0, None),
        (0, None),
        (5, 0.75),
    ]
    assert versions[0].code_hash == versions[2].code_hash
    assert {version.created_by for version in versions} == {"ai"}


@pytest.mark.req("S09")
@pytest.mark.parametrize("limit", [0, 201])
async def test_a_limit_that_makes_no_sense_is_refused(life: Life, limit: int) -> None:
    await life.implemented()
    assert code_of(await get_version_history(life.ctx, "sums", limit=limit)) == "invalid_argument"


@pytest.mark.req("S09")
async def test_the_history_of_nothing_is_refused_by_name(life: Life) -> None:
    assert code_of(await get_version_history(life.ctx, "sums")) == "not_found"


@pytest.mark.req("S12", "S13")
async def test_two_versions_differ_in_lines_callers_rights_and_success(life: Life) -> None:
    await life.approved()
    life.sql("UPDATE deployments SET successes = 9, failures = 1")
    await implement(life, CODE.replace(', "count": 2.0', "").replace("example.org", "example.com"))
    await life.approve()
    life.sql("UPDATE deployments SET successes = 1, failures = 1 WHERE undeployed_at IS NULL")
    found = await show_diff(life.ctx, "sums", 1, 2)
    assert isinstance(found, VersionDiff), found
    assert found.breaking
    assert "the function add_up is removed" in found.breaks
    assert f"--- v1/{MODULE}" in found.diff
    (host,) = [p for p in found.permissions_diff.added if p.resource == "host"]
    assert host.value["host"] == "example.com"
    assert found.rate_diff == pytest.approx(-0.4)
    assert found.significant


@pytest.mark.req("S12")
async def test_a_version_compared_with_itself_differs_in_nothing(life: Life) -> None:
    await life.implemented()
    found = await show_diff(life.ctx, "sums", 1, 1)
    assert isinstance(found, VersionDiff), found
    assert (found.diff, found.breaking, found.rate_diff) == ("", False, None)
    assert found.permissions_diff.added == []
    assert code_of(await show_diff(life.ctx, "sums", 1, 2)) == "not_found"


@pytest.mark.req("S20")
async def test_the_version_in_force_is_known_for_any_past_time(life: Life) -> None:
    clock = cast("FakeClock", life.ctx.clock)
    start = clock.now()
    await life.approved()
    await clock.advance(3600)
    await implement(life, variant(1))
    await life.approve()
    await clock.advance(3600)
    await implement(life, variant(2))
    await life.approve()
    await clock.advance(3600)
    found = [
        await get_version_at_time(life.ctx, "sums", start + timedelta(minutes=minutes))
        for minutes in (-1, 0, 59, 60, 119, 120, 180)
    ]
    numbers = [f.version_number if isinstance(f, VersionInForce) else None for f in found]
    assert numbers == [None, 1, 1, 2, 2, 3, 3]
    first = found[1]
    assert isinstance(first, VersionInForce)
    assert (first.deployment_type, first.stability) == ("new", "unknown")
    assert first.undeployed_at is not None
    late = await get_version_at_time(life.ctx, "sums", start + timedelta(hours=4))
    assert code_of(late) == "invalid_argument"
    nothing = await get_version_at_time(life.ctx, "other", start)
    assert isinstance(nothing, NotFound)


@pytest.mark.req("S20")
@pytest.mark.parametrize(
    ("rate", "rolled_back", "word"),
    [
        (1.0, True, "unstable"),
        (0.9, False, "stable"),
        (0.899, False, "acceptable"),
        (0.7, False, "acceptable"),
        (0.699, False, "problematic"),
        (None, False, "unknown"),
    ],
)
def test_how_a_deployment_went_in_one_word(
    rate: float | None, *, rolled_back: bool, word: str
) -> None:
    assert stability_of(rate, rolled_back=rolled_back) == word
