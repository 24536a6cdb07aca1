"""A client that looks after tasks: an extension of the SDK's own client."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Literal

import mcp_types as types
from mcp.client.client import Client
from mcp.client.extension import ClaimContext, ClientExtension, ResultClaim
from mcp.client.session import ClientSession
from pydantic import ConfigDict, Field

EXTENSION = "io.modelcontextprotocol/tasks"
PATIENCE_S = 60
OVER = ("completed", "failed", "cancelled")

Answer = Callable[[dict[str, Any]], dict[str, Any]]


class Started(types.Result):
    """What a call that became a task returns."""

    model_config = ConfigDict(extra="allow")

    result_type: Literal["task"] = Field(alias="resultType")
    task_id: str = Field(alias="taskId")
    ttl_ms: int = Field(alias="ttlMs")


class _Params(types.RequestParams):
    task_id: str = Field(alias="taskId")


class _Answers(_Params):
    input_responses: dict[str, Any] = Field(alias="inputResponses")


class _Get(types.Request[_Params, Literal["tasks/get"]]):
    method: Literal["tasks/get"] = "tasks/get"
    name_param = "taskId"


class _Cancel(types.Request[_Params, Literal["tasks/cancel"]]):
    method: Literal["tasks/cancel"] = "tasks/cancel"
    name_param = "taskId"


class _Update(types.Request[_Answers, Literal["tasks/update"]]):
    method: Literal["tasks/update"] = "tasks/update"
    name_param = "taskId"


class View(types.Result):
    """What is told about a task."""

    model_config = ConfigDict(extra="allow")

    def __getitem__(self, key: str) -> Any:
        return (self.model_extra or {})[key]


async def look(session: ClientSession, task_id: str) -> View:
    """Ask where a task stands."""
    return await session.send_request(_Get(params=_Params(taskId=task_id)), View)


async def cancel(session: ClientSession, task_id: str) -> None:
    """Call a task off."""
    await session.send_request(_Cancel(params=_Params(taskId=task_id)), View)


async def answer(session: ClientSession, task_id: str, answers: dict[str, Any]) -> None:
    """Answer what a task asks."""
    params = _Answers(taskId=task_id, inputResponses=answers)
    await session.send_request(_Update(params=params), View)


async def begin(client: Client, tool: str, **arguments: Any) -> Started:
    """Call a tool that becomes a task."""
    result = await client.session.call_tool(tool, arguments, allow_claimed=True)
    assert isinstance(result, Started), result
    return result


async def settled(session: ClientSession, task_id: str, *stops: str) -> View:
    """Look at a task until it is over, or stands as one waits for."""
    async with asyncio.timeout(PATIENCE_S):
        view = await look(session, task_id)
        while view["status"] not in (*OVER, *stops):
            view = await look(session, task_id)
    return view


class TaskExtension(ClientExtension):
    """Ends each task for the caller; `person` answers what is asked."""

    identifier = EXTENSION

    def __init__(self, person: Answer | None = None) -> None:
        self._person = person

    def claims(self) -> Sequence[ResultClaim[Any]]:
        return [ResultClaim(result_type="task", model=Started, resolve=self._resolve)]

    async def _resolve(self, started: Started, context: ClaimContext) -> types.CallToolResult:
        view = await settled(context.session, started.task_id, "input_required")
        while view["status"] == "input_required":
            assert self._person is not None
            given = {key: self._person(asked) for key, asked in view["inputRequests"].items()}
            await answer(context.session, started.task_id, given)
            view = await settled(context.session, started.task_id, "input_required")
        assert view["status"] == "completed", view
        return types.CallToolResult.model_validate(view["result"])
