"""Reports across all directives."""

from typing import Annotated

from pydantic import Field

from aifp.helpers.contract import reads
from aifp.helpers.user_directives.internal.analytics import (
    dependency_report,
    error_report,
    execution_summary,
    health_summary,
)
from aifp.helpers.user_directives.internal.silence import stale_directives
from aifp.schemas.analytics import (
    DependencyReport,
    ErrorReport,
    ExecutionSummary,
    HealthSummary,
    StaleDirective,
)
from aifp.schemas.ports import Ctx

Days = Annotated[int, Field(ge=1, le=365)]


@reads
async def get_directive_health_summary(ctx: Ctx) -> HealthSummary:
    """Get how all directives are: counts, success rate, what fails, what is missing."""
    return await health_summary(ctx)


@reads
async def get_execution_summary(ctx: Ctx, days: Days = 7) -> ExecutionSummary:
    """Get how the last days went: totals, success rate, who ran and who failed most."""
    return await execution_summary(ctx, days)


@reads
async def get_dependency_report(ctx: Ctx) -> DependencyReport:
    """Get what all directives need, each thing counted once, and what of it is missing."""
    return await dependency_report(ctx)


@reads
async def get_error_directives(ctx: Ctx) -> ErrorReport:
    """Get the directives that were stopped after failures, with their newest error."""
    return await error_report(ctx)


@reads
async def get_stale_directives(ctx: Ctx, days: Days = 7) -> list[StaleDirective]:
    """List the directives that last ran over some days ago, or never; longest silence first."""
    return await stale_directives(ctx, days)
