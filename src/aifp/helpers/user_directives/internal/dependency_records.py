"""Read, add and mark what directives need."""

import json

from aifp.helpers.shared.events import Change, record_event
from aifp.helpers.user_directives.internal.dependency_checks import (
    find_pinned,
    found_in,
    look_for,
    text_of,
)
from aifp.helpers.user_directives.internal.dependency_names import checked_name, checked_version
from aifp.helpers.user_directives.internal.transitions import (
    require_directive,
    subject_of_directive,
)
from aifp.schemas.common import JsonMap
from aifp.schemas.dependencies import DependencyMarked, Found, NeededThing
from aifp.schemas.errors import InvalidArgument, NoSuch
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx, Row, Writer
from aifp.schemas.subjects import Subject
from aifp.schemas.words import DependencyType


async def needed_things(
    ctx: Ctx,
    directive_id: int | None = None,
    dependency_type: DependencyType | None = None,
    *,
    missing: bool = False,
) -> list[NeededThing]:
    """Return what directives need, by type, name and directive."""
    rows = await ctx.directives.all(
        "dependencies",
        directive_id=directive_id,
        dependency_type=dependency_type,
        missing=int(missing),
    )
    return [_thing(row) for row in rows]


def _thing(row: Row) -> NeededThing:
    shaped = {
        "is_installed": bool(row["is_installed"]),
        "required_by": sorted(json.loads(str(row["required_by"]))),
    }
    return NeededThing.model_validate({**row, **shaped})


class Wanted:
    """A dependency as it was asked for, checked."""

    def __init__(self, ctx: Ctx, kind: DependencyType, name: str, version: str | None) -> None:
        said = f"{name} {version or ''}"
        if ctx.keyring.redact(said) != said:
            raise InvalidArgument(
                "This is the value of a stored secret, nothing was stored. Give its name."
            )
        self.kind: DependencyType = kind
        self.name = checked_name(kind, name)
        self.version = checked_version(kind, version)


async def add(ctx: Ctx, directive_id: int, wanted: Wanted) -> int:
    """Store a dependency of a directive, looked for on this machine; return its id."""
    directive = await require_directive(ctx.directives, directive_id)
    key = {
        "directive_id": directive_id,
        "dependency_type": wanted.kind,
        "name": wanted.name,
    }
    before = await ctx.directives.one("dependency_like", **key)
    version = wanted.version or (text_of(before["version"]) if before else None)
    if before is not None and before["sha256"] is not None and before["version"] == version:
        found = await find_pinned(ctx, before)
    else:
        found = await look_for(ctx, wanted.kind, wanted.name, version)
    async with ctx.directives.write() as db:
        row = await db.one(
            "store_added_dependency",
            **key,
            version=version,
            present=int(found.present) if found else None,
            found_version=found.version if found and found.present else None,
            error=found.fault if found else None,
            actor=ctx.actor,
            at=to_text(ctx.clock.now()),
        )
        said: JsonMap = {"dependency_type": wanted.kind, "name": wanted.name, "version": version}
        await _tell(ctx, db, subject_of_directive(directive), "dependency_added", said)
    return int(str(row["id"])) if row else 0


async def mark_installed(ctx: Ctx, dependency_id: int) -> DependencyMarked:
    """Note that somebody says a thing is there, and whether it was found."""
    row = await ctx.directives.one("dependency_by_id", id=dependency_id)
    if row is None:
        raise NoSuch(f"There is no dependency {dependency_id}. get_dependencies lists them all.")
    asked = text_of(row["version"])
    found = await found_in(ctx, row, asked) or Found(present=False)
    async with ctx.directives.write() as db:
        await db.run(
            "note_installed",
            id=dependency_id,
            verified=int(found.present),
            found_version=found.version if found.present else None,
            error=found.fault,
            at=to_text(ctx.clock.now()),
        )
        subject = Subject(kind="directive", id=str(row["directive_id"]), name=str(row["directive"]))
        said: JsonMap = {"name": str(row["name"]), "verified": found.present}
        await _tell(ctx, db, subject, "dependency_marked_installed", said)
    # Who waits for it need not wait for the next look.
    ctx.engine.wake()
    return DependencyMarked(
        dependency=str(row["name"]), version=found.version or asked, verified=found.present
    )


async def _tell(ctx: Ctx, db: Writer, subject: Subject, event: str, said: JsonMap) -> None:
    change = Change(event_type=event, metadata=said)
    await record_event(db, ctx.clock.now(), subject, ctx.actor, change)
