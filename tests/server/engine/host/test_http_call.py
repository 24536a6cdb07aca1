"""http(): what it sends, and what it makes of the reply."""

import hashlib
import hmac
import json

import pytest
from pydantic import JsonValue

from aifp.schemas.releases import Permission
from tests.server.engine.loopback import Loopback, Reply
from tests.server.engine.workbench import Workbench, host_permission


async def call(bench: Workbench, server: Loopback, arguments: str, *more: Permission) -> JsonValue:
    """Make one call and return its result, or its error as text."""
    code = f"""
def execute_night_light(ctx):
    try:
        return ctx.http({arguments.replace("URL", server.url("/x"))})
    except Exception as fault:
        return f"{{type(fault).__name__}}: {{fault}}"
"""
    release = await bench.directive(code, host_permission(server.port), *more)
    run_id = await bench.run(release)
    assert (await bench.driver().drive(run_id)).status == "success"
    row = await bench.row(run_id)
    if row["output_sha256"]:
        return json.loads(await bench.ctx.files.fetch(row["output_sha256"]))
    return json.loads(row["output_summary"])


@pytest.mark.req("D105")
@pytest.mark.parametrize(
    ("options", "kind", "body"),
    [
        ("json={'a': [1, 'ü']}", "application/json", '{"a":[1,"ü"]}'.encode()),
        ("form={'a': 'b c', 'n': 1}", "application/x-www-form-urlencoded", b"a=b+c&n=1"),
        ("body='plain'", "text/plain; charset=utf-8", b"plain"),
        ("file='data/up.bin'", "application/octet-stream", b"\x00bytes"),
        ("json={}, headers={'Content-Type': 'application/x'}", "application/x", b"{}"),
    ],
)
async def test_each_kind_of_body_is_sent_with_its_type(
    bench: Workbench, server: Loopback, options: str, kind: str, body: bytes
) -> None:
    (bench.project / "data").mkdir()
    (bench.project / "data/up.bin").write_bytes(b"\x00bytes")
    read = Permission(resource="file_read", value={"path": "data/*"})
    await call(bench, server, f"'POST', 'URL', {options}", read)
    (seen,) = server.received
    assert (seen.headers["content-type"], seen.body) == (kind, body)


@pytest.mark.req("D105")
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "GET", "HEAD"])
async def test_only_writes_carry_the_key(bench: Workbench, server: Loopback, method: str) -> None:
    await call(bench, server, f"'{method}', 'URL', headers={{'X-A': 'b'}}, query={{'q': 1}}")
    (seen,) = server.received
    assert (seen.key is None) == (method in ("GET", "HEAD"))
    assert (seen.method, seen.path, seen.headers["x-a"]) == (method, "/x?q=1", "b")


@pytest.mark.req("D105")
@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [
        ("'secret TOKEN'", "authorization", "Bearer s3cret"),
        ("{'kind': 'bearer', 'secret': 'TOKEN'}", "authorization", "Bearer s3cret"),
        (
            "{'kind': 'basic', 'user': 'ada', 'secret': 'TOKEN'}",
            "authorization",
            "Basic YWRhOnMzY3JldA==",
        ),
        ("{'kind': 'header', 'header': 'X-Key', 'secret': 'TOKEN'}", "x-key", "s3cret"),
        (
            "{'kind': 'hmac', 'header': 'X-Sign', 'secret': 'TOKEN'}",
            "x-sign",
            "sha256=" + hmac.new(b"s3cret", b"hi", hashlib.sha256).hexdigest(),
        ),
    ],
)
async def test_a_login_is_put_in_at_the_last_moment(
    bench: Workbench, server: Loopback, auth: str, header: str, value: str
) -> None:
    bench.keyring.store("TOKEN", "s3cret")
    grant = Permission(resource="secret", value={"name": "TOKEN", "host": "127.0.0.1"})
    await call(bench, server, f"'POST', 'URL', body='hi', auth={auth}", grant)
    assert server.received[0].headers[header] == value


@pytest.mark.req("D105")
@pytest.mark.parametrize(
    ("reply", "options", "expected"),
    [
        (Reply(body=b'{"jobs": {"waiting": [4, 5]}}'), "pick='jobs.waiting.1'", 5),
        (Reply(body=b'{"jobs": [{"n": 7}]}'), "pick='jobs[0].n'", 7),
        (Reply(status=404), "expect=['2xx', '404'], pick='ok'", True),
        (Reply(status=404), "", "HttpStatus: 127.0.0.1 answered 404; expected 2xx."),
        (Reply(status=204, body=b""), "expect=['20x'], pick='a'", "HostError: "),
        (Reply(body=b'{"a": 1}'), "pick='b'", "HostError: "),
        (Reply(), "expect=['(a+)+']", "HostError: "),
        (Reply(), "follow=9", "HostError: "),
        (Reply(), "json=1, body='2'", "HostError: "),
    ],
)
async def test_replies_are_checked_and_picked_from(
    bench: Workbench, server: Loopback, reply: Reply, options: str, expected: JsonValue
) -> None:
    server.script("/x", reply)
    got = await call(bench, server, f"'GET', 'URL', {options}")
    if isinstance(expected, str):
        assert isinstance(got, str)
        assert got.startswith(expected)
    else:
        assert got == expected


@pytest.mark.req("D105")
async def test_text_and_broken_json_come_back_as_text(bench: Workbench, server: Loopback) -> None:
    server.script(
        "/x",
        Reply(
            body="grün".encode("latin-1"), headers={"Content-Type": "text/plain; charset=latin-1"}
        ),
    )
    got = await call(bench, server, "'GET', 'URL'")
    assert isinstance(got, dict)
    assert (got["status"], got["text"]) == (200, "grün")


@pytest.mark.req("I07", "D105")
@pytest.mark.parametrize(
    "body",
    [b'{"a": NaN}', b"[1e999]", b"[-Infinity]", b"9" * 5000, b"[" * 300 + b"]" * 300, b"{"],
)
async def test_a_reply_that_no_json_can_keep_is_text(
    bench: Workbench, server: Loopback, body: bytes
) -> None:
    server.script("/x", Reply(body=body))
    got = await call(bench, server, "'GET', 'URL', pick=None")
    assert isinstance(got, dict)
    assert got["text"] == body.decode()


@pytest.mark.req("I25", "D105")
async def test_half_a_character_is_shown_not_stumbled_over(
    bench: Workbench, server: Loopback
) -> None:
    server.script("/x", Reply(body=b'{"a\\ud800": "\\udfff", "nul": "\\u0000"}'))
    got = await call(bench, server, "'GET', 'URL'")
    assert isinstance(got, dict)
    assert got["json"] == {"a\\ud800": "\\udfff", "nul": "\0"}


@pytest.mark.req("I21", "D105")
async def test_a_public_grant_opens_no_inner_host(bench: Workbench, server: Loopback) -> None:
    grant = host_permission(server.port)
    public = grant.model_copy(update={"value": {**grant.value, "private": False}})
    code = f"def execute_night_light(ctx):\n    ctx.http('GET', '{server.url('/')}')\n"
    run_id = await bench.run(await bench.directive(code, public))
    assert (await bench.driver().drive(run_id)).status == "failure"
    assert server.received == []
    assert (await bench.steps(run_id))[0]["status"] == "denied"


@pytest.mark.req("D96")
async def test_what_is_not_built_yet_is_not_granted(bench: Workbench) -> None:
    code = """
def execute_night_light(ctx):
    try:
        ctx.command(["ls"])
    except Exception as fault:
        return type(fault).__name__
"""
    run_id = await bench.run(await bench.directive(code))
    await bench.driver().drive(run_id)
    assert json.loads((await bench.row(run_id))["output_summary"]) == "NotGranted"
