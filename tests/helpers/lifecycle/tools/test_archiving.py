"""A tool that does the same as a better one goes into the archive after a person's yes."""

from dataclasses import replace
from pathlib import Path

import pytest

from aifp.helpers.lifecycle.internal.artifact_rows import require_artifact
from aifp.helpers.lifecycle.internal.deciding import decide_request
from aifp.helpers.lifecycle.tools.approval_tools import get_pending_approvals, request_approval
from aifp.helpers.lifecycle.tools.lifecycle_tools import restore_tool
from aifp.schemas.approvals import Approved, PendingDecision
from aifp.schemas.common import Failure
from aifp.schemas.deploying import Restored
from aifp.schemas.errors import Conflict
from tests.helpers.lifecycle.shelf import Shelf
from tests.helpers.user_directives.lives import NO, YES

SAME = "def run(city: str) -> str:\n    return city.upper()\n"


@pytest.fixture
async def pair(shelf: Shelf) -> Shelf:
    """A proven tool, and a newer one with the same code."""
    old = await shelf.tool("shout", source=SAME)
    new = await shelf.tool("shout_v2", source=SAME)
    shelf.used(old, success=95, failure=5)
    shelf.used(new, success=4, failure=1)
    return shelf


def file(shelf: Shelf, name: str) -> Path:
    return shelf.life.project / "tools" / f"{name}.py"


async def status(shelf: Shelf, name: str) -> object:
    return (await require_artifact(shelf.ctx.directives, name))["status"]


@pytest.mark.req("L22", "L28")
async def test_the_weaker_twin_is_archived_after_a_yes_and_can_come_back(pair: Shelf) -> None:
    pair.life.person.answers.append(YES)
    answer = await request_approval(pair.ctx, "archive_duplicate", "shout_v2")
    assert isinstance(answer, Approved), answer
    text, _ = pair.life.person.asked[0]
    assert "shout_v2: 5 uses, 80.0% successful" in text
    assert "shout: 100 uses, 95.0% successful" in text
    assert "Risk: medium (unknown)" in text
    assert not file(pair, "shout_v2").exists()
    assert (await status(pair, "shout_v2"), await status(pair, "shout")) == ("archived", "active")
    [event] = pair.events("archived")
    assert (event["subject_name"], event["actor"]) == ("shout_v2", "user")
    assert pair.alerts() == []
    assert isinstance(await restore_tool(pair.ctx, "shout_v2"), Restored)
    assert file(pair, "shout_v2").read_text() == SAME


@pytest.mark.req("L22")
async def test_without_a_yes_nothing_changes(pair: Shelf) -> None:
    waiting = await request_approval(pair.ctx, "archive_duplicate", "shout_v2")
    assert isinstance(waiting, PendingDecision), waiting
    listed = await get_pending_approvals(pair.ctx, "archive_duplicate")
    assert isinstance(listed, list)
    assert [each.subject for each in listed] == ["shout_v2"]
    pair.life.person.answers.append(NO)
    refused = await request_approval(pair.ctx, "archive_duplicate", "shout_v2")
    assert isinstance(refused, Failure)
    assert refused.error_code == "approval_rejected"
    assert await status(pair, "shout_v2") == "active"
    assert file(pair, "shout_v2").exists()


@pytest.mark.req("L22")
@pytest.mark.parametrize("name", ["shout", "lonely"])
async def test_the_better_tool_and_one_without_a_twin_are_not_asked_about(
    pair: Shelf, name: str
) -> None:
    await pair.tool("lonely", source="def run() -> int:\n    return 7\n", description="Seven.")
    answer = await request_approval(pair.ctx, "archive_duplicate", name)
    assert isinstance(answer, Failure)
    assert "No better tool" in answer.error


@pytest.mark.req("L22")
async def test_a_yes_to_what_has_changed_since_is_refused(pair: Shelf) -> None:
    waiting = await request_approval(pair.ctx, "archive_duplicate", "shout_v2")
    assert isinstance(waiting, PendingDecision), waiting
    twin = await require_artifact(pair.ctx.directives, "shout_v2")
    await pair.version(twin, SAME.replace("upper", "lower"))
    person = replace(pair.ctx, actor="user")
    with pytest.raises(Conflict, match="changed since it was shown"):
        await decide_request(person, waiting.approval_id, "approved", "cli")
    assert await status(pair, "shout_v2") == "active"
