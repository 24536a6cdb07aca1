"""Who may speak HTTP to the daemon: programs of this machine that know the token.

A web page in the user's browser can reach loopback ports, under any name it likes; so the names
in `Host` and `Origin` are looked at before anything else (DNS rebinding).
"""

import hmac
import json
from dataclasses import dataclass, field

from mcp_types import ErrorData, JSONRPCError
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aifp.server.mcp.framing import Refused, read_message
from aifp.server.mcp.lines import MAX_LINE

PATH = "/mcp"
_LOCAL = ("127.0.0.1", "localhost", "[::1]")


def _plain(status: int, text: str) -> Response:
    return Response(text + "\n", status, media_type="text/plain")


_TOO_LARGE = _plain(413, "A message has at most 4 MB.")


class Guard:
    """Stands in front of the protocol and lets in only what is meant for it."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._token = token.encode("ascii")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or let it in with its whole body."""
        if refusal := self._refusal(scope):
            await refusal(scope, receive, send)
            return
        body = await _Body.read(receive)
        if refusal := _unreadable(scope, body):
            await refusal(scope, receive, send)
            return
        await self._app(scope, body.replay, send)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        if not _is_local(scope, headers):
            return _plain(403, "This server answers only to this machine, by its own name.")
        if scope["path"] != PATH:
            return _plain(404, f"MCP is served at {PATH}.")
        if not self._knows(headers):
            answer = _plain(401, "The token of this project is needed: Authorization: Bearer ...")
            answer.headers["www-authenticate"] = 'Bearer realm="aifp"'
            return answer
        declared = headers.get("content-length", "0")
        return _TOO_LARGE if declared.isdecimal() and int(declared) > MAX_LINE else None

    def _knows(self, headers: Headers) -> bool:
        given = headers.getlist("authorization")
        if len(given) != 1 or not self._token:
            return False
        scheme, _, token = given[0].partition(" ")
        right = hmac.compare_digest(token.strip().encode("utf-8"), self._token)
        return scheme.lower() == "bearer" and right


@dataclass(slots=True)
class _Body:
    """The body of one request, read up to the cap; what comes after it is passed on."""

    receive: Receive
    data: bytearray = field(default_factory=bytearray)
    last: Message | None = None
    given: bool = False

    @classmethod
    async def read(cls, receive: Receive) -> "_Body":
        body = cls(receive)
        while body.last is None and len(body.data) <= MAX_LINE:
            message = await receive()
            body.data += message.get("body", b"")
            if message["type"] != "http.request" or not message.get("more_body"):
                body.last = message
        return body

    @property
    def too_large(self) -> bool:
        return len(self.data) > MAX_LINE

    async def replay(self) -> Message:
        """Give the body once, then whatever comes."""
        if self.given or (self.last and self.last["type"] != "http.request"):
            return await self.receive()
        self.given = True
        return {"type": "http.request", "body": bytes(self.data), "more_body": False}


def _is_local(scope: Scope, headers: Headers) -> bool:
    """Tell whether the request names this machine, and the page behind it, if any, does too."""
    port = scope["server"][1]
    hosts = {f"{name}:{port}" for name in _LOCAL}
    origins = {f"http://{host}" for host in hosts}
    given = headers.getlist("host")
    named = len(given) == 1 and given[0].lower() in hosts
    return named and all(origin.lower() in origins for origin in headers.getlist("origin"))


def _unreadable(scope: Scope, body: _Body) -> Response | None:
    """Return why a body cannot be taken; HTTP is read as strictly as a stream of lines."""
    if body.too_large:
        return _TOO_LARGE
    if scope["method"] != "POST":
        return None
    message = read_message(bytes(body.data))
    if not isinstance(message, Refused):
        return None
    error = ErrorData(code=message.code, message=message.reason)
    data = JSONRPCError(jsonrpc="2.0", id=message.id, error=error).model_dump(exclude_none=True)
    text = json.dumps({"id": None, **data})
    return Response(text, 400, media_type="application/json")
