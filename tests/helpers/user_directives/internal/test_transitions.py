from typing import get_args

import pytest

from aifp.helpers.user_directives.internal.transitions import Move, move_status
from aifp.helpers.user_directives.tools.workflow_tools import (
    user_directive_activate,
    user_directive_deactivate,
)
from aifp.schemas.errors import InvalidTransition, NoSuch
from aifp.schemas.ports import Ctx
from aifp.schemas.words import DirectiveStatus
from aifp.server.adapters.keyring import FileKeyring
from tests.helpers.user_directives.lives import TEXT, Life
from tests.helpers.user_directives.people import Person

STATUSES: tuple[DirectiveStatus, ...] = get_args(DirectiveStatus)
# Chapter 8.1, word for word.
EDGES: dict[DirectiveStatus, set[DirectiveStatus]] = {
    "draft": {"validated", "archived"},
    "validated": {"implemented", "draft", "archived"},
    "implemented": {"active", "validated", "draft", "archived"},
    "active": {"paused", "error", "validated", "draft", "archived"},
    "paused": {"active", "validated", "draft", "archived"},
    "error": {"active", "paused", "validated", "draft", "archived"},
    "archived": {"draft"},
}
INSERT = (
    "INSERT INTO user_directives (name, source_file, source_format, source_index, directive_type,"
    " trigger, action, draft_json, configuration_json, raw_content, status, consecutive_failures,"
    " load_crashes, created_at, updated_at) VALUES ('lamp', 'a.yaml', 'yaml', 0, 'schedule', 't',"
    " 'a', '{}', '{}', '', ?, 4, 2, '2026', '2026') RETURNING id"
)


@pytest.fixture
async def bare(plain_ctx: Ctx, person: Person, keyring: FileKeyring) -> Life:
    """A project whose database exists."""
    life = Life(plain_ctx, person, plain_ctx.settings.project, keyring)
    async with plain_ctx.directives.write():
        pass
    return life


async def move(life: Life, directive_id: int, wanted: Move) -> DirectiveStatus:
    async with life.ctx.directives.write() as db:
        return await move_status(db, life.ctx.clock.now(), directive_id, wanted)


@pytest.mark.req("8.1", "D07")
@pytest.mark.parametrize("present", STATUSES)
@pytest.mark.parametrize("to", STATUSES)
async def test_only_the_edges_of_the_state_machine_are_walked(
    bare: Life, present: DirectiveStatus, to: DirectiveStatus
) -> None:
    directive_id = bare.sql(INSERT, present)[0]["id"]
    before = bare.dump()
    if present != to and to not in EDGES[present]:
        with pytest.raises(InvalidTransition, match=f"lamp is {present}") as refusal:
            await move(bare, directive_id, Move(to=to, actor="ai"))
        assert refusal.value.details == {"previous_status": present, "new_status": to}
        assert bare.dump() == before
        return
    assert await move(bare, directive_id, Move(to=to, actor="ai", reason="so")) == present
    assert bare.row(directive_id)["status"] == to
    events = [
        (e["from_status"], e["to_status"], e["reason"]) for e in bare.sql("SELECT * FROM events")
    ]
    assert events == ([] if present == to else [(present, to, "so")])
    assert (bare.dump() == before) == (present == to)


async def test_another_cause_of_the_same_pause_is_a_change(bare: Life) -> None:
    directive_id = bare.sql(INSERT, "active")[0]["id"]
    for cause in ("approval_void", "approval_void", "user"):
        pause = Move(to="paused", actor="system", pause_cause=cause)
        await move(bare, directive_id, pause)
    assert bare.row(directive_id)["pause_cause"] == "user"
    assert len(bare.events("status_changed")) == 2


@pytest.mark.req("D94")
async def test_activation_clears_the_counters_and_a_resumption_keeps_them(bare: Life) -> None:
    directive_id = bare.sql(INSERT, "paused")[0]["id"]
    await move(bare, directive_id, Move(to="active", actor="system"))
    row = bare.row(directive_id)
    assert (row["consecutive_failures"], row["load_crashes"], row["activated_at"]) == (4, 2, None)
    await move(bare, directive_id, Move(to="paused", actor="ai", pause_cause="user"))
    await move(bare, directive_id, Move(to="active", actor="ai"))
    row = bare.row(directive_id)
    assert (row["consecutive_failures"], row["load_crashes"]) == (0, 0)
    assert row["activated_at"] == "2026-11-21T12:00:00.000Z"
    assert row["pause_cause"] is None


async def test_a_directive_that_is_not_there_is_refused(bare: Life) -> None:
    with pytest.raises(NoSuch, match="999999"):
        await move(bare, 999_999, Move(to="draft", actor="ai"))


@pytest.mark.req("F08")
async def test_a_clock_that_ran_ahead_silences_nothing_beyond_a_new_start(life: Life) -> None:
    await life.active(TEXT.replace("phone", "log"))
    await user_directive_deactivate(life.ctx, "sums")
    life.insert("directive_schedule", directive_id=1, timezone="UTC", last_due_at="2027-11-21T12")
    await user_directive_activate(life.ctx, "sums")
    assert life.sql("SELECT last_due_at FROM directive_schedule") == [{"last_due_at": None}]
