"""One artifact gets one status by one event, and only along the edges of its life."""

import json
from itertools import product
from typing import get_args

import pytest

from aifp.helpers.lifecycle.internal.artifact_rows import require_artifact
from aifp.helpers.lifecycle.internal.marking import EDGES, EVENTS, mark_tool_status
from aifp.schemas.errors import InvalidTransition
from aifp.schemas.words import ArtifactStatus
from tests.helpers.lifecycle.workshop import Workshop

STATUSES: tuple[ArtifactStatus, ...] = get_args(ArtifactStatus)


async def _mark(workshop: Workshop, status: ArtifactStatus) -> None:
    artifact = await require_artifact(workshop.ctx.directives, "one", "user_tool")
    async with workshop.ctx.directives.write() as db:
        await mark_tool_status(workshop.ctx, db, artifact, status, "because", "ai")


@pytest.mark.req("L05")
async def test_of_two_kinds_with_one_name_only_one_changes_and_tells_it_once(
    workshop: Workshop,
) -> None:
    await workshop.added("one", "two")
    workshop.life.insert(
        "artifacts",
        kind="implementation",
        name="one",
        status_changed_at="t",
        authorization_changed_at="t",
        origin="ai",
        created_at="t",
        updated_at="t",
    )
    workshop.uses("one", success=3, failure=1)
    await _mark(workshop, "deprecated")

    assert workshop.tool("one")["status"] == "deprecated"
    assert workshop.tool("one")["status_reason"] == "because"
    assert workshop.tool("one", "implementation")["status"] == "active"
    (event,) = workshop.sql("SELECT * FROM events WHERE event_type = 'deprecated'")
    assert (event["from_status"], event["to_status"]) == ("active", "deprecated")
    assert (event["actor"], event["reason"]) == ("ai", "because")
    told = json.loads(event["metadata_json"])
    assert (told["success_rate"], told["total_uses"]) == (0.75, 4)
    assert told["code_hash"] == workshop.versions("one")[0]["code_hash"]


@pytest.mark.req("L05")
@pytest.mark.parametrize(("before", "after"), list(product(STATUSES, STATUSES)))
async def test_a_tool_changes_its_status_along_the_edges_only(
    workshop: Workshop, before: ArtifactStatus, after: ArtifactStatus
) -> None:
    await workshop.added("one", "two")
    workshop.sql("UPDATE artifacts SET status = ? WHERE name = 'one'", before)
    if after in EDGES[before]:
        await _mark(workshop, after)
        assert workshop.tool("one")["status"] == after
        assert workshop.events("one") == ["created", EVENTS[after]]
        return
    with pytest.raises(InvalidTransition, match=f"one is {before} and cannot become {after}"):
        await _mark(workshop, after)
    assert workshop.tool("one")["status"] == before
    assert workshop.events("one") == ["created"]
