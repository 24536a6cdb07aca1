"""Everything that happens to a tool is told once, with its uses and its code."""

import json
from datetime import timedelta
from typing import get_args

import pytest

from aifp.helpers.lifecycle.internal.cleaning import cleanup_old_deleted_tools
from aifp.helpers.lifecycle.tools.deploy_tools import rollback_to_version
from aifp.helpers.lifecycle.tools.lifecycle_tools import (
    delete_tool,
    deprecate_tool,
    restore_tool,
)
from aifp.helpers.lifecycle.tools.statistics_tools import get_lifecycle_events
from aifp.helpers.shared.events import first_broken_event
from aifp.schemas.deploying import Deployed
from aifp.schemas.words import ToolEvent
from tests.helpers.lifecycle.shops import approved, deployed
from tests.helpers.lifecycle.workshop import SUM, Workshop

BETTER = SUM.replace("a + b", "b + a")


async def lived(shop: Workshop) -> None:
    """Let everything happen to a tool but its end."""
    await approved(shop)
    await approved(shop, "other", BETTER)
    shop.uses("add", success=3, failure=1)
    await deployed(shop, BETTER)
    assert isinstance(await rollback_to_version(shop.ctx, "add", 1), Deployed)
    await deprecate_tool(shop.ctx, "add", "other")
    await restore_tool(shop.ctx, "add")
    await delete_tool(shop.ctx, "add")
    await restore_tool(shop.ctx, "add")
    await delete_tool(shop.ctx, "add", archive=True)
    await restore_tool(shop.ctx, "add")
    shop.remove("add")
    await shop.sync()


@pytest.mark.req("L06", "L20")
async def test_each_kind_of_event_tells_the_uses_and_the_code(shop: Workshop) -> None:
    await lived(shop)
    kinds: set[str] = set(get_args(ToolEvent)) - {"purged"}
    stored = shop.sql("SELECT * FROM tool_lifecycle_events WHERE tool_name = 'add'")
    life = [row for row in stored if row["event_type"] in kinds]
    assert {row["event_type"] for row in life} == kinds
    for row in life:
        said = json.loads(row["metadata"])
        used = (4, 0.75) if said["total_uses"] else (0, None)
        assert (said["total_uses"], said["success_rate"]) == used, row
        assert len(said["code_hash"]) == 64, row
    assert json.loads(life[-1]["metadata"])["total_uses"] == 4

    shop.sql("UPDATE alerts SET state = 'resolved'")
    await shop.clock.advance(timedelta(days=91).total_seconds())
    assert (await cleanup_old_deleted_tools(shop.ctx)).purged == ["add"]
    left = await get_lifecycle_events(shop.ctx, "add")
    assert isinstance(left, list)
    (tombstone,) = left
    assert tombstone.event_type == "purged"
    assert tombstone.metadata["total_uses"] == 4
    assert tombstone.metadata["last_hash"] == json.loads(life[-1]["metadata"])["code_hash"]
    assert await first_broken_event(shop.ctx.directives) is None
