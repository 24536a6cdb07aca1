from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import cast

import pytest

from aifp.helpers.lifecycle.tools.approval_tools import (
    get_pending_approvals,
    request_approval,
)
from aifp.helpers.user_directives.internal.approval_text import visible
from aifp.helpers.user_directives.internal.approving import decide_release
from aifp.helpers.user_directives.tools.directive_mgmt_tools import get_directive_by_name
from aifp.helpers.user_directives.tools.workflow_tools import (
    user_directive_activate,
    user_directive_approve,
)
from aifp.schemas.activation import Activated
from aifp.schemas.approvals import Approved, PendingDecision
from aifp.schemas.common import JsonMap
from aifp.schemas.directives import Directive
from aifp.schemas.errors import NeedsInput
from aifp.schemas.ports import Ctx, HumanAnswer
from tests.clock import FakeClock
from tests.helpers.user_directives.lives import FUNCTIONS, LATER, NO, YES, Life, code_of


async def approval_state(life: Life) -> tuple[bool, str]:
    found = await get_directive_by_name(life.ctx, "sums")
    assert isinstance(found, Directive), found
    return found.approved, found.approval_state


@pytest.mark.req("D09", "D49")
async def test_yes_approves_exactly_what_was_shown(life: Life) -> None:
    await life.implemented()
    life.person.answers.append(YES)
    assert await user_directive_approve(life.ctx, "sums") == Approved(approval_id=1)
    assert await approval_state(life) == (True, "approved")
    assert len(life.person.asked) == 1


@pytest.mark.req("D09", "D49")
@pytest.mark.parametrize(
    "answer",
    [
        NO,
        HumanAnswer(action="accept", content={"approve": False}),
        HumanAnswer(action="accept"),
        HumanAnswer(action="accept", content={"approve": "true"}),
        HumanAnswer(action="accept", content={"approve": 1}),
    ],
)
async def test_anything_but_a_plain_yes_is_a_no(life: Life, answer: HumanAnswer) -> None:
    await life.implemented()
    life.person.answers.append(answer)
    assert code_of(await user_directive_approve(life.ctx, "sums")) == "approval_rejected"
    assert await approval_state(life) == (False, "rejected")


@pytest.mark.req("D09", "D49", "D100")
@pytest.mark.parametrize("answer", [LATER, HumanAnswer(action="unavailable")])
async def test_without_an_answer_the_request_waits_for_the_terminal(
    life: Life, answer: HumanAnswer
) -> None:
    await life.implemented()
    life.person.answers.append(answer)
    asked = await user_directive_approve(life.ctx, "sums")
    assert asked == PendingDecision(approval_id=1, command="aifp approve sums")
    assert asked.model_dump(exclude={"approval_id", "command"}) == {
        "success": False,
        "approved": False,
        "pending_approval": True,
    }
    assert await approval_state(life) == (False, "pending")
    waiting = await get_pending_approvals(life.ctx, "directive")
    assert isinstance(waiting, list)
    (request,) = waiting
    assert (request.id, request.subject, request.summary) == (1, "sums", "Approve sums?")
    assert request.command == "aifp approve sums"
    assert await get_pending_approvals(life.ctx, "run") == []


@pytest.mark.req("D49")
async def test_the_person_is_shown_all_there_is_to_know(life: Life) -> None:
    await life.implemented()
    await user_directive_approve(life.ctx, "sums", "You asked for sums.\nCode:\nnothing")
    text = life.person.asked[0][0]
    assert '"name": "sums"' in text
    assert '"function": "add_up"' in text
    assert "What it does:" in text
    assert "2026-11-21T13:00:00.000Z" in text
    assert "- notify: channel log" in text
    assert "def execute_sums" in text
    assert FUNCTIONS in text
    assert "- passed: " in text
    assert "not checked:\n> You asked for sums.\n> Code:\n> nothing" in text
    assert life.sql("SELECT release_sha256 AS r FROM approvals")[0]["r"] in text


@pytest.mark.req("D49")
async def test_a_new_version_is_shown_as_a_difference_and_whole(life: Life) -> None:
    await life.active()
    code = FUNCTIONS.replace("sum(numbers)", "sum(numbers) * 2")
    await life.implemented(code=code)
    await user_directive_approve(life.ctx, "sums")
    text = life.person.asked[-1][0]
    assert '-    return {"sum": sum(numbers)}\n+    return {"sum": sum(numbers) * 2}' in text
    assert code in text


@pytest.mark.req("D49")
@pytest.mark.parametrize(
    ("character", "shown"),
    [
        ("\u202e", "<U+202E>"),
        ("\u200b", "<U+200B>"),
        ("\ufeff", "<U+FEFF>"),
        ("\r", "<U+000D>"),
        ("\x1b", "<U+001B>"),
        ("\x0c", "<U+000C>"),
        ("\u2028", "<U+2028>"),
        ("\u00a0", "<U+00A0>"),
        ("\u3164", "<U+3164>"),
        ("\ufe0f", "<U+FE0F>"),
        ("\U000e0041", "<U+E0041>"),
        ("\ue000", "<U+E000>"),
        ("\x00", "<U+0000>"),
    ],
)
def test_what_nobody_can_see_is_written_out(character: str, shown: str) -> None:
    assert visible(f"a{character}b") == f"a{shown}b"


def test_what_everybody_can_see_stays_as_it_is() -> None:
    assert visible("Grüße, 日本語,\n\t5 € - ok") == "Grüße, 日本語,\n\t5 € - ok"


@pytest.mark.req("D49")
async def test_hidden_characters_of_directive_code_and_reason_are_shown(life: Life) -> None:
    code = FUNCTIONS.replace('"""Add numbers up."""', '"""Add\u200b numbers up."""')
    await life.implemented(code=code)
    await user_directive_approve(life.ctx, "sums", "safe\u202e")
    text = life.person.asked[0][0]
    assert "Add<U+200B> numbers" in text
    assert "> safe<U+202E>" in text
    assert not {"\u200b", "\u202e"} & set(text)


@pytest.mark.req("D50")
async def test_approval_opens_the_way_to_activation_and_nothing_else_does(life: Life) -> None:
    await life.implemented()
    refused = await user_directive_activate(life.ctx, "sums")
    assert code_of(refused) == "approval_required"
    await life.approve()
    assert isinstance(await user_directive_activate(life.ctx, "sums"), Activated)


@pytest.mark.req("D49")
@pytest.mark.parametrize("status", ["draft", "validated"])
async def test_what_is_not_implemented_cannot_be_approved(life: Life, status: str) -> None:
    await life.validated()
    life.sql("UPDATE user_directives SET status = ?", status)
    assert code_of(await user_directive_approve(life.ctx, "sums")) == "invalid_transition"
    assert code_of(await user_directive_approve(life.ctx, "other")) == "not_found"
    assert life.person.asked == []


@dataclass
class LaterCall:
    """A client since 2026-07-28: the question ends the call, the answer comes with the next."""

    given: dict[str, HumanAnswer] = field(default_factory=lambda: {})
    questions: list[tuple[str, str]] = field(default_factory=lambda: [])

    async def ask(self, key: str, message: str, schema: JsonMap) -> HumanAnswer:
        if key in self.given and (key, message) in self.questions:
            return self.given[key]
        self.questions.append((key, message))
        raise NeedsInput(key, message, schema)

    async def tools_changed(self) -> None: ...
    async def progress(self, done: float, total: float | None, message: str) -> None: ...
    async def search_tools(self, query: str, limit: int) -> list[JsonMap]:
        return []

    async def call_tool(self, name: str, arguments: JsonMap) -> JsonMap:
        return {}


async def asked_later(ctx: Ctx, reason: str | None = None) -> None:
    with pytest.raises(NeedsInput):
        await user_directive_approve(ctx, "sums", reason)


@pytest.mark.req("D49", "D09")
@pytest.mark.parametrize(("answer", "decision"), [(YES, "approved"), (NO, "rejected")])
async def test_a_call_made_again_with_its_answer_decides_once(
    life: Life, answer: HumanAnswer, decision: str
) -> None:
    await life.implemented()
    door = LaterCall()
    ctx = replace(life.ctx, door=door)
    await asked_later(ctx, "please")
    before = life.dump()
    await asked_later(ctx, "please")
    assert life.dump() == before
    # A person takes time to read; the due times that were shown are over by then.
    await cast(FakeClock, life.ctx.clock).advance(timedelta(hours=5).total_seconds())
    door.given["approve-1"] = answer
    result = await user_directive_approve(ctx, "sums", "please")
    assert len(set(door.questions)) == 1
    assert [r["decision"] for r in life.sql("SELECT decision FROM approvals")] == [decision]
    if answer is YES:
        before = life.dump()
        assert await user_directive_approve(ctx, "sums", "please") == result
        assert life.dump() == before
        assert len(life.events("approval_approved")) == 1
    else:
        assert code_of(result) == "approval_rejected"
        await asked_later(ctx, "please")
        assert door.questions[-1][0] == "approve-2"


@pytest.mark.req("F29", "D100")
async def test_an_answer_at_the_terminal_comes_before_a_late_one_of_the_client(life: Life) -> None:
    await life.implemented()
    door = LaterCall()
    ctx = replace(life.ctx, door=door)
    await asked_later(ctx)
    await decide_release(life.ctx, 1, "rejected", "cli")
    door.given["approve-1"] = YES
    await asked_later(ctx)
    assert [key for key, _ in door.questions] == ["approve-1", "approve-2"]
    assert await approval_state(life) == (False, "pending")


@pytest.mark.req("D98")
async def test_a_yes_to_an_older_release_does_not_count_for_a_newer_one(life: Life) -> None:
    await life.implemented()
    door = LaterCall()
    ctx = replace(life.ctx, door=door)
    await asked_later(ctx)
    door.given["approve-1"] = YES
    await life.implemented(code=FUNCTIONS.replace("sum(numbers)", "sum(numbers, 0.0)"))
    await asked_later(ctx)
    assert await approval_state(life) == (False, "pending")


@pytest.mark.req("D100")
async def test_asking_by_subject_is_the_same_request(life: Life) -> None:
    await life.implemented()
    first = await user_directive_approve(life.ctx, "sums")
    assert await request_approval(life.ctx, "directive", "sums") == first
