"""Look up the project's files and the functions of its code."""

from typing import Annotated

from pydantic import Field

from aifp.helpers.contract import reads
from aifp.helpers.project.internal.projection import catch_up
from aifp.helpers.project.internal.reports import file_of, project_functions, total_of
from aifp.schemas.common import Listed
from aifp.schemas.ports import Ctx
from aifp.schemas.project import ProjectFile, ProjectFunction
from aifp.schemas.words import FileKind

Limit = Annotated[int, Field(ge=1, le=500)]


@reads(toolset="project")
async def get_project_files(
    ctx: Ctx, directive_name: str | None = None, kind: FileKind | None = None, limit: Limit = 200
) -> Listed[ProjectFile]:
    """List the files that aifp made or reads, by path."""
    await catch_up(ctx, look=True)
    rows = await ctx.project.all(
        "project_files", directive_name=directive_name, kind=kind, limit=limit
    )
    return Listed(result=[file_of(row) for row in rows], total=total_of(rows))


@reads(toolset="project")
async def get_project_functions(
    ctx: Ctx, file_path: str | None = None, directive_name: str | None = None, limit: Limit = 200
) -> Listed[ProjectFunction]:
    """List functions by file and line: signature, purpose, purity, what each calls."""
    await catch_up(ctx)
    return await project_functions(ctx, file_path, directive_name, limit)
