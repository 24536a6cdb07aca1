"""Outgoing HTTP: resolve once, check every address, connect to the checked one, cap all."""

import asyncio
import re
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx2

from aifp.schemas.errors import AifpError, InvalidArgument, LimitExceeded, NotGranted
from aifp.server.adapters.addresses import check_addresses, literal_address, normal_host

REDIRECTS = frozenset({301, 302, 303, 307, 308})
PORTS = {"http": 80, "https": 443}
BAD_IN_URL = re.compile(r"[\x00-\x20\x7f\\]")
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
BAD_IN_VALUE = re.compile(r"[\x00\r\n]")
# Set by the client itself; a request that could set them could speak for someone else.
RESERVED = frozenset(
    {
        "host",
        "connection",
        "content-length",
        "transfer-encoding",
        "te",
        "trailer",
        "upgrade",
        "proxy-authorization",
        "proxy-connection",
    }
)

Resolve = Callable[[str, int], Awaitable[list[str]]]


class NetworkFault(AifpError):
    """The request did not get through; trying again may help."""

    code = "connection"


class TimedOut(AifpError):
    """The other side took too long."""

    code = "timeout"


@dataclass(frozen=True, slots=True)
class Target:
    """Where one hop goes."""

    method: str
    scheme: str
    host: str
    port: int


# Says whether a hop is granted: True when the host is named as private; raises NotGranted.
Permit = Callable[[Target], bool]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One request as it leaves, secrets already in place."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=lambda: dict[str, str]())
    body: bytes | None = None
    follow: int = 0
    max_bytes: int = 1_048_576
    timeout_ms: int = 30_000


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes
    encoding: str = "utf-8"


async def resolve_host(host: str, port: int) -> list[str]:
    """Return the addresses of a name, in the system's order."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as fault:
        raise NetworkFault(f"{host} cannot be resolved: {fault}.") from fault
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class GuardedHttp:
    """The only way out to the network for code that a person has approved."""

    def __init__(self, resolve: Resolve = resolve_host) -> None:
        self._resolve = resolve
        # No reuse: a kept TLS connection was checked for another host's certificate.
        limits = httpx2.Limits(max_connections=None, max_keepalive_connections=0)
        # No cookies: they would travel from one directive's calls to another's.
        jar = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
        self._client = httpx2.AsyncClient(
            trust_env=False, follow_redirects=False, limits=limits, cookies=jar
        )

    async def close(self) -> None:
        """Close the client."""
        await self._client.aclose()

    async def send(self, request: Outgoing, permit: Permit) -> Reply:
        """Send one request, following at most `follow` redirects to the same host."""
        try:
            async with asyncio.timeout(request.timeout_ms / 1000):
                return await self._follow(request, permit)
        except TimeoutError as fault:
            raise TimedOut(f"No whole reply within {request.timeout_ms} ms.") from fault
        except httpx2.TimeoutException as fault:
            raise TimedOut(f"The other side was too slow: {fault}.") from fault
        except (httpx2.HTTPError, httpx2.InvalidURL) as fault:
            raise NetworkFault(f"The request failed: {fault or type(fault).__name__}.") from fault

    async def _follow(self, request: Outgoing, permit: Permit) -> Reply:
        reply = await self._hop(request, permit)
        for _ in range(request.follow):
            if reply.status not in REDIRECTS or "location" not in reply.headers:
                return reply
            request = redirected(request, reply)
            reply = await self._hop(request, permit)
        if request.follow and reply.status in REDIRECTS:
            raise LimitExceeded(f"More than {request.follow} redirects.")
        return reply

    async def _hop(self, request: Outgoing, permit: Permit) -> Reply:
        url = check_url(request.url)
        target = target_of(request.method, url)
        private = permit(target)
        address = literal_address(target.host)
        addresses = [address] if address else await self._resolve(target.host, target.port)
        pinned = check_addresses(target.host, addresses, private=private)
        async with self._open(request, url, target, pinned) as response:
            body = await capped_body(response, request.max_bytes)
            headers = {
                name.lower(): value
                for name, value in response.headers.items()
                if name.lower() != "set-cookie"
            }
            return Reply(response.status_code, headers, body, response.encoding or "utf-8")

    @asynccontextmanager
    async def _open(
        self, request: Outgoing, url: httpx2.URL, target: Target, pinned: str
    ) -> AsyncGenerator[httpx2.Response]:
        headers = check_headers(request.headers)
        headers["host"] = url.netloc.decode("ascii")
        built = self._client.build_request(
            request.method,
            url.copy_with(host=pinned),
            headers=headers,
            content=request.body,
            timeout=request.timeout_ms / 1000,
            extensions={"sni_hostname": target.host},
        )
        response = await self._client.send(built, stream=True)
        try:
            yield response
        finally:
            await response.aclose()


def check_url(text: str) -> httpx2.URL:
    """Refuse what parsers disagree about, before any parser sees it."""
    if found := BAD_IN_URL.search(text):
        raise InvalidArgument(f"The URL has the character {found[0]!r}. Percent-encode it.")
    try:
        url = httpx2.URL(text)
    except httpx2.InvalidURL as fault:
        raise InvalidArgument(f"This is not a URL: {fault}.") from fault
    if url.scheme not in PORTS or not url.host:
        raise NotGranted("Only http:// and https:// addresses can be called.")
    if url.userinfo:
        raise NotGranted("A URL carries no user name or password. Use auth.")
    return url


def target_of(method: str, url: httpx2.URL) -> Target:
    """Return where a URL leads, in normal form."""
    return Target(method, url.scheme, normal_host(url.host), url.port or PORTS[url.scheme])


def check_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Refuse headers that could split or redirect the request."""
    clean: dict[str, str] = {}
    for name, value in headers.items():
        lower = name.lower()
        if not TOKEN.fullmatch(name) or BAD_IN_VALUE.search(value):
            raise InvalidArgument(f"The header {name!r} has characters that no header may have.")
        if lower in RESERVED:
            raise InvalidArgument(f"The header {name} is set by the engine.")
        clean[lower] = value
    return clean


def redirected(request: Outgoing, reply: Reply) -> Outgoing:
    """Return the next hop; it stays on the host and port that were asked for."""
    here = check_url(request.url)
    location = reply.headers["location"]
    if BAD_IN_URL.search(location):
        raise InvalidArgument("The redirect leads to a broken URL.")
    there = check_url(str(here.join(location)))
    if target_of("GET", there) != target_of("GET", here):
        raise NotGranted(f"The redirect leads to {there.host}; only the same host is followed.")
    if reply.status == 303 and request.method != "HEAD":
        return replace(request, method="GET", url=str(there), body=None)
    return replace(request, url=str(there))


async def capped_body(response: httpx2.Response, limit: int) -> bytes:
    """Read a body up to its cap; a longer one is refused, never cut."""
    declared = response.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit and response.request.method != "HEAD":
        raise LimitExceeded(f"The reply has {declared} bytes, more than {limit} (max_bytes).")
    body = bytearray()
    async for chunk in response.aiter_bytes(65_536):
        body += chunk
        if len(body) > limit:
            raise LimitExceeded(f"The reply is longer than {limit} bytes (max_bytes).")
    return bytes(body)
