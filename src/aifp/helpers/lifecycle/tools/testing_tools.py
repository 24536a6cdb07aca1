"""Test versions of tools and of directives' code, and look at what the tests found."""

from typing import Annotated

from pydantic import Field

from aifp.helpers.contract import reads, writes
from aifp.helpers.lifecycle.internal.artifact_rows import require_artifact
from aifp.helpers.lifecycle.internal.history import require_version
from aifp.helpers.lifecycle.internal.stored_reports import reports_of
from aifp.helpers.lifecycle.internal.testing import needed_strategies, run_strategy
from aifp.helpers.lifecycle.internal.version_states import mark_tested
from aifp.schemas.ports import Ctx
from aifp.schemas.testing import TestReport, VersionTested
from aifp.schemas.words import ArtifactKind, TestStrategy


@writes(toolset="lifecycle")
async def test_version(
    ctx: Ctx,
    name: str,
    version_number: Annotated[int, Field(ge=1)],
    strategy: TestStrategy | None = None,
    kind: ArtifactKind | None = None,
) -> VersionTested:
    """Test a version in the sandbox, by one strategy or by all that its effect class needs.

    Nothing is sent: calls are answered from recorded runs or with mock answers. A shadow test
    begins here and goes along with live runs until there are ten.
    """
    artifact = await require_artifact(ctx.directives, name, kind)
    version_id = int(str((await require_version(ctx.directives, artifact, version_number))["id"]))
    wanted: list[TestStrategy] = await needed_strategies(ctx, version_id)
    if strategy is not None:
        wanted = [strategy]
    results: dict[str, TestReport] = {}
    for done, word in enumerate(wanted):
        await ctx.door.progress(done, len(wanted), f"{name}: {word}")
        results[word] = await run_strategy(ctx, version_id, word)
    evidence = await mark_tested(ctx, version_id)
    version = await ctx.directives.one("version_by_id", id=version_id)
    return VersionTested(
        results=results,
        effect_class=evidence.effect_class,
        risk=evidence.risk,
        missing=evidence.missing,
        state=str(version["state"]) if version else "draft",
    )


@reads(toolset="lifecycle")
async def get_test_results(
    ctx: Ctx,
    name: str,
    version_number: Annotated[int | None, Field(ge=1)] = None,
    kind: ArtifactKind | None = None,
) -> list[TestReport]:
    """List what tests found about the versions of a tool, newest first."""
    artifact = await require_artifact(ctx.directives, name, kind)
    version_id = None
    if version_number is not None:
        version_id = (await require_version(ctx.directives, artifact, version_number))["id"]
    return await reports_of(ctx.directives, artifact["id"], version_id)
