"""Notes: those of a new project, and those that are added."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from aifp.helpers.project.tools.note_tools import create_note, get_notes
from aifp.helpers.project.tools.project_tools import get_project_context
from aifp.schemas.common import Listed
from aifp.schemas.ports import Ctx
from aifp.schemas.project import Note, NoteAdded, ProjectContext
from aifp.server.app.opening import open_project
from aifp.server.db.connection import open_databases
from tests.helpers.user_directives.lives import Life, code_of


async def notes(ctx: Ctx, **which: str) -> list[Note]:
    found = await get_notes(ctx, **which)  # pyright: ignore[reportArgumentType]
    assert isinstance(found, Listed), found
    assert found.total == len(found.result)
    return found.result


@pytest.mark.req("D68")
async def test_a_new_project_holds_the_notes_of_its_preparation(
    plain_ctx: Ctx, tmp_path: Path
) -> None:
    made = await asyncio.to_thread(open_project, tmp_path / "home", "UTC")
    async with open_databases(made / ".aifp-project") as databases:
        ctx = replace(plain_ctx, databases=databases)
        found = await notes(ctx, source="directive")
        context = await get_project_context(ctx)
    assert {note.note_type for note in found} == {"preparation"}
    told = " ".join(note.content for note in found)
    assert "six groups" in told
    assert "project.db follows user_directives.db" in told
    assert isinstance(context, ProjectContext)
    assert context.name == "home"
    assert "src/automations/" in [one.value for one in context.infrastructure]


@pytest.mark.req("D68")
async def test_notes_are_added_and_found_by_source_severity_and_directive(life: Life) -> None:
    ctx = life.ctx
    await life.validated()
    first = await create_note(ctx, "mind the cat")
    second = await create_note(ctx, "too slow", "review", "warning", "sums")
    person = await create_note(replace(ctx, actor="user"), "mine")
    assert isinstance(first, NoteAdded)
    assert isinstance(second, NoteAdded)
    assert isinstance(person, NoteAdded)
    assert [note.id for note in await notes(ctx)] == [
        person.note_id,
        second.note_id,
        first.note_id,
    ]
    assert [n.content for n in await notes(ctx, severity="warning")] == ["too slow"]
    assert [n.note_type for n in await notes(ctx, directive_name="sums")] == ["review"]
    assert [n.content for n in await notes(ctx, source="user")] == ["mine"]
    assert {n.source for n in await notes(ctx)} == {"ai", "user"}


@pytest.mark.req("D65")
async def test_a_note_about_no_directive_is_refused(life: Life) -> None:
    await life.validated()
    assert code_of(await create_note(life.ctx, "x", directive_name="nobody")) == "not_found"
    assert await notes(life.ctx) == []


@pytest.mark.req("D60")
async def test_a_part_of_the_notes_says_how_many_there_are(plain_ctx: Ctx) -> None:
    for number in range(3):
        await create_note(plain_ctx, f"note {number}")
    part = await get_notes(plain_ctx, limit=2)
    assert isinstance(part, Listed)
    assert (len(part.result), part.total) == (2, 3)
