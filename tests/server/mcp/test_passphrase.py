"""With a passphrase no client's form decides: an assistant with a shell could fill it in itself."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import mcp_types as types
import pytest
from mcp.client.client import Client

from aifp.server.adapters.passphrase import set_passphrase
from tests.server.mcp.living import GOOD, Living, call, yes
from tests.server.mcp.task_client import TaskExtension
from tests.server.mcp.wiring import connected, data_of

pytestmark = pytest.mark.req("D99")
WAYS = pytest.mark.parametrize("way", ["legacy", "2026-07-28", "task"])
YES = {"action": "accept", "content": {"approve": True}}


def client_of(
    living: Living, way: str, before: Callable[[], None] = lambda: None
) -> AbstractAsyncContextManager[Client]:
    """Connect a client that says yes to every form, after something else has happened."""

    async def agree(context: object, params: Any) -> types.ElicitResult:
        before()
        return await yes(context, params)

    def answer(_: dict[str, Any]) -> dict[str, Any]:
        before()
        return YES

    if way == "task":
        extension = TaskExtension(answer)
        return connected(
            living.port, "2026-07-28", extensions=[extension], elicitation_callback=agree
        )
    return connected(living.port, way, elicitation_callback=agree)


async def require_undecided(living: Living, client: Client) -> None:
    """Ask for an approval; it waits for the terminal and nothing is written."""
    answer = data_of(await client.call_tool("user_directive_approve", {"name": "watering"}))
    assert answer["pending_approval"] is True, answer
    assert answer["command"] == "aifp approve watering"
    assert await living.look("SELECT decision FROM approvals") == [{"decision": "pending"}]


@WAYS
async def test_a_form_is_not_even_shown(living: Living, way: str) -> None:
    shown: list[str] = []
    async with living.client("2026-07-28") as client:
        await living.implement(client, GOOD)
    async with client_of(living, way, lambda: shown.append("a form")) as client:
        set_passphrase(living.house.settings.config_folder, "open sesame")
        await require_undecided(living, client)
        assert shown == []
        set_passphrase(living.house.settings.config_folder, "")
        assert (await call(client, "user_directive_approve", name="watering"))["approved"] is True


@WAYS
async def test_a_form_that_was_open_already_decides_nothing(living: Living, way: str) -> None:
    folder = living.house.settings.config_folder
    async with living.client("2026-07-28") as client:
        await living.implement(client, GOOD)
    async with client_of(living, way, lambda: set_passphrase(folder, "open sesame")) as client:
        await require_undecided(living, client)
