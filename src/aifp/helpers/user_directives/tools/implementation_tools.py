"""See the code of directives, take code of the project in, and say how its tests went."""

from aifp.helpers.contract import reads, writes
from aifp.helpers.user_directives.internal.implementation_status import move_implementation
from aifp.helpers.user_directives.internal.registering import register_file
from aifp.helpers.user_directives.internal.test_results import report_tests
from aifp.schemas.common import NotFound
from aifp.schemas.implementations import (
    Implementation,
    ImplementationChanged,
    ImplementationRegistered,
    OneImplementation,
)
from aifp.schemas.ports import Ctx
from aifp.schemas.words import ImplementationStatus, TestStatus


@reads
async def get_implementation(ctx: Ctx, directive_id: int) -> OneImplementation | NotFound:
    """Get where the newest code of a directive lies, its status and how its tests went."""
    row = await ctx.directives.one("implementation_of_directive", directive_id=directive_id)
    return OneImplementation.model_validate(dict(row)) if row else NotFound()


@reads
async def get_implementations_by_status(
    ctx: Ctx, status: ImplementationStatus
) -> list[Implementation]:
    """List the newest code of each directive that is in one status, oldest first."""
    rows = await ctx.directives.all("implementations_by_status", status=status)
    return [Implementation.model_validate(dict(row)) for row in rows]


@reads
async def get_failing_tests(ctx: Ctx) -> list[Implementation]:
    """List the code whose tests do not pass, also where none was run, oldest first."""
    rows = await ctx.directives.all("failing_tests")
    return [Implementation.model_validate(dict(row)) for row in rows]


@writes(asks=True, repeatable=True)
async def register_implementation(
    ctx: Ctx,
    directive_id: int,
    implementation_file: str,
    entry_point: str,
    test_file: str | None = None,
) -> ImplementationRegistered:
    """Take a Python file of the project as the code of a directive; it is not run, nor approved."""
    made = await register_file(ctx, directive_id, implementation_file, entry_point, test_file)
    return ImplementationRegistered(implementation_id=made)


@writes(repeatable=True)
async def update_implementation_status(
    ctx: Ctx, implementation_id: int, status: ImplementationStatus
) -> ImplementationChanged:
    """Move code on: validated once the static checks pass, deployed once a person approved it."""
    await move_implementation(ctx, implementation_id, status)
    return ImplementationChanged()


@writes(repeatable=True)
async def update_test_status(
    ctx: Ctx, implementation_id: int, test_status: TestStatus
) -> ImplementationChanged:
    """Report how tests of some code went elsewhere; the engine's own test runs overwrite it."""
    await report_tests(ctx, implementation_id, test_status)
    return ImplementationChanged()
