"""project.db follows the outbox: once, in order, and again byte for byte."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from aifp.helpers.project.internal import projection
from aifp.helpers.project.internal.projection import (
    is_in_step,
    project_changes,
    rebuild,
    tell_what_was_never_told,
)
from aifp.helpers.project.tools.file_tools import get_project_files, get_project_functions
from aifp.helpers.shared.outbox import tell_directive, tell_source
from aifp.helpers.user_directives.internal.approvals import revoke
from aifp.helpers.user_directives.internal.pausing import release_to_run
from aifp.helpers.user_directives.internal.transitions import Move, move_status
from aifp.helpers.user_directives.tools.dependency_tools import add_dependency
from aifp.helpers.user_directives.tools.execution_tools import record_execution
from aifp.helpers.user_directives.tools.implementation_tools import register_implementation
from aifp.helpers.user_directives.tools.workflow_tools import (
    user_directive_activate,
    user_directive_implement,
    user_directive_parse,
    user_directive_update,
    user_directive_validate,
)
from aifp.schemas.common import Failure, Listed
from aifp.schemas.errors import ApprovalRequired
from aifp.schemas.ports import Ctx
from aifp.schemas.project import ProjectFile, ProjectFunction
from aifp.schemas.subjects import Subject
from aifp.schemas.workflow import ImplementAnswer
from aifp.server.adapters.files import ProjectFiles
from tests.helpers.project.looking import Shelf
from tests.helpers.user_directives.lives import FUNCTIONS, HELPER, MODULE, TEXT, Life

MORE = (
    FUNCTIONS
    + '''

def halve(number: float) -> float:
    """Halve a number."""
    return number / 2
'''
)


async def files(ctx: Ctx, **which: str) -> list[ProjectFile]:
    found = await get_project_files(ctx, **which)  # pyright: ignore[reportArgumentType]
    assert isinstance(found, Listed), found
    assert found.total == len(found.result)
    return found.result


async def functions(ctx: Ctx, **which: str) -> dict[str, ProjectFunction]:
    found = await get_project_functions(ctx, **which)  # pyright: ignore[reportArgumentType]
    assert isinstance(found, Listed), found
    return {one.name: one for one in found.result}


@pytest.mark.req("D73")
async def test_generated_files_and_their_functions_appear(shelf: Shelf, life: Life) -> None:
    await life.implemented()
    found = {one.path: one for one in await files(life.ctx)}
    assert {path: one.kind for path, one in found.items()} == {
        MODULE: "implementation",
        HELPER: "implementation",
        "tests/test_sums.py": "test",
        "sums.yaml": "directive_source",
    }
    assert all(one.exists_on_disk for one in found.values())
    assert found[MODULE].directive_name == "sums"
    assert found["sums.yaml"].language == "yaml"
    known = await functions(life.ctx, directive_name="sums")
    entry = known["execute_sums"]
    assert entry.is_entry_point
    assert not entry.is_pure
    assert entry.file_path == MODULE
    assert entry.purpose == "Do the steps of sums."
    assert known["add_up"].is_pure
    assert not known["add_up"].is_entry_point
    assert known["add_up"].purpose == "Add numbers up."
    assert known["add_up"].returns == "dict[str, float]"
    callers = [one.name for one in known.values() if "add_up" in one.calls]
    assert callers
    assert list(await functions(life.ctx, file_path=HELPER)) == ["add_up"]
    assert [one.path for one in await files(life.ctx, kind="test")] == ["tests/test_sums.py"]


@pytest.mark.req("D73")
async def test_new_code_takes_the_place_of_the_old(shelf: Shelf, life: Life) -> None:
    await life.implemented()
    before = (await functions(life.ctx))["add_up"].id
    await user_directive_implement(life.ctx, "sums", MORE)
    known = await functions(life.ctx)
    assert known["halve"].signature == "def halve(number: float) -> float"
    assert known["add_up"].id == before
    await user_directive_implement(life.ctx, "sums", FUNCTIONS)
    assert "halve" not in await functions(life.ctx)


@pytest.mark.req("D73")
async def test_each_message_is_taken_in_once(shelf: Shelf, life: Life) -> None:
    await life.implemented()
    first = await project_changes(life.ctx)
    assert first > 0
    assert await project_changes(life.ctx) == 0
    sent = life.sql("SELECT id FROM outbox WHERE applied_at IS NOT NULL ORDER BY id")
    taken = shelf.sql("SELECT outbox_id AS id FROM applied_outbox ORDER BY outbox_id")
    assert sent == taken
    assert len(sent) == first


ARCHIVED = Move(to="archived", actor="user")


class Died(BaseException):
    """The process ends here."""


def die() -> None:
    raise Died


@pytest.mark.req("D73")
async def test_a_death_between_the_two_commits_loses_and_doubles_nothing(
    shelf: Shelf, life: Life
) -> None:
    await life.implemented()
    with pytest.raises(Died):
        await project_changes(life.ctx, die)
    once = shelf.dump()
    assert life.sql("SELECT id FROM outbox WHERE applied_at IS NOT NULL") == []
    assert shelf.sql("SELECT count(*) AS n FROM applied_outbox")[0]["n"] > 0
    assert await is_in_step(life.ctx)
    assert await project_changes(life.ctx) == 0
    assert shelf.dump() == once
    assert life.sql("SELECT id FROM outbox WHERE applied_at IS NULL") == []


@pytest.mark.req("D73")
async def test_the_change_and_its_message_share_one_transaction(life: Life) -> None:
    directive_id = await life.validated()
    before, sent = life.dump(), len(life.sql("SELECT id FROM outbox"))
    with pytest.raises(Died):
        async with life.ctx.directives.write() as db:
            await move_status(db, life.ctx.clock.now(), directive_id, ARCHIVED)
            assert len(await db.all("messages_waiting", limit=500)) == sent + 1
            die()
    assert life.dump() == before


@pytest.mark.req("D73", "D75")
async def test_made_anew_it_is_the_same_byte_for_byte(shelf: Shelf, life: Life) -> None:
    ctx = life.ctx
    await life.active()
    await project_changes(ctx)
    await user_directive_parse(ctx, life.write("other.yaml", TEXT.replace("sums", "others")))
    await project_changes(ctx)
    life.write("sums.yaml", TEXT.replace("every: 1h", "every: 2h"))
    await user_directive_update(ctx, "sums")
    await user_directive_implement(ctx, "sums", MORE)
    await user_directive_implement(ctx, "sums", FUNCTIONS)
    await project_changes(ctx)
    grown = shelf.dump()
    assert len(grown) > 20
    assert await rebuild(ctx) > 0
    assert shelf.dump() == grown
    shelf.sql("DELETE FROM files")
    shelf.sql("DELETE FROM tasks")
    shelf.sql("DELETE FROM completion_items")
    assert shelf.dump() != grown
    await rebuild(ctx)
    assert shelf.dump() == grown


class DyingFiles(ProjectFiles):
    """Files at whose reading the process dies."""

    async def fetch(self, sha256: str) -> bytes:
        raise Died


@pytest.mark.req("D73")
async def test_a_death_while_all_is_made_anew_leaves_what_was_there(
    shelf: Shelf, life: Life
) -> None:
    await life.implemented()
    await project_changes(life.ctx)
    before, sent = shelf.dump(), life.dump()
    with pytest.raises(Died):
        await rebuild(replace(life.ctx, files=DyingFiles(life.project)))
    assert (shelf.dump(), life.dump()) == (before, sent)
    assert await rebuild(life.ctx) == len(life.sql("SELECT id FROM outbox"))
    assert shelf.dump() == before


async def test_a_project_db_that_was_replaced_is_noticed(shelf: Shelf, life: Life) -> None:
    await life.implemented()
    await project_changes(life.ctx)
    assert await is_in_step(life.ctx)
    shelf.sql("DELETE FROM applied_outbox")
    assert not await is_in_step(life.ctx)
    await rebuild(life.ctx)
    assert await is_in_step(life.ctx)


async def test_directives_older_than_the_outbox_are_told_of(shelf: Shelf, life: Life) -> None:
    await life.implemented()
    await project_changes(life.ctx)
    grown = [line for line in shelf.dump() if "functions" in line]
    life.sql("DELETE FROM outbox")
    await tell_what_was_never_told(life.ctx)
    await rebuild(life.ctx)
    assert [line for line in shelf.dump() if "functions" in line] == grown
    assert len(await files(life.ctx)) == 4


async def test_a_file_that_is_gone_from_the_disk_is_shown_so(
    shelf: Shelf, life: Life, project: Path
) -> None:
    await life.implemented()
    assert len(await files(life.ctx)) == 4
    (project / HELPER).unlink()
    gone = [one.path for one in await files(life.ctx) if not one.exists_on_disk]
    assert gone == [HELPER]
    assert await user_directive_implement(life.ctx, "sums", FUNCTIONS)
    assert all(one.exists_on_disk for one in await files(life.ctx))


async def test_code_whose_stored_bytes_are_gone_leaves_a_file_without_functions(
    shelf: Shelf, life: Life, project: Path
) -> None:
    await life.implemented()
    for place in (project / ".aifp-project" / "objects").glob("*/*"):
        place.unlink()
    assert len(await files(life.ctx)) == 4
    assert await functions(life.ctx) == {}


@pytest.mark.req("D73")
async def test_several_who_take_in_at_once_take_each_message_once(shelf: Shelf, life: Life) -> None:
    await life.implemented()
    sent = len(life.sql("SELECT id FROM outbox"))
    taken = await asyncio.gather(*(project_changes(life.ctx) for _ in range(4)))
    assert sum(taken) == sent
    grown = shelf.dump()
    await rebuild(life.ctx)
    assert shelf.dump() == grown


async def test_a_message_that_cannot_be_read_holds_up_no_other(shelf: Shelf, life: Life) -> None:
    await life.validated()
    life.insert(
        "outbox", target="project", subject="x", payload_json='{"no": 1}', created_at="2026"
    )
    await user_directive_implement(life.ctx, "sums", FUNCTIONS)
    assert len(await files(life.ctx)) == 4
    assert life.sql("SELECT id FROM outbox WHERE applied_at IS NULL") == []


SHARED = '''"""What two directives use."""


def double(number: float) -> float:
    """Double a number."""
    return number * 2
'''
USES = '''"""Code of {name}."""

from money import double


def execute_{name}(ctx) -> dict[str, object]:
    """Do it."""
    return {{"sum": double(2)}}
'''
TWO = """timezone: UTC
directives:
  first:
    every: 1h
    do: log "1"
  second:
    every: 1h
    do: log "2"
"""


@pytest.mark.req("D73", "D24")
async def test_a_module_that_two_directives_use_stays_while_one_of_them_does(
    shelf: Shelf, life: Life
) -> None:
    ctx, shared = life.ctx, life.write("src/automations/money.py", SHARED)
    await user_directive_parse(ctx, life.write("two.yaml", TWO))
    for name in ("first", "second"):
        await user_directive_validate(ctx, name)
        await take(life, name, USES.format(name=name))
    assert {one.path: one.directive_name for one in await files(ctx)}[shared] == "first"
    double = (await functions(ctx))["double"]
    assert [n for n, one in (await functions(ctx)).items() if "double" in one.calls] == [
        "execute_first",
        "execute_second",
    ]
    assert not double.is_entry_point
    plain = USES.format(name="first").replace("from money import double\n", "")
    await take(life, "first", plain.replace("double(2)", "4"))
    assert {one.path: one.directive_name for one in await files(ctx)}[shared] == "second"
    assert (await functions(ctx))["double"].id == double.id
    plain = USES.format(name="second").replace("from money import double\n", "")
    await take(life, "second", plain.replace("double(2)", "4"))
    assert shared not in [one.path for one in await files(ctx)]
    grown = shelf.dump()
    await rebuild(ctx)
    assert shelf.dump() == grown


@pytest.mark.req("D73")
async def test_a_shared_module_that_changes_takes_no_functions_from_the_other_directive(
    shelf: Shelf, life: Life
) -> None:
    ctx, shared = life.ctx, life.write("src/automations/money.py", SHARED)
    await user_directive_parse(ctx, life.write("two.yaml", TWO))
    for name in ("first", "second"):
        await user_directive_validate(ctx, name)
        await take(life, name, USES.format(name=name))
    known = await functions(ctx)
    life.write(shared, SHARED + "\n# newer\n")
    await take(life, "first", USES.format(name="first"))
    # In the same batch the second one tells of itself, with the module it was registered with.
    added = await add_dependency(ctx, 2, "service", "bank")
    assert not isinstance(added, Failure), added
    assert await functions(ctx) == known
    grown = shelf.dump()
    for messages in (1, 2, 3, 5, 8):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(projection, "BATCH", messages)
            await rebuild(ctx)
        assert shelf.dump() == grown


@pytest.mark.req("D73", "D24")
async def test_the_same_file_with_another_start_is_shown_with_that_start(
    shelf: Shelf, life: Life
) -> None:
    await life.implemented()
    code = (life.project / MODULE).read_text()
    for start in ("execute_sums", "effect_tell"):
        await take(life, "sums", code, start)
        known = await functions(life.ctx)
        assert [name for name, one in known.items() if one.is_entry_point] == [start]


@pytest.mark.req("D73")
async def test_code_that_was_made_here_and_is_given_back_is_shown_as_given(
    shelf: Shelf, life: Life
) -> None:
    await life.implemented()
    assert {one.path: one.generated for one in await files(life.ctx)}[MODULE]
    code, tests = ((life.project / path).read_text() for path in (MODULE, "tests/test_sums.py"))
    answer = await user_directive_implement(life.ctx, "sums", code, tests)
    assert isinstance(answer, ImplementAnswer), answer
    assert not {one.path: one.generated for one in await files(life.ctx)}[MODULE]


async def take(life: Life, name: str, code: str, start: str | None = None) -> None:
    """Register code that lies in the project."""
    place = life.write(f"src/automations/{name}.py", code)
    directive_id = life.sql("SELECT id FROM user_directives WHERE name = ?", name)[0]["id"]
    start = start or f"execute_{name}"
    answer = await register_implementation(life.ctx, directive_id, place, start)
    assert not isinstance(answer, Failure), answer


@pytest.mark.req("D73")
async def test_every_step_of_a_life_is_told_in_its_own_transaction(
    shelf: Shelf, life: Life
) -> None:
    ctx = life.ctx
    directive_id = await life.validated()
    await _all_is_told(life, directive_id)
    await user_directive_implement(ctx, "sums", FUNCTIONS)
    await _all_is_told(life, directive_id)
    await life.approve()
    await _all_is_told(life, directive_id)
    await user_directive_activate(ctx, "sums")
    await _all_is_told(life, directive_id)
    await record_execution(ctx, directive_id, "success")
    await _all_is_told(life, directive_id)
    life.write(MODULE, "# edited\n")
    with pytest.raises(ApprovalRequired):
        await release_to_run(ctx, directive_id)
    await _all_is_told(life, directive_id)
    life.write("sums.yaml", TEXT.replace("every: 1h", "every: 2h"))
    await user_directive_update(ctx, "sums")
    await _all_is_told(life, directive_id)
    await revoke(ctx, Subject(kind="directive", id=str(directive_id), name="sums"))
    await _all_is_told(life, directive_id)
    life.write("sums.yaml", "timezone: UTC\ndirectives: {}\n")
    await user_directive_update(ctx, file_path="sums.yaml")
    await _all_is_told(life, directive_id)


async def _all_is_told(life: Life, directive_id: int) -> None:
    """Tell it all again, and see that nothing of it is news."""
    sent = life.sql("SELECT id, subject, payload_json FROM outbox ORDER BY id")
    async with life.ctx.directives.write() as db:
        await tell_directive(db, life.ctx.clock.now(), directive_id)
        await tell_source(db, life.ctx.clock.now(), "sums.yaml")
    assert life.sql("SELECT id, subject, payload_json FROM outbox ORDER BY id") == sent
