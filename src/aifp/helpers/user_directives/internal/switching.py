"""Switch one directive by name, or all of a file one after the other."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from aifp.helpers.user_directives.internal.activation import (
    activate_directive,
    deactivate_directive,
)
from aifp.helpers.user_directives.internal.directive_rows import id_of
from aifp.helpers.user_directives.internal.parsing import project_path
from aifp.schemas.activation import (
    Activated,
    ActivatedFile,
    Deactivated,
    DeactivatedFile,
    Refused,
)
from aifp.schemas.errors import AifpError, InvalidArgument, NoSuch
from aifp.schemas.ports import Ctx, Row

Done = TypeVar("Done", Activated, Deactivated)
# What fires, or would again by itself; a directive in error may have runs that are open.
FIRING = ("active", "paused", "error")


async def activate_named(
    ctx: Ctx, name: str | None, source_file: str | None
) -> Activated | ActivatedFile:
    """Activate one directive, or every one of a file that does not fire yet."""
    _require_one(name, source_file)
    if name is not None:
        return await activate_directive(ctx, await id_of(ctx, name))
    rows = [row for row in await _of_file(ctx, source_file or "") if row["status"] != "active"]
    results = await _each(ctx, rows, lambda row: activate_directive(ctx, int(str(row["id"]))))
    return ActivatedFile(success=_all_went(results), results=results)


async def deactivate_named(
    ctx: Ctx, name: str | None, source_file: str | None, reason: str | None
) -> Deactivated | DeactivatedFile:
    """Pause one directive, or every one of a file that fires."""
    _require_one(name, source_file)
    if name is not None:
        return await deactivate_directive(ctx, await id_of(ctx, name), reason)
    rows = [row for row in await _of_file(ctx, source_file or "") if row["status"] in FIRING]
    results = await _each(
        ctx, rows, lambda row: deactivate_directive(ctx, int(str(row["id"])), reason)
    )
    return DeactivatedFile(success=_all_went(results), results=results)


def _require_one(name: str | None, source_file: str | None) -> None:
    if (name is None) == (source_file is None):
        raise InvalidArgument("Give either name or source_file.")


async def _of_file(ctx: Ctx, source_file: str) -> list[Row]:
    path = project_path(ctx, source_file)
    rows = await ctx.directives.all("directives_of_file", source_file=path)
    if not rows:
        raise NoSuch(f"No directive comes from {path!r}. Parse it with user_directive_parse.")
    return rows


async def _each(
    ctx: Ctx, rows: list[Row], act: Callable[[Row], Awaitable[Done]]
) -> list[Done | Refused]:
    results: list[Done | Refused] = []
    for done, row in enumerate(rows):
        await ctx.door.progress(done, len(rows), str(row["name"]))
        try:
            results.append(await act(row))
        except AifpError as refusal:
            refused = Refused(name=str(row["name"]), error=str(refusal), error_code=refusal.code)
            results.append(refused)
    return results


def _all_went(results: list[Activated | Refused] | list[Deactivated | Refused]) -> bool:
    return not any(isinstance(result, Refused) for result in results)
