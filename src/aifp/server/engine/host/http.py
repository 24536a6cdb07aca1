"""http(method, url, ...): call a granted host with the run's idempotency key."""

import json
from urllib.parse import urlencode

import httpx2
from pydantic import Field, JsonValue

from aifp.schemas.common import JsonMap, Record
from aifp.schemas.errors import AifpError, InvalidArgument
from aifp.schemas.steps import Retry
from aifp.server.adapters.http import Outgoing, Target, check_url, target_of
from aifp.server.engine.driving.grants import Grants
from aifp.server.engine.driving.keys import KEYED_METHODS
from aifp.server.engine.driving.retries import retry_at
from aifp.server.engine.host.connections import send
from aifp.server.engine.host.faults import HttpStatus, Wait, is_retried
from aifp.server.engine.host.file import LONGEST_READ, plain_path
from aifp.server.engine.host.replies import check_status, reply_value
from aifp.server.engine.host.secrets import SecretFiller, read_auth
from aifp.server.engine.host.tools import Call, Tools, read_arguments

READS = frozenset({"GET", "HEAD"})
LONGEST_REPLY = 64 * 1_048_576
KEY_HEADER = "Idempotency-Key"


class HttpArguments(Record):
    """What http takes."""

    method: str = Field(pattern="^(GET|HEAD|POST|PUT|PATCH|DELETE)$")
    url: str = Field(max_length=16_384)
    headers: JsonMap = {}
    query: JsonMap = {}
    json_: JsonValue = Field(None, alias="json")
    form: JsonMap | None = None
    body: str | None = None
    file: str | None = None
    auth: JsonMap | str | None = None
    expect: list[str | int] = ["2xx"]
    pick: str | None = None
    follow: int = Field(0, ge=0, le=5)
    max_bytes: int = Field(1_048_576, ge=1, le=LONGEST_REPLY)
    timeout_ms: int = Field(30_000, ge=1, le=3_600_000)
    retry: Retry | None = None


def is_write(arguments: JsonMap) -> bool:
    """Say whether the call may change something at the other side."""
    return str(arguments.get("method")).upper() not in READS


def is_repeatable(arguments: JsonMap) -> bool:
    """Say yes: reads change nothing, and every write carries its idempotency key."""
    return str(arguments.get("method")).upper() in READS | KEYED_METHODS


async def do(call: Call, grants: Grants, tools: Tools) -> JsonValue:
    """Send the request and return the reply, or what the call picks from it."""
    raw = call.arguments | {"method": str(call.arguments.get("method")).upper()}
    asked = read_arguments(HttpArguments, raw)
    try:
        return await _send(asked, call, grants, tools)
    except AifpError as fault:
        if asked.retry is None or call.tries >= asked.retry.times or not is_retried(fault):
            raise
        after = fault.retry_after_ms if isinstance(fault, HttpStatus) else None
        salt = f"{tools.facts.seed}|{call.key}"
        tries = call.tries + 1
        now = tools.ctx.clock.now()
        raise Wait(retry_at(asked.retry, tries, salt, now, after), tries) from None


async def _send(asked: HttpArguments, call: Call, grants: Grants, tools: Tools) -> JsonValue:
    def permit(target: Target) -> bool:
        granted = grants.permit(
            "host",
            host=target.host,
            port=target.port,
            scheme=target.scheme,
            method=target.method,
        )
        return granted.value.get("private") is True

    target = target_of(asked.method, check_url(asked.url))
    permit(target)
    filler = SecretFiller(target.host, grants, tools)
    request = await _request(asked, call.key, filler, grants, tools)
    reply = await send(request, permit, f"{target.host}:{target.port}", tools)
    check_status(reply, asked.expect, target.host, tools.ctx.clock.now())
    return reply_value(reply, asked.pick)


async def _request(
    asked: HttpArguments, key: str, filler: SecretFiller, grants: Grants, tools: Tools
) -> Outgoing:
    body, kind = await _body(asked, filler, grants, tools)
    given = {name: _text(value) for name, value in _map(filler.fill(asked.headers)).items()}
    headers = {"content-type": kind, **{name.lower(): value for name, value in given.items()}}
    if not headers["content-type"]:
        del headers["content-type"]
    headers |= {n.lower(): v for n, v in filler.headers(read_auth(asked.auth), body).items()}
    if asked.method in KEYED_METHODS:
        headers.setdefault(KEY_HEADER.lower(), key)
    return Outgoing(
        method=asked.method,
        url=_with_query(asked.url, _map(filler.fill(asked.query))),
        headers=headers,
        body=body,
        follow=asked.follow,
        max_bytes=asked.max_bytes,
        timeout_ms=asked.timeout_ms,
    )


async def _body(
    asked: HttpArguments, filler: SecretFiller, grants: Grants, tools: Tools
) -> tuple[bytes | None, str]:
    """Return the body and its type; at most one of json, form, body and file is given."""
    given = [asked.json_, asked.form, asked.body, asked.file]
    if sum(part is not None for part in given) > 1:
        raise InvalidArgument("Give one of json, form, body and file.")
    if asked.json_ is not None:
        text = json.dumps(filler.fill(asked.json_), ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-8", "surrogatepass"), "application/json"
    if asked.form is not None:
        filled = {name: _text(value) for name, value in _map(filler.fill(asked.form)).items()}
        return urlencode(filled).encode(), "application/x-www-form-urlencoded"
    if asked.file is not None:
        path = plain_path(asked.file)
        grants.permit("file_read", path=path)
        return await tools.ctx.files.read(path, LONGEST_READ), "application/octet-stream"
    return (asked.body.encode(), "text/plain; charset=utf-8") if asked.body else (None, "")


def _with_query(url: str, query: JsonMap) -> str:
    if not query:
        return url
    texts = {name: _text(value) for name, value in query.items()}
    return str(httpx2.URL(url).copy_merge_params(texts))


def _map(value: JsonValue) -> JsonMap:
    if not isinstance(value, dict):
        raise InvalidArgument("headers, query and form are maps.")
    return value


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else json.dumps(value)
