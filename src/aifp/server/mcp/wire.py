"""One client's byte stream as the SDK's pair of message streams: strict, bounded, answering.

Every line is either handed to the SDK, answered here, or counted and logged; none vanishes.
"""

import asyncio
import logging
from collections import Counter
from functools import partial
from types import TracebackType
from typing import Self

import anyio
from mcp.shared.message import ServerMessageMetadata, SessionMessage
from mcp_types import (
    INTERNAL_ERROR,
    INVALID_REQUEST,
    ErrorData,
    JSONRPCError,
    JSONRPCMessage,
    JSONRPCNotification,
    JSONRPCRequest,
    JSONRPCResponse,
    RequestId,
)

from aifp.server.mcp.admission import LONG_LIVED, Admission, Limits
from aifp.server.mcp.framing import Refused, read_message
from aifp.server.mcp.lines import LineReader, Overlong

logger = logging.getLogger(__name__)

# Of the band that JSON-RPC leaves to servers and MCP leaves to implementations.
BUSY = -32010
# A pipe ends within 5 s of its client; what is in flight may finish within this.
END_GRACE_SECONDS = 3.0
_MODERN = "io.modelcontextprotocol/protocolVersion"


class Wire:
    """Reads, admits, writes and counts for one connection."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        counts: Counter[str],
        limits: Limits | None = None,
    ) -> None:
        self._counts = counts
        self.incoming = Incoming(self)
        self.outgoing = Outgoing(self)
        self.admission = Admission(limits or Limits())
        self._lines = LineReader(reader)
        self._writer = writer

    async def pump(self) -> None:
        """Read until the end of input, then let what is in flight finish."""
        try:
            while (line := await self._lines.next()) is not None:
                await self._line(line)
        except (OSError, anyio.BrokenResourceError) as lost:
            logger.info("connection lost: %s", lost)
        else:
            await self._finish()
        self.admission.end()

    async def write(self, message: JSONRPCMessage) -> None:
        """Send a message and wait until the client has room for more."""
        if self._writer.is_closing():
            raise anyio.BrokenResourceError
        self._writer.write(_encode(message))
        try:
            await self._writer.drain()
        except OSError as lost:
            raise anyio.BrokenResourceError from lost

    async def close(self) -> None:
        """Close the stream; what the client has not read may be lost."""
        self._writer.close()

    async def _finish(self) -> None:
        try:
            async with asyncio.timeout(END_GRACE_SECONDS):
                await self.admission.idle()
        except TimeoutError:
            logger.info("the client left while calls were open; they are cancelled")

    async def _line(self, line: bytes | Overlong) -> None:
        self._counts["lines"] += 1
        if isinstance(line, Overlong):
            reason = f"a message of {line.size} bytes; the limit is 4 MB"
            await self._refuse(Refused(INVALID_REQUEST, reason, line.id))
            return
        if not line.strip():
            self._counts["empty"] += 1
            return
        message = read_message(line)
        if isinstance(message, Refused):
            await self._refuse(message)
        else:
            await self._admit(message, len(line))

    async def _admit(self, message: JSONRPCMessage, size: int) -> None:
        match message:
            case JSONRPCRequest():
                await self._request(message, size)
            case JSONRPCNotification():
                await self._notification(message, size)
            case JSONRPCResponse() | JSONRPCError() if self.admission.answered(message.id):
                self.admission.offer(message, size)
            case _:
                self._counts["stray"] += 1
                logger.warning("an answer to no question, id %r", message.id)

    async def _request(self, request: JSONRPCRequest, size: int) -> None:
        if request.method == "ping" and not _is_modern(request):
            await self.write(JSONRPCResponse(jsonrpc="2.0", id=request.id, result={}))
        elif self.admission.is_open(request.id):
            await self._refuse(
                Refused(INVALID_REQUEST, "a request with this id is open", request.id)
            )
        elif request.method == LONG_LIVED and not self.admission.may_listen():
            await self._refuse(Refused(BUSY, "too many open subscriptions", request.id))
        elif await self.admission.room():
            self.admission.offer(request, size)
        else:
            await self._refuse(Refused(BUSY, "too many requests are waiting", request.id))

    async def _notification(self, note: JSONRPCNotification, size: int) -> None:
        self._counts["notifications"] += 1
        cancelled = _cancelled_id(note)
        if cancelled is not None and self.admission.withdraw(cancelled):
            return
        if await self.admission.room():
            self.admission.offer(note, size)
        else:
            self._counts["dropped"] += 1
            logger.warning("dropped %s: too many messages are waiting", note.method)

    async def _refuse(self, refused: Refused) -> None:
        self._counts["refused"] += 1
        logger.warning("refused a message: %s", refused.reason)
        if refused.answered:
            error = ErrorData(code=refused.code, message=refused.reason)
            await self.write(JSONRPCError(jsonrpc="2.0", id=refused.id, error=error))


class Incoming:
    """The stream the SDK reads from."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def receive(self) -> SessionMessage | Exception:
        """Return the next admitted message."""
        message = await self._wire.admission.take()
        if message is None:
            raise anyio.EndOfStream
        if not isinstance(message, JSONRPCRequest):
            return SessionMessage(message)
        hook = partial(self._unanswered, message.id)
        return SessionMessage(message, ServerMessageMetadata(on_request_unanswered=hook))

    async def _unanswered(self, request_id: RequestId) -> None:
        self._wire.admission.settle(request_id)

    async def aclose(self) -> None:
        """Do nothing: the connection closes the stream."""

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> SessionMessage | Exception:
        try:
            return await self.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> bool | None:
        return None


class Outgoing:
    """The stream the SDK writes to."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def send(self, item: SessionMessage, /) -> None:
        """Send one message; an answer frees its place only when the client has taken it."""
        message = item.message
        if isinstance(message, JSONRPCRequest):
            self._wire.admission.asked(message.id)
        elif isinstance(message, JSONRPCNotification):
            self._wire.admission.answered(_cancelled_id(message))
        try:
            await self._wire.write(message)
        finally:
            if isinstance(message, JSONRPCResponse | JSONRPCError):
                self._wire.admission.settle(message.id)

    async def aclose(self) -> None:
        """Do nothing: the connection closes the stream."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> bool | None:
        return None


def _cancelled_id(note: JSONRPCNotification) -> RequestId | None:
    if note.method != "notifications/cancelled":
        return None
    request_id = (note.params or {}).get("requestId")
    return request_id if isinstance(request_id, str | int) else None


def _is_modern(request: JSONRPCRequest) -> bool:
    """Tell whether the request carries the envelope of the era that has no ping."""
    meta = (request.params or {}).get("_meta")
    return isinstance(meta, dict) and _MODERN in meta


def _encode(message: JSONRPCMessage) -> bytes:
    try:
        text = message.model_dump_json(by_alias=True, exclude_unset=True)
    except ValueError:
        # Half a surrogate pair that slipped through a tool's answer.
        logger.exception("a message could not be written")
        error = ErrorData(code=INTERNAL_ERROR, message="The answer cannot be written as JSON.")
        request_id = None if isinstance(message, JSONRPCNotification) else message.id
        text = JSONRPCError(jsonrpc="2.0", id=request_id, error=error).model_dump_json()
    return text.encode("utf-8") + b"\n"
