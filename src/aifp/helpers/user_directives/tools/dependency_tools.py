"""What directives need besides their code: packages, programs, keys, variables, services."""

from typing import Annotated

from pydantic import Field

from aifp.helpers.contract import reads, writes
from aifp.helpers.user_directives.internal.dependency_records import (
    Wanted,
    add,
    mark_installed,
    needed_things,
)
from aifp.helpers.user_directives.internal.paging import MOST
from aifp.schemas.dependencies import (
    DependencyAdded,
    DependencyList,
    DependencyMarked,
    NeededThing,
)
from aifp.schemas.ports import Ctx
from aifp.schemas.words import DependencyType

Name = Annotated[str, Field(min_length=1, max_length=253)]
Version = Annotated[str, Field(max_length=100, description="2.31.0 or >=2,<3; none for keys")]


@reads
async def get_dependencies(ctx: Ctx, directive_id: int | None = None) -> DependencyList:
    """Get what directives need: packages, programs, keys, variables, services; or one directive."""
    found = (await needed_things(ctx, directive_id))[:MOST]
    return DependencyList(dependencies=found, count=len(found))


@reads
async def get_missing_dependencies(ctx: Ctx) -> list[NeededThing]:
    """List what directives need and do not have."""
    return await needed_things(ctx, missing=True)


@reads
async def get_dependencies_by_type(ctx: Ctx, dependency_type: DependencyType) -> list[NeededThing]:
    """List what directives need of one type."""
    return await needed_things(ctx, dependency_type=dependency_type)


@writes(repeatable=True)
async def add_dependency(
    ctx: Ctx,
    directive_id: int,
    dependency_type: DependencyType,
    name: Name,
    version: Version | None = None,
) -> DependencyAdded:
    """Add something a directive needs, by its name; a repeat with a version changes that."""
    wanted = Wanted(ctx, dependency_type, name, version)
    return DependencyAdded(dependency_id=await add(ctx, directive_id, wanted))


@writes(repeatable=True)
async def mark_dependency_installed(ctx: Ctx, dependency_id: int) -> DependencyMarked:
    """Note that a needed thing is there now; `verified` says whether it was found, too."""
    return await mark_installed(ctx, dependency_id)
