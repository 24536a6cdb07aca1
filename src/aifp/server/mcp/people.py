"""Ask the person behind a client, in both protocol eras.

Before 2026-07-28 the server sends a question and waits. Since then the call ends with the
question and is made again with the answer; what was answered travels in the sealed state.
"""

import hashlib
import json
from typing import Any, Protocol

from mcp import MCPError
from mcp.server.context import ServerRequestContext
from mcp_types import (
    CallToolRequestParams,
    ClientCapabilities,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    InputRequiredResult,
)
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import ValidationError

from aifp.schemas.common import JsonMap, Record
from aifp.schemas.errors import NeedsInput
from aifp.schemas.ports import HumanAnswer

Request = ServerRequestContext[Any, Any]


class Person(Protocol):
    """Whoever can be asked during one call."""

    async def ask(self, key: str, message: str, schema: JsonMap) -> HumanAnswer:
        """Return the answer to a question."""
        ...

    async def progress(self, done: float, total: float | None, message: str) -> None:
        """Hear how far the work is."""
        ...


class Nobody:
    """No person can be asked here; the client may still hear of progress."""

    def __init__(self, request: Request | None = None) -> None:
        self._request = request
        self._done = -1.0

    async def progress(self, done: float, total: float | None, message: str) -> None:
        """Tell the client, if there is one and it asked for it; progress only grows."""
        if self._request is not None and done > self._done:
            self._done = done
            await self._request.session.report_progress(done, total, message)

    async def ask(self, key: str, message: str, schema: JsonMap) -> HumanAnswer:
        """Say so."""
        return HumanAnswer(action="unavailable")


class AskedNow(Nobody):
    """A person asked while the call waits (handshake era)."""

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        self._asking = request

    async def ask(self, key: str, message: str, schema: JsonMap) -> HumanAnswer:
        """Send the question and wait for its answer."""
        session, request_id = self._asking.session, self._asking.request_id
        try:
            given = await session.elicit_form(message, schema, related_request_id=request_id)
        except (MCPError, ValidationError):
            return HumanAnswer(action="unavailable")
        return _human(given)


class Given(Record):
    """An answer and the digest of the question it was given to."""

    digest: str
    answer: HumanAnswer


class Conversation(Record):
    """What travels, sealed, between the rounds of one call."""

    asked: str
    digest: str
    given: dict[str, Given] = {}


class AskedBetweenCalls(Nobody):
    """A person asked between two rounds of the same call (since 2026-07-28)."""

    def __init__(self, request: Request, params: CallToolRequestParams) -> None:
        super().__init__(request)
        self._given = _given(params)

    async def ask(self, key: str, message: str, schema: JsonMap) -> HumanAnswer:
        """Return the answer given to exactly this question, else end the call with it."""
        given = self._given.get(key)
        if given is None or given.digest != _digest(key, message, schema):
            raise NeedsInput(key, message, schema)
        return given.answer

    def question(self, needed: NeedsInput) -> InputRequiredResult:
        """Return the result that carries a question to the person."""
        digest = _digest(needed.key, str(needed), needed.schema)
        state = Conversation(asked=needed.key, digest=digest, given=self._given)
        form = ElicitRequestFormParams(message=str(needed), requested_schema=needed.schema)
        return InputRequiredResult(
            input_requests={needed.key: ElicitRequest(params=form)},
            request_state=state.model_dump_json(),
        )


def person_behind(request: Request, params: CallToolRequestParams) -> Person:
    """Return whoever can be asked during this call."""
    if not _can_be_asked(request.session.client_capabilities):
        return Nobody(request)
    if request.protocol_version in MODERN_PROTOCOL_VERSIONS:
        return AskedBetweenCalls(request, params)
    return AskedNow(request)


def _can_be_asked(capabilities: ClientCapabilities | None) -> bool:
    """Tell whether forms can be shown; an empty capability means forms."""
    elicitation = capabilities.elicitation if capabilities else None
    return elicitation is not None and (elicitation.form is not None or elicitation.url is None)


def _given(params: CallToolRequestParams) -> dict[str, Given]:
    """Return the answers so far; without our sealed state there are none."""
    if params.request_state is None:
        return {}
    state = Conversation.model_validate_json(params.request_state)
    response = (params.input_responses or {}).get(state.asked)
    if not isinstance(response, ElicitResult):
        return state.given
    return {**state.given, state.asked: Given(digest=state.digest, answer=_human(response))}


def _human(result: ElicitResult) -> HumanAnswer:
    return HumanAnswer.model_validate({"action": result.action, "content": result.content or {}})


def _digest(key: str, message: str, schema: JsonMap) -> str:
    text = json.dumps([key, message, schema], sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
