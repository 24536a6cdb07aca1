"""One edge of a directive's life, taken by name; each with all that the edge asks for."""

from aifp.helpers.user_directives.internal.activation import (
    activate_directive,
    deactivate_directive,
    status_of,
)
from aifp.helpers.user_directives.internal.parsing import error_problems
from aifp.helpers.user_directives.internal.transitions import (
    Move,
    move_status,
    require_directive,
    require_edge,
)
from aifp.helpers.user_directives.internal.updates import archive
from aifp.helpers.user_directives.internal.validation import (
    open_errors,
    read_stored,
    stored_directive,
    validate_user_directive,
)
from aifp.schemas.directives import StatusChanged
from aifp.schemas.errors import AifpError, InvalidTransition
from aifp.schemas.ports import Ctx, Row
from aifp.schemas.words import DirectiveStatus


async def change_status(ctx: Ctx, directive_id: int, status: DirectiveStatus) -> StatusChanged:
    """Take one edge, or refuse with both status words; the present status again is no change."""
    row = await require_directive(ctx.directives, directive_id)
    present = status_of(row)
    if present != status:
        require_edge(str(row["name"]), present, status)
        try:
            await _take_edge(ctx, row, status)
        except AifpError as refusal:
            refusal.details |= {"previous_status": present, "new_status": status}
            raise
    return StatusChanged(previous_status=present, new_status=status)


async def _take_edge(ctx: Ctx, row: Row, status: DirectiveStatus) -> None:
    directive_id = int(str(row["id"]))
    match status:
        case "active":
            await activate_directive(ctx, directive_id)
        case "paused":
            await deactivate_directive(ctx, directive_id)
        case "archived":
            await archive(ctx, row, "archived")
        case "validated" if row["status"] == "draft":
            await _validate(ctx, row)
        case "implemented":
            await _require_code(ctx, row)
            await _move(ctx, row, status)
        case "draft" | "validated" | "error":
            await _move(ctx, row, status)


async def _validate(ctx: Ctx, row: Row) -> None:
    """Validate a draft of which nothing is open; one with open questions stays untouched."""
    name = str(row["name"])
    reading = await read_stored(ctx, await stored_directive(ctx, name))
    waiting = [question.id for question in open_errors(reading)]
    waiting += [str(problem) for problem in error_problems(reading.problems)]
    if not waiting:
        answer = await validate_user_directive(ctx, name, None, interactive=False)
        waiting = [] if answer.success else ["it was changed meanwhile"]
    if waiting:
        raise InvalidTransition(
            f"{name} cannot be validated, this is open: {', '.join(waiting)}. "
            "user_directive_validate takes the answers."
        )


async def _require_code(ctx: Ctx, row: Row) -> None:
    version = {"directive_id": row["id"], "version": row["version"]}
    if await ctx.directives.one("code_of_version", **version) is None:
        raise InvalidTransition(
            f"{row['name']} has no code for its present version; user_directive_implement makes "
            "it, register_implementation takes a file."
        )


async def _move(ctx: Ctx, row: Row, status: DirectiveStatus) -> None:
    move = Move(to=status, actor=ctx.actor, reason="set by hand")
    async with ctx.directives.write() as db:
        await move_status(db, ctx.clock.now(), int(str(row["id"])), move)
    ctx.engine.wake()
