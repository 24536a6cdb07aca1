"""One server core for every transport and every offer: only here is the SDK's server built."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import mcp_types as types
from mcp.server.lowlevel import NotificationOptions, Server
from mcp.server.models import InitializationOptions
from mcp.server.request_state import RequestStateBoundary, RequestStateSecurity

from aifp.server.mcp.audience import Audience, Ear
from aifp.server.mcp.calls import Calls
from aifp.server.mcp.offer import Offer
from aifp.server.mcp.people import Request
from aifp.server.mcp.task_methods import offer_tasks
from aifp.server.mcp.tasks import Tasks

NAME = "aifp"

EarOf = Callable[[Request], Ear]


@dataclass(frozen=True, slots=True)
class Core:
    """What every server object of this process shares."""

    version: str
    audience: Audience
    boundary: RequestStateBoundary
    tasks: Tasks


def make_core(version: str) -> Core:
    """Return a new core; its key lives as long as the process: a question outlives no daemon."""
    boundary = RequestStateBoundary(RequestStateSecurity.ephemeral(), default_audience=NAME)
    return Core(version, Audience(), boundary, Tasks())


class AifpServer(Server[Any]):
    """The SDK's server, which says in the handshake, too, that its lists change."""

    def create_initialization_options(
        self,
        notification_options: NotificationOptions | None = None,
        experimental_capabilities: dict[str, dict[str, Any]] | None = None,
        extensions: dict[str, dict[str, Any]] | None = None,
    ) -> InitializationOptions:
        """Return the answer to `initialize`."""
        changes = NotificationOptions(tools_changed=True, resources_changed=True)
        return super().create_initialization_options(
            # Extensions are offered since 2026-07-28.
            notification_options or changes,
            experimental_capabilities,
            extensions or {},
        )


def make_server(offer: Offer, core: Core, ear_of: EarOf) -> AifpServer:
    """Return a server object; `ear_of` tells the connection behind a request before 2026-07-28."""
    listening = Listening(core.audience, ear_of)
    server = AifpServer(
        NAME,
        version=core.version,
        title="AIFP",
        instructions=offer.instructions,
        get_tool_input_schema=offer.input_schema,
        on_list_tools=offer.list_tools,
        on_call_tool=offer.call_tool,
        on_list_resources=offer.list_resources,
        on_list_resource_templates=offer.list_resource_templates,
        on_read_resource=offer.read_resource,
        on_subscribe_resource=listening.subscribe,
        on_unsubscribe_resource=listening.unsubscribe,
        on_subscriptions_listen=core.audience.listen,
        on_list_prompts=offer.list_prompts,
        on_get_prompt=offer.get_prompt,
        on_completion=offer.complete,
    )
    # Tracing is not offered and costs a tenth of a call; the boundary seals questions.
    server.middleware[:] = [core.boundary, Calls(ear_of)]
    offer_tasks(server, offer, core.tasks)
    server.add_notification_handler(
        "notifications/initialized", types.NotificationParams, listening.initialized
    )
    return server


class Listening:
    """The handlers by which a connection before 2026-07-28 says what it wants to hear."""

    def __init__(self, audience: Audience, ear_of: EarOf) -> None:
        self._audience = audience
        self._ear_of = ear_of

    async def initialized(self, request: Request, _: types.NotificationParams) -> None:
        """Let the connection hear of changed lists."""
        await self._audience.join(self._ear_of(request))

    async def subscribe(
        self, request: Request, params: types.SubscribeRequestParams
    ) -> types.EmptyResult:
        """Let the connection hear of one resource."""
        await self._audience.watch(self._ear_of(request), str(params.uri))
        return types.EmptyResult()

    async def unsubscribe(
        self, request: Request, params: types.UnsubscribeRequestParams
    ) -> types.EmptyResult:
        """Let the connection hear of one resource no longer."""
        self._audience.unwatch(self._ear_of(request), str(params.uri))
        return types.EmptyResult()
