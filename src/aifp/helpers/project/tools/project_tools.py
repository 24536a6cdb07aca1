"""See where the project stands and how far its directives are."""

from aifp.helpers.contract import reads
from aifp.helpers.project.internal.projection import catch_up
from aifp.helpers.project.internal.reports import (
    completion_path,
    project_context,
    project_status,
    status_tree,
)
from aifp.schemas.ports import Ctx
from aifp.schemas.project import CompletionPath, ProjectContext, ProjectStatus, StatusTree


@reads
async def get_project_status(ctx: Ctx) -> ProjectStatus:
    """Tell where the project and its directives stand: stages passed, tasks open."""
    await catch_up(ctx)
    return await project_status(ctx)


@reads
async def get_project_context(ctx: Ctx) -> ProjectContext:
    """Tell what the project is about and what it stands on."""
    await catch_up(ctx)
    return await project_context(ctx)


@reads
async def get_status_tree(ctx: Ctx) -> StatusTree:
    """Show each stage with its directives and the tasks that are open there."""
    await catch_up(ctx)
    return await status_tree(ctx)


@reads
async def get_completion_path(ctx: Ctx) -> CompletionPath:
    """Show the six stages from parse to monitor, and how far each directive has come."""
    await catch_up(ctx)
    return await completion_path(ctx)
