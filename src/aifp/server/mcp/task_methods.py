"""The extension io.modelcontextprotocol/tasks: which calls become tasks, and how they are seen."""

from functools import partial
from typing import Any

import mcp_types as types
from mcp import MCPError
from mcp.server.lowlevel import Server
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import Field, TypeAdapter, ValidationError

from aifp.server.mcp.offer import Offer
from aifp.server.mcp.people import Request
from aifp.server.mcp.tasks import Task, Tasks

EXTENSION = "io.modelcontextprotocol/tasks"
_NAME_HEADER = "mcp-name"
_RESPONSES: TypeAdapter[types.InputResponses] = TypeAdapter(types.InputResponses)


class TaskParams(types.RequestParams):
    """Names a task."""

    task_id: str = Field(alias="taskId")


class TaskAnswers(TaskParams):
    """Answers what a task asks."""

    input_responses: dict[str, Any] = Field(alias="inputResponses")


def offer_tasks(server: Server[Any], offer: Offer, tasks: Tasks) -> None:
    """Let a server give tasks to clients since 2026-07-28 that say they can look after them."""
    methods = TaskMethods(tasks)
    server.extensions[EXTENSION] = {}
    call = partial(methods.call, offer)
    server.add_request_handler("tools/call", types.CallToolRequestParams, call)
    server.add_request_handler("tasks/get", TaskParams, methods.get)
    server.add_request_handler("tasks/update", TaskAnswers, methods.update)
    server.add_request_handler("tasks/cancel", TaskParams, methods.cancel)


class TaskMethods:
    """The handlers of the extension."""

    def __init__(self, tasks: Tasks) -> None:
        self._tasks = tasks

    async def call(
        self, offer: Offer, request: Request, params: types.CallToolRequestParams
    ) -> types.CallToolResult | types.InputRequiredResult | dict[str, Any]:
        """Call a tool, as a task if it may take long and the client can wait that way."""
        use = offer.task_use(request, params)
        task: Task | None = None
        if use != "never" and _declares(request):
            task = self._tasks.begin(offer.call_tool, request, params)
        if task is not None:
            return {"resultType": "task", **task.head()}
        if use == "must":
            raise _missing()
        return await offer.call_tool(request, params)

    async def get(self, request: Request, params: TaskParams) -> dict[str, Any]:
        """Return where a task stands."""
        return dict(self._of(request, params).view())

    async def update(self, request: Request, params: TaskAnswers) -> dict[str, Any]:
        """Take answers to what a task asks; what it does not ask is passed over."""
        task = self._of(request, params)
        given = {k: v for k, v in params.input_responses.items() if k in task.questions}
        try:
            self._tasks.answer(task, _RESPONSES.validate_python(given, by_name=False))
        except ValidationError:
            raise MCPError(types.INVALID_PARAMS, "That is no answer to what is asked") from None
        return {}

    async def cancel(self, request: Request, params: TaskParams) -> dict[str, Any]:
        """Call a task off."""
        await self._tasks.cancel(self._of(request, params))
        return {}

    def _of(self, request: Request, params: TaskParams) -> Task:
        if request.protocol_version not in MODERN_PROTOCOL_VERSIONS:
            raise MCPError(types.METHOD_NOT_FOUND, "Method not found")
        if not _declares(request):
            raise _missing()
        _check_header(request, params.task_id)
        return self._tasks.find(params.task_id)


def _declares(request: Request) -> bool:
    capabilities = request.session.client_capabilities
    modern = request.protocol_version in MODERN_PROTOCOL_VERSIONS
    return modern and bool(capabilities and EXTENSION in (capabilities.extensions or {}))


def _missing() -> MCPError:
    return MCPError(
        types.MISSING_REQUIRED_CLIENT_CAPABILITY,
        "This needs a client that can look after tasks",
        {"requiredCapabilities": {"extensions": {EXTENSION: {}}}},
    )


def _check_header(request: Request, task_id: str) -> None:
    """Over HTTP the task is named in a header too, for what routes requests without reading."""
    headers = getattr(request.request, "headers", None)
    if headers is not None and headers.get(_NAME_HEADER) != task_id:
        raise MCPError(types.HEADER_MISMATCH, "The header Mcp-Name does not name this task")
