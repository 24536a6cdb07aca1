"""An assistant over stdio whose person says yes, and the folder of tools they share."""

import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import anyio
import mcp_types as types
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from tests.journeys.projects import AIFP, PATIENCE_S, Project
from tests.server.daemon.processes import environment
from tests.server.mcp.living import yes
from tests.server.mcp.wiring import data_of


class Assistant:
    """An assistant over stdio whose person says yes, and the project's folder of tools."""

    def __init__(self, client: Client, project: Project) -> None:
        self.client = client
        self.tools = project.folder / "tools"
        self.tools.mkdir(exist_ok=True)

    async def call(self, tool: str, /, **arguments: Any) -> dict[str, Any]:
        answer = data_of(await self.client.call_tool(tool, arguments))
        return answer

    async def do(self, tool: str, /, **arguments: Any) -> dict[str, Any]:
        """Call a tool of another toolset."""
        return await self.call("call_tool", name=tool, arguments=arguments)

    async def use(self, tool: str, /, **arguments: Any) -> types.CallToolResult:
        """Call a tool of the user's own, by its name."""
        answer = await self.client.call_tool(tool, arguments)
        assert isinstance(answer, types.CallToolResult)
        return answer

    async def listed(self) -> set[str]:
        return {tool.name for tool in (await self.client.list_tools()).tools}

    async def take_in(self, name: str, text: str) -> None:
        """Put a file into the folder and have it approved."""
        (self.tools / f"{name}.py").write_text(text, encoding="utf-8")
        await self.do("sync_and_reconcile")
        approved = await self.call("request_approval", subject_kind="artifact", subject=name)
        assert approved["approved"], approved
        assert name in await self.listed()

    async def remove(self, name: str) -> None:
        """Delete the file, and wait until that is noticed."""
        (self.tools / f"{name}.py").unlink()

        async def is_noticed() -> bool:
            return await self.status(name) != "active"

        await eventually(is_noticed)

    async def status(self, name: str) -> str:
        return str((await self.do("get_tool_statistics", name=name)).get("status", "gone"))

    async def alerts_about(self, name: str) -> list[dict[str, Any]]:
        found = (await self.call("get_alerts"))["result"]
        return [alert for alert in found if alert["subject_name"] == name]

    async def events_of(self, name: str) -> list[str]:
        found = (await self.do("get_lifecycle_events", name=name))["result"]
        return [str(event["event_type"]) for event in found]


async def eventually(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait for something that will come; fail when it does not."""
    with anyio.fail_after(PATIENCE_S):
        while True:
            if await holds():
                return
            await anyio.sleep(0.1)


Person = Callable[..., Awaitable[types.ElicitResult]]


async def absent(_: object, __: object) -> types.ElicitResult:
    """Close every question unanswered."""
    return types.ElicitResult(action="cancel")


@asynccontextmanager
async def assistant(project: Project, person: Person = yes) -> AsyncGenerator[Assistant]:
    """Connect over `aifp serve`, as clients do."""
    arguments = [*AIFP[1:], "serve", f"--project={project.folder}"]
    parameters = StdioServerParameters(
        command=sys.executable, args=arguments, env=environment(), cwd=project.folder
    )
    stream = cast("Any", stdio_client(parameters))
    async with Client(
        stream, mode="2026-07-28", elicitation_callback=cast("Any", person)
    ) as client:
        yield Assistant(client, project)
