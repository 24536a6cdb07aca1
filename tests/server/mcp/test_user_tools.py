"""The user's own tools as clients see them: from a file to a call, in both eras."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import mcp_types as types
import pytest
from mcp.client.client import Client
from mcp.client.subscriptions import Subscription
from mcp.shared.subscriptions import ToolsListChanged

from aifp.server.mcp.project import LONGEST_LIST
from tests.server.mcp.living import Living, call
from tests.server.mcp.wiring import connected, data_of, listening

HELLO = '''"""Say hello."""

CHARACTERISTICS = {"effect_class": "read_only", "side_effects": False}


def run(name: str = "you", times: int = 1) -> list[str]:
    """Greet somebody by name."""
    return [f"Hello {name}"] * times
'''


def write(living: Living, name: str, source: str) -> None:
    """Write the file of a tool, as a person does."""
    folder = living.folder / "tools"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.py").write_text(source, encoding="utf-8")


async def approve(living: Living, client: Client, name: str, source: str = HELLO) -> None:
    """Bring a tool from its file to approved; the client's person says yes."""
    write(living, name, source)
    await call(client, "sync_and_reconcile")
    answer = await call(client, "request_approval", subject_kind="artifact", subject=name)
    assert answer["approved"] is True, answer


async def names(client: Client) -> list[str]:
    return [tool.name for tool in (await client.list_tools()).tools]


class Changes:
    """Counts how often one client heard that the list of tools has changed."""

    def __init__(self) -> None:
        self.count = 0
        self._new = asyncio.Event()

    def note(self) -> None:
        self.count += 1
        self._new.set()

    async def more_than(self, count: int) -> None:
        async with asyncio.timeout(20):
            while self.count <= count:
                self._new.clear()
                await self._new.wait()


@asynccontextmanager
async def legacy_listener(living: Living) -> AsyncGenerator[tuple[Client, Changes]]:
    changes = Changes()

    async def note(message: object) -> None:
        if isinstance(message, types.ToolListChangedNotification):
            changes.note()

    async with living.client("legacy", message_handler=note) as client:
        assert client.server_capabilities.tools and client.server_capabilities.tools.list_changed
        yield client, changes


@asynccontextmanager
async def modern_listener(living: Living) -> AsyncGenerator[tuple[Client, Changes]]:
    changes = Changes()

    async def follow(events: Subscription) -> None:
        async for event in events:
            if isinstance(event, ToolsListChanged):
                changes.note()

    async with (
        living.client("2026-07-28") as client,
        client.listen(tools_list_changed=True) as events,
        asyncio.TaskGroup() as group,
    ):
        task = group.create_task(follow(events))
        yield client, changes
        task.cancel()


LISTENERS = pytest.mark.parametrize("listener", [legacy_listener, modern_listener])
Listener = Callable[..., AbstractAsyncContextManager[tuple[Client, Changes]]]


@LISTENERS
@pytest.mark.req("S24", "L01")
async def test_a_file_becomes_a_tool_once_approved_and_is_none_once_deleted(
    living: Living, listener: Listener
) -> None:
    async with listener(living) as (client, changes):
        write(living, "hello", HELLO)
        await call(client, "sync_and_reconcile")
        assert "hello" not in await names(client)
        await approve(living, client, "hello")
        await changes.more_than(0)
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        hello = tools["hello"]
        assert hello.description == "Greet somebody by name."
        assert hello.input_schema["properties"]["times"] == {"type": "integer", "default": 1}
        assert hello.annotations and hello.annotations.read_only_hint is True
        answer = await client.call_tool("hello", {"name": "Ada", "times": 2})
        assert not answer.is_error
        assert data_of(answer)["result"] == ["Hello Ada", "Hello Ada"]
        heard = changes.count
        (living.folder / "tools" / "hello.py").unlink()
        await call(client, "sync_and_reconcile")
        await changes.more_than(heard)
        assert "hello" not in await names(client)
        with pytest.raises(Exception, match="Unknown tool: hello"):
            await client.call_tool("hello", {})


@pytest.mark.req("L01")
async def test_a_call_right_after_the_file_is_gone_is_refused_without_any_look(
    living: Living,
) -> None:
    async with living.client("legacy") as client:
        await approve(living, client, "hello")
        (living.folder / "tools" / "hello.py").unlink()
        answer = await call(client, "hello")
        assert answer["error_code"] == "not_found" and "hello.py is gone" in answer["error"]


@pytest.mark.req("S24")
async def test_an_edited_tool_leaves_the_list_until_it_is_approved_again(living: Living) -> None:
    async with living.client("legacy") as client:
        await approve(living, client, "hello")
        write(living, "hello", HELLO.replace("Hello", "Good day"))
        answer = await call(client, "hello")
        assert answer["error_code"] == "approval_required"
        assert "hello" not in await names(client)
        await call(client, "request_approval", subject_kind="artifact", subject="hello")
        assert "hello" in await names(client)
        assert (await call(client, "hello"))["result"] == ["Good day you"]


@pytest.mark.req("S24")
async def test_a_file_with_the_name_of_a_built_in_tool_never_takes_its_place(
    living: Living,
) -> None:
    async with living.client("legacy") as client:
        write(living, "get_engine_status", HELLO)
        report = await call(client, "sync_and_reconcile")
        assert [alert["code"] for alert in report["alerts"]] == ["name_collision"]
        assert (await names(client)).count("get_engine_status") == 1
        assert "running" in await call(client, "get_engine_status")


async def test_own_tools_are_found_by_words_and_called_through_call_tool(living: Living) -> None:
    async with living.client("legacy") as client:
        await approve(living, client, "hello")
        found = (await call(client, "search_tools", query="greet somebody"))["result"]
        assert found[0]["name"] == "hello" and found[0]["toolset"] == "user"
        answer = await call(client, "call_tool", name="hello", arguments={"name": "Bo"})
        assert answer["result"] == ["Hello Bo"]
        answer = await call(client, "call_tool", name="hello", arguments={"nam": "Bo"})
        assert answer["error_code"] == "invalid_argument" and "nam" in answer["error"]


async def test_a_tool_that_fails_is_an_error_with_its_run(living: Living) -> None:
    source = "def run() -> None:\n    raise ValueError('the sensor is off')\n"
    async with living.client("legacy") as client:
        await approve(living, client, "broken", source)
        answer = await client.call_tool("broken", {})
        assert answer.is_error
        data = data_of(answer)
        assert data["error_code"] == "tool_failed" and "sensor is off" in data["error"]
        trace = await call(client, "get_run", run_id=data["run_id"])
        assert (trace["kind"], trace["run"]["status"]) == ("tool", "failure")


async def test_a_connection_that_only_reads_gets_the_reading_tools(living: Living) -> None:
    async with living.client("legacy") as client:
        await approve(living, client, "hello")
        await approve(living, client, "doing", "def run() -> None:\n    return None\n")
    reading: dict[str, Any] = {"read_only": True}
    async with (
        listening(living.house.sessions, reading) as port,
        connected(port, "legacy") as client,
    ):
        assert {"hello"} == {"hello", "doing"} & set(await names(client))
        assert (await call(client, "hello"))["result"] == ["Hello you"]
        with pytest.raises(Exception, match="read-only"):
            await client.call_tool("doing", {})


async def test_the_default_list_shows_own_tools_by_name_and_stays_short(living: Living) -> None:
    long = f'def run() -> None:\n    """{"Do it. " * 100}"""\n'
    async with living.client("legacy") as client:
        for number in range(40):
            write(living, f"tool_{number:02d}", long)
        await call(client, "sync_and_reconcile")
        for number in range(40):
            subject = f"tool_{number:02d}"
            await call(client, "request_approval", subject_kind="artifact", subject=subject)
        assert len([name for name in await names(client) if name.startswith("tool_")]) == 40
    async with (
        listening(living.house.sessions, {"toolsets": ["core"]}) as port,
        connected(port, "legacy") as client,
    ):
        answer = await client.list_tools()
        shown = [tool.name for tool in answer.tools if tool.name.startswith("tool_")]
        assert 0 < len(shown) < 40 and shown == sorted(shown) and shown[0] == "tool_00"
        text = answer.model_dump_json(by_alias=True, exclude_none=True)
        assert len(text.encode()) / 4 < 8_000 and LONGEST_LIST < 32_000
        assert (await call(client, "tool_39"))["success"] is True


async def test_what_a_person_decides_about_a_tool_is_asked_in_the_stored_words(
    living: Living,
) -> None:
    async with connected(living.port, "legacy") as client:
        write(living, "hello", HELLO)
        await call(client, "sync_and_reconcile")
        answer = await call(client, "request_approval", subject_kind="artifact", subject="hello")
        assert answer["pending_approval"] is True and answer["command"] == "aifp approve hello"
        waiting = (await call(client, "get_pending_approvals"))["result"]
        assert [(one["subject_kind"], one["subject"]) for one in waiting] == [("artifact", "hello")]
        rows = await living.look("SELECT request_json FROM approvals")
        text = json.loads(rows[0]["request_json"])["text"]
        for part in ("Approve the tool hello", "Risk:\nlow", "Tests:\n", "tools/hello.py"):
            assert part in text


DIRECTIVE = """directives:
  doubling:
    input: {number: "integer = 4"}
    steps:
      - {id: twice, call: tool.double, with: {number: "{{ input.number }}"}, save_as: twice}
      - log: "Twice is {{ vars.twice }}"
      - {call: tool.double, with: {number: 1}, on_error: continue, if: "input.number > 3"}
"""


@pytest.mark.req("D109")
async def test_a_directive_calls_a_tool_by_the_verb_of_its_file(living: Living) -> None:
    async with living.client("legacy") as client:
        await approve(
            living, client, "double", "def run(number: int) -> int:\n    return number * 2\n"
        )
        name = await living.implement(client, DIRECTIVE)
        asked = await call(client, "get_implementation", directive_id=1)
        assert asked, name
        answer = await call(client, "user_directive_approve", name=name)
        assert answer["success"], answer
        report = await call(client, "run_directive", name=name)
        assert report["success"], report
        trace = await call(client, "get_run_trace", run_id=report["run_id"])
        steps = [step for step in trace["result"] if step["function"] == "tool"]
        assert [step["result"] for step in steps] == [8, 2]
        rows = await living.look(
            "SELECT request_json FROM approvals WHERE subject_kind='directive'"
        )
        assert "call the tool double" in json.loads(rows[0]["request_json"])["text"]


SLEEPY = "def run(ctx) -> str:\n    ctx.sleep(seconds=600)\n    return 'awake'\n"


async def asleep(living: Living) -> int:
    """Wait until the one call of a tool sleeps, and return its run."""
    async with asyncio.timeout(20):
        while True:
            rows = await living.look("SELECT id FROM runs WHERE kind = 'tool' AND wake_at NOTNULL")
            if rows:
                return rows[0]["id"]
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("way", ["cancel_run", "stop_all"])
async def test_a_call_under_way_is_cancelled_and_stopped_like_any_run(
    living: Living, way: str
) -> None:
    async with living.client("legacy") as client, living.client("legacy") as other:
        await approve(living, client, "sleepy", SLEEPY)
        waiting = asyncio.ensure_future(call(client, "sleepy"))
        run_id = await asleep(living)
        if way == "cancel_run":
            answer = await call(other, "cancel_run", run_id=run_id)
        else:
            answer = await call(other, "stop_all", reason="enough")
        assert answer["success"], answer
        answer = await waiting
        assert (answer["success"], answer["status"]) == (False, "cancelled")
        if way == "stop_all":
            assert (await call(client, "sleepy"))["error_code"] == "unavailable"
