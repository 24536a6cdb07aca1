"""The guarded HTTP client against a real server on loopback."""

from collections.abc import AsyncGenerator, Generator

import pytest

from aifp.schemas.errors import AifpError, InvalidArgument, LimitExceeded, NotGranted
from aifp.server.adapters.http import GuardedHttp, NetworkFault, Outgoing, Target, TimedOut
from tests.server.engine.loopback import Loopback, Reply, loopback

NAMES = {
    "lamp.local": ["127.0.0.1"],
    "evil.example": ["127.0.0.1"],
    "meta.example": ["169.254.169.254"],
    "both.example": ["93.184.216.34", "127.0.0.1"],
}


async def resolve(host: str, port: int) -> list[str]:
    return NAMES.get(host, [])


def home(target: Target) -> bool:
    """Grant everything; only lamp.local is named as private."""
    return target.host == "lamp.local"


@pytest.fixture
def server() -> Generator[Loopback]:
    with loopback() as running:
        yield running


@pytest.fixture
async def http() -> AsyncGenerator[GuardedHttp]:
    client = GuardedHttp(resolve)
    yield client
    await client.close()


async def test_a_granted_private_host_is_reached_under_its_own_name(
    http: GuardedHttp, server: Loopback
) -> None:
    reply = await http.send(Outgoing("GET", f"http://lamp.local:{server.port}/x?y=1"), home)
    assert (reply.status, reply.body) == (200, b'{"ok": true}')
    (seen,) = server.received
    assert seen.headers["host"] == f"lamp.local:{server.port}"
    assert seen.path == "/x?y=1"


@pytest.mark.req("I21")
@pytest.mark.parametrize(
    "host",
    [
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0",
        "①②⑦.⓪.⓪.①",
        "127。0。0。1",
        "[::1]",
        "[::ffff:7f00:1]",
        "169.254.169.254",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "224.0.0.1",
        "user@127.0.0.1",
        "lamp.local@127.0.0.1",
        "both.example",
        "evil.example",
        "meta.example",
        "127.0.0.1",
    ],
)
async def test_no_spelling_reaches_an_inner_listener(
    http: GuardedHttp, server: Loopback, host: str
) -> None:
    with pytest.raises(AifpError):
        await http.send(Outgoing("GET", f"http://{host}:{server.port}/"), home)
    assert server.received == []


@pytest.mark.req("I21")
@pytest.mark.parametrize("url", ["file:///etc/passwd", "gopher://lamp.local/", "//lamp.local/"])
async def test_only_http_is_spoken(http: GuardedHttp, url: str) -> None:
    with pytest.raises(NotGranted):
        await http.send(Outgoing("GET", url), home)


@pytest.mark.req("I20")
@pytest.mark.parametrize(
    "tail", ["/a\r\nX: y", "\r\nX: y", "/a b", "/a\tb", "\\@127.0.0.1/", "/\x00", "/\x7f"]
)
async def test_a_url_with_control_characters_is_refused_before_parsing(
    http: GuardedHttp, server: Loopback, tail: str
) -> None:
    with pytest.raises(InvalidArgument, match="character"):
        await http.send(Outgoing("GET", f"http://lamp.local:{server.port}{tail}"), home)
    assert server.received == []


@pytest.mark.req("I20")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-A", "b\r\nX-B: c"),
        ("X-A", "b\nc"),
        ("X-A", "\x00"),
        ("X A", "b"),
        ("X-A:", "b"),
        ("", "b"),
        ("X-A\r\nX-B", "c"),
        ("Host", "evil.example"),
        ("Transfer-Encoding", "chunked"),
        ("Content-Length", "3"),
        ("Connection", "keep-alive"),
        ("Proxy-Authorization", "x"),
    ],
)
async def test_no_header_can_split_or_redirect_a_request(
    http: GuardedHttp, server: Loopback, name: str, value: str
) -> None:
    url = f"http://lamp.local:{server.port}/"
    with pytest.raises(InvalidArgument):
        await http.send(Outgoing("GET", url, headers={name: value}), home)
    assert server.received == []


@pytest.mark.req("I22")
async def test_a_name_is_resolved_once_for_each_hop(server: Loopback) -> None:
    """The second lookup of this name is private; there is no second lookup."""
    asked: list[str] = []

    async def flipping(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["169.254.169.254"]

    client = GuardedHttp(flipping)
    url = f"http://lamp.local:{server.port}/"
    assert (await client.send(Outgoing("GET", url), home)).status == 200
    assert asked == ["lamp.local"]
    server.script("/again", Reply(status=302, headers={"Location": "/"}))
    with pytest.raises(NotGranted, match=r"169\.254"):
        await client.send(Outgoing("GET", url + "again", follow=1), home)
    await client.close()


@pytest.mark.req("I22", "D105")
@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://127.0.0.1:{port}/",
        "http://evil.example:{port}/",
        "http://lamp.local:1/",
        "https://lamp.local:{port}/",
        "file:///etc/passwd",
        "//127.0.0.1:{port}/",
        "http://lamp.local:{port}\\@127.0.0.1/",
    ],
)
async def test_a_redirect_elsewhere_is_not_followed(
    http: GuardedHttp, server: Loopback, location: str
) -> None:
    to = location.format(port=server.port)
    server.script("/go", Reply(status=302, headers={"Location": to}))
    with pytest.raises(AifpError):
        await http.send(Outgoing("GET", f"http://lamp.local:{server.port}/go", follow=5), home)
    assert [r.path for r in server.received] == ["/go"]


@pytest.mark.req("F21")
async def test_redirects_on_one_host_are_followed_up_to_their_cap(
    http: GuardedHttp, server: Loopback
) -> None:
    server.script("/loop", Reply(status=302, headers={"Location": "/loop"}))
    server.script("/see", Reply(status=303, headers={"Location": "/done"}))
    base = f"http://lamp.local:{server.port}"
    with pytest.raises(LimitExceeded, match="redirects"):
        await http.send(Outgoing("GET", base + "/loop", follow=3), home)
    assert len(server.received) == 4
    done = await http.send(Outgoing("POST", base + "/see", body=b"x", follow=1), home)
    assert done.status == 200
    assert (server.received[-1].method, server.received[-1].body) == ("GET", b"")
    plain = await http.send(Outgoing("GET", base + "/see"), home)
    assert plain.status == 303


@pytest.mark.req("F21", "D105")
async def test_a_body_beyond_its_cap_is_refused(http: GuardedHttp, server: Loopback) -> None:
    server.script("/big", Reply(body=b"x" * 3_000_000))
    url = f"http://lamp.local:{server.port}/big"
    with pytest.raises(LimitExceeded, match="max_bytes"):
        await http.send(Outgoing("GET", url), home)
    assert len((await http.send(Outgoing("GET", url, max_bytes=3_000_000), home)).body) == 3_000_000


@pytest.mark.req("F21")
async def test_the_whole_reply_must_come_in_time(http: GuardedHttp, server: Loopback) -> None:
    server.script("/slow", Reply(delay_s=1))
    server.script("/trickle", Reply(byte_every_s=0.05))
    for path in ("/slow", "/trickle"):
        with pytest.raises(TimedOut):
            url = f"http://lamp.local:{server.port}{path}"
            await http.send(Outgoing("GET", url, timeout_ms=200), home)


@pytest.mark.req("F20")
async def test_a_host_that_is_not_there_is_a_fault_of_the_network(http: GuardedHttp) -> None:
    with pytest.raises(NetworkFault):
        await http.send(Outgoing("GET", "http://lamp.local:9/"), home)
    with pytest.raises(NotGranted, match="no address"):
        await http.send(Outgoing("GET", "http://unknown.example/"), home)


async def test_cookies_are_neither_kept_nor_handed_on(http: GuardedHttp, server: Loopback) -> None:
    server.script("/c", Reply(headers={"Set-Cookie": "a=1", "X-Other": "2"}))
    url = f"http://lamp.local:{server.port}/c"
    for _ in range(2):
        reply = await http.send(Outgoing("GET", url), home)
        assert "set-cookie" not in reply.headers
        assert reply.headers["x-other"] == "2"
    assert all("cookie" not in r.headers for r in server.received)
