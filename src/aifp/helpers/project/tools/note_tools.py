"""Keep and read notes about the project."""

from typing import Annotated

from pydantic import Field

from aifp.helpers.contract import reads, writes
from aifp.helpers.project.internal.reports import note_of, total_of
from aifp.schemas.common import Listed
from aifp.schemas.errors import NoSuch
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx
from aifp.schemas.project import Note, NoteAdded
from aifp.schemas.words import Actor, NoteSource, Severity

SOURCES: dict[Actor, NoteSource] = {"user": "user", "ai": "ai"}


@writes(toolset="project")
async def create_note(
    ctx: Ctx,
    content: Annotated[str, Field(min_length=1, max_length=16_384)],
    note_type: Annotated[str, Field(min_length=1, max_length=64)] = "note",
    severity: Severity = "info",
    directive_name: str | None = None,
) -> NoteAdded:
    """Keep a note about the project or one directive."""
    if directive_name is not None and not await _is_known(ctx, directive_name):
        raise NoSuch(f"There is no directive {directive_name!r}; leave the name out or mend it.")
    async with ctx.project.write() as db:
        row = await db.one(
            "add_note",
            content=content,
            note_type=note_type,
            source=SOURCES.get(ctx.actor, "directive"),
            severity=severity,
            directive_name=directive_name,
            at=to_text(ctx.clock.now()),
        )
    return NoteAdded.model_validate({"note_id": row["id"] if row else 0})


@reads(toolset="project")
async def get_notes(
    ctx: Ctx,
    source: NoteSource | None = None,
    directive_name: str | None = None,
    severity: Severity | None = None,
    limit: Annotated[int, Field(ge=1, le=500)] = 50,
) -> Listed[Note]:
    """List notes, the newest first."""
    rows = await ctx.project.all(
        "notes", source=source, directive_name=directive_name, severity=severity, limit=limit
    )
    return Listed(result=[note_of(row) for row in rows], total=total_of(rows))


async def _is_known(ctx: Ctx, name: str) -> bool:
    return await ctx.directives.one("directive_ids_by_name", name=name) is not None
