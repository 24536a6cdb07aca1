"""The control protocol of the command line: one JSON object a line, each way.

Question: {"do": "status", "with": {...}}. Answer: {"ok": {...}} or {"error": {...}} with the
fields of Failure. Only a connection that greeted with `control` speaks it; a client of
`aifp serve` cannot, because the pipe has greeted with `mcp` before it carries the first byte.
"""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, cast

from aifp.helpers.contract import guarded
from aifp.schemas.common import Failure, JsonMap
from aifp.schemas.errors import AifpError, InvalidArgument, Unavailable
from aifp.server.daemon.address import Refused, connect

Handler = Callable[[JsonMap], Awaitable[JsonMap]]
Handlers = Mapping[str, Handler]


class ControlFailed(AifpError):
    """The daemon refused what the command line asked; code and details are the daemon's."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.error, **failure.details)
        self.code = failure.error_code


async def serve_control(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, handlers: Handlers
) -> None:
    """Answer one command line until it hangs up."""
    while line := await _line(reader):
        answer = await guarded("control", _answer(line, handlers))
        reply = {"error": answer.model_dump()} if isinstance(answer, Failure) else {"ok": answer}
        writer.write(json.dumps(reply).encode("ascii") + b"\n")
        await writer.drain()


async def _line(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        return b""


async def _answer(line: bytes, handlers: Handlers) -> JsonMap:
    try:
        question = json.loads(line)
    except ValueError as fault:
        raise InvalidArgument(f"A question is JSON: {fault}.") from None
    if not isinstance(question, dict):
        raise InvalidArgument("A question is a JSON object.")
    question = cast("dict[str, Any]", question)
    handler = handlers.get(str(question.get("do")))
    if handler is None:
        known = ", ".join(sorted(handlers))
        raise InvalidArgument(f"There is no {question.get('do')!r}; known: {known}.")
    return await handler(question.get("with") or {})


def ask_daemon(project: Path, do: str, arguments: JsonMap | None = None) -> JsonMap:
    """Ask the project's daemon one thing and wait; for the command line, which has no loop.

    Raises Unavailable when no daemon runs, ControlFailed when it refuses.
    """
    try:
        link = connect(os.path.realpath(project), "control")
    except Refused as refusal:
        raise Unavailable(str(refusal)) from None
    if link is None:
        raise Unavailable("No daemon of this project is running.")
    try:
        link.sendall(json.dumps({"do": do, "with": arguments or {}}).encode("ascii") + b"\n")
        answer = b""
        while not answer.endswith(b"\n") and (part := link.recv(65536)):
            answer += part
    finally:
        link.close()
    if not answer.endswith(b"\n"):
        raise Unavailable("The daemon ended while it was asked.")
    return _unwrapped(cast("dict[str, Any]", json.loads(answer)))


def _unwrapped(reply: dict[str, Any]) -> JsonMap:
    if "error" in reply:
        raise ControlFailed(Failure.model_validate(reply["error"]))
    return reply["ok"]
