"""The loopback listener under /hooks: webhooks, API starts, and reports of local producers."""

import json
import re
from collections.abc import Awaitable, Callable

from pydantic import JsonValue
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from aifp.helpers.user_directives.internal.inputs import checked_inputs, from_path
from aifp.schemas.common import JsonMap
from aifp.schemas.errors import InvalidArgument
from aifp.schemas.ports import Ctx
from aifp.schemas.starts import ApiStart
from aifp.server.engine.sources.events import Emitted, EventStarts
from aifp.server.engine.sources.hook_auth import (
    Caller,
    is_bearer,
    is_welcome_host,
    is_welcome_origin,
    may_call,
)
from aifp.server.engine.sources.hook_starts import Target, allowed_methods, find_target
from aifp.server.engine.sources.replies import RunEnds
from aifp.server.engine.starting.claims import Event, claim_event, trigger_of
from aifp.server.engine.starting.openings import run_key
from aifp.server.engine.starting.plans import Plans

MAX_BODY_BYTES = 1_048_576
ENTITY = re.compile(r"[a-z_][a-z0-9_]{0,63}\.[a-z_][a-z0-9_]{0,189}")
EVENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:-]{0,99}")
# A caller that asks for the result waits no longer than this (directive-format 5, reply).
LONGEST_REPLY_S = 60.0

# Takes a report about an entity: id, state, attributes.
Observe = Callable[[str, JsonValue, JsonMap], Awaitable[None]]


class Refusal(Exception):
    """An answer that ends a request early."""

    def __init__(self, status: int, text: str, **more: JsonValue) -> None:
        super().__init__(text)
        self.status, self.body = status, {"error": text, **more}


class Hooks:
    """Answers the requests; `token` is what local producers prove themselves with."""

    def __init__(
        self,
        ctx: Ctx,
        plans: Plans,
        events: EventStarts,
        ends: RunEnds,
        observe: Observe,
        token: str,
        nudge: Callable[[], None],
    ) -> None:
        self._ctx, self._plans, self._events, self._ends = ctx, plans, events, ends
        self._observe, self._token, self._nudge = observe, token, nudge
        self._calls = 0

    def app(self) -> Starlette:
        """Return the application that serves the listener."""
        starts = ["POST", "PUT", "PATCH", "DELETE", "GET"]
        return Starlette(
            routes=[
                Route("/hooks/states/{entity}", self._guarded(self._state), methods=["PUT"]),
                Route("/hooks/events/{name}", self._guarded(self._event), methods=["POST"]),
                Route("/hooks/{path:path}", self._guarded(self._start), methods=starts),
            ]
        )

    def _guarded(
        self, answer: Callable[[Request, Caller], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            try:
                return await answer(request, await self._caller(request))
            except Refusal as refusal:
                return JSONResponse(refusal.body, refusal.status)

        return endpoint

    async def _caller(self, request: Request) -> Caller:
        own = self._ctx.settings.hooks_host
        if not is_welcome_host(request.headers.get("host"), own):
            raise Refusal(421, "This name is not served here.")
        if not is_welcome_origin(request.headers.get("origin"), own):
            raise Refusal(403, "Pages of other sites may not call.")
        address = request.client.host if request.client else ""
        return Caller(address, dict(request.headers), await _body(request))

    async def _state(self, request: Request, caller: Caller) -> Response:
        self._check_token(caller)
        entity = str(request.path_params["entity"])
        if not ENTITY.fullmatch(entity):
            raise Refusal(422, "An entity is named domain.object, such as sensor.porch.")
        report = _map(caller.body)
        attributes = report.get("attributes", {})
        if "state" not in report or not isinstance(attributes, dict) or len(report) > 2:
            raise Refusal(422, 'Send {"state": value, "attributes": {...}}.')
        await self._observe(entity, report["state"], attributes)
        return Response(status_code=204)

    async def _event(self, request: Request, caller: Caller) -> Response:
        self._check_token(caller)
        name = str(request.path_params["name"])
        given = _map(caller.body)
        data, source = given.get("data", {}), given.get("source")
        if not EVENT.fullmatch(name) or not isinstance(data, dict):
            raise Refusal(422, 'Send {"data": {...}, "source": "name"} to a plain event name.')
        text = source if isinstance(source, str) else None
        emitted = Emitted(self._event_id(caller), name, text, data)
        return JSONResponse({"runs": list(await self._events.emit(emitted))}, 202)

    async def _start(self, request: Request, caller: Caller) -> Response:
        path = "/" + str(request.path_params["path"])
        target = find_target(self._plans, request.method, path)
        if target is None:
            methods = allowed_methods(self._plans, path)
            raise Refusal(405 if methods else 404, "Nothing is served here.", methods=[*methods])
        if not may_call(target.start.auth, caller, self._ctx.keyring):
            raise Refusal(401, "The login is missing or wrong.")
        run_id = await self._open(target, caller)
        start = target.start
        reply_ms = start.reply_ms if isinstance(start, ApiStart) else None
        return await self._reply(run_id, reply_ms)

    async def _open(self, target: Target, caller: Caller) -> int:
        payload, now = _payload(caller.body), self._ctx.clock.now()
        event = Event(
            id=f"{target.start.kind}:{self._event_id(caller)}",
            at=now,
            source="api" if isinstance(target.start, ApiStart) else "trigger",
            trigger=trigger_of(target.start, target.start.kind, payload=payload, path=target.path),
            input=self._input(target, payload),
        )
        async with self._ctx.directives.write() as w:
            run_id = await claim_event(w, target.plan, event, now)
            if run_id is None:
                key = run_key(target.plan.name, event.id)
                known = await w.one("run_under_key", idempotency_key=key)
                run_id = int(known["id"] or 0) if known else None
        self._nudge()
        if run_id is None:
            raise Refusal(404, "Nothing is served here.")
        return run_id

    def _input(self, target: Target, payload: JsonValue) -> JsonMap:
        declared = target.plan.directive.input
        if not isinstance(target.start, ApiStart):
            return {}
        if payload is not None and not isinstance(payload, dict):
            raise Refusal(422, "Send the inputs as one JSON object.")
        try:
            return checked_inputs(declared, {**(payload or {}), **from_path(declared, target.path)})
        except InvalidArgument as fault:
            raise Refusal(422, str(fault), **fault.details) from fault

    async def _reply(self, run_id: int, reply_ms: int | None) -> Response:
        seconds = min((reply_ms or 0) / 1000, LONGEST_REPLY_S)
        ended = await self._ends.wait(run_id, seconds) if reply_ms else None
        if ended is None:
            return JSONResponse({"run_id": run_id}, 202)
        codes = {"success": 200, "skipped": 409, "cancelled": 409}
        return JSONResponse(ended, codes.get(str(ended["status"]), 500))

    def _check_token(self, caller: Caller) -> None:
        if not is_bearer(caller, self._token):
            raise Refusal(401, "The daemon's token is missing or wrong.")

    def _event_id(self, caller: Caller) -> str:
        """Let a caller name its request, so that sending it again starts nothing twice."""
        named = caller.headers.get("idempotency-key", "")[:200]
        if named:
            return f"key:{named}"
        self._calls += 1
        return f"{self._ctx.clock.now().isoformat()}:{self._ctx.clock.monotonic()}:{self._calls}"


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise Refusal(413, f"The body is longer than {MAX_BODY_BYTES} bytes.")
    return bytes(body)


def _payload(body: bytes) -> JsonValue:
    """Read a body as JSON, else as text; an empty one is nothing."""
    try:
        return json.loads(body, parse_constant=_refuse) if body else None
    except (ValueError, RecursionError):
        return body.decode("utf-8", "replace")


def _map(body: bytes) -> JsonMap:
    given = _payload(body) if body else {}
    if not isinstance(given, dict):
        raise Refusal(422, "Send one JSON object.")
    return given


def _refuse(constant: str) -> None:
    raise ValueError(constant)
