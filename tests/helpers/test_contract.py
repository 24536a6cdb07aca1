import asyncio
import logging
from typing import Any, cast

import pytest

from aifp.helpers.contract import destroys, guarded, internal, is_internal, marks_of, reads, writes
from aifp.schemas.common import Failure
from aifp.schemas.errors import ApprovalRequired, NeedsInput
from aifp.schemas.ports import Ctx

CTX = cast("Ctx", None)


@reads
async def answer(ctx: Ctx, value: int) -> int:
    """Answer."""
    return value


@writes(toolset="core", title="Refuse it", opens_world=True, asks=True, repeatable=True)
async def refuse(ctx: Ctx) -> int:
    """Refuse."""
    raise ApprovalRequired("Not approved.", command="aifp approve a")


@destroys
async def fail(ctx: Ctx, kind: type[BaseException]) -> int:
    """Fail."""
    raise kind("secret detail")


@reads
async def ask(ctx: Ctx) -> int:
    """Ask."""
    raise NeedsInput("k", "May I?", {"type": "object"})


async def test_a_result_passes_and_a_refusal_becomes_a_failure() -> None:
    assert await answer(CTX, 3) == 3
    assert await refuse(CTX) == Failure(
        error="Not approved.",
        error_code="approval_required",
        details={"command": "aifp approve a"},
    )


@pytest.mark.req("D63")
async def test_a_surprise_is_logged_once_under_the_reference_it_is_answered_with(
    caplog: pytest.LogCaptureFixture,
) -> None:
    failure = await fail(CTX, ZeroDivisionError)
    assert isinstance(failure, Failure) and failure.error_code == "internal"
    assert "secret detail" not in failure.error
    errors = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(errors) == 1
    assert str(failure.details["reference"]) in errors[0].getMessage()
    assert await fail(CTX, ZeroDivisionError) == failure


async def test_questions_and_cancellation_pass_through() -> None:
    with pytest.raises(NeedsInput):
        await ask(CTX)
    with pytest.raises(asyncio.CancelledError):
        await fail(CTX, asyncio.CancelledError)


def test_marks_say_what_a_tool_does() -> None:
    marks = marks_of(refuse)
    assert marks and (marks.effect, marks.toolset, marks.title) == ("writes", "core", "Refuse it")
    assert marks.opens_world and marks.asks and marks.repeatable
    assert [cast("Any", marks_of(tool)).effect for tool in (answer, fail)] == ["reads", "destroys"]
    assert marks_of(lambda: None) is None


async def test_a_private_helper_raises_freely() -> None:
    @internal
    async def parse(ctx: Ctx) -> int:
        raise ApprovalRequired("No.")

    assert is_internal(parse) and not is_internal(answer)
    with pytest.raises(ApprovalRequired):
        await parse(CTX)


async def test_any_work_can_be_guarded() -> None:
    async def work() -> int:
        return 1

    assert await guarded("work", work()) == 1
