"""Secrets: put in at the last moment, found nowhere afterwards."""

import base64
import json
from pathlib import Path

import pytest

from aifp.schemas.releases import Permission
from aifp.server.engine.driving.redaction import Redactor
from tests.server.engine.loopback import Loopback
from tests.server.engine.workbench import Workbench, host_permission

CANARIES = {f"CANARY_{n}": f"tok-{n}-kf83hs/+&=x{n}" for n in range(4)}


def forms(secret: str) -> list[bytes]:
    data = secret.encode()
    return [data, base64.b64encode(data), data.hex().encode()]


def everything_under(folder: Path) -> bytes:
    files = [f for f in folder.rglob("*") if f.is_file() and "config" not in f.parts]
    return b"\n".join(f.read_bytes() for f in files)


def secret(name: str, host: str = "127.0.0.1") -> Permission:
    return Permission(resource="secret", value={"name": name, "host": host})


@pytest.mark.req("D101", "X03", "D69")
async def test_no_canary_is_left_in_record_logs_results_or_errors(
    bench: Workbench, server: Loopback
) -> None:
    server.echo = True
    for name, value in CANARIES.items():
        bench.keyring.store(name, value)
    code = f"""
def execute_night_light(ctx):
    place = "{server.url("/echo")}"
    got = [
        ctx.http("POST", place, auth="secret CANARY_0", json={{"key": {{"secret": "CANARY_1"}}}}),
        ctx.http("GET", place, auth={{"kind": "basic", "user": "ada", "secret": "CANARY_2"}}),
        ctx.http("GET", place, headers={{"X-Key": {{"secret": "CANARY_3", "prefix": "Key "}}}},
                 query={{"k": {{"secret": "CANARY_3"}}}}),
    ]
    ctx.log("info", str(got))
    print(got)
    ctx.file("write", "out/seen.txt", str(got))
    ctx.state("set", "seen", str(got))
    if ctx.input.get("fail"):
        raise ValueError(str(got))
    return got
"""
    write = Permission(resource="file_write", value={"path": "out/*"})
    grants = (host_permission(server.port), write, *(secret(name) for name in CANARIES))
    release = await bench.directive(code, *grants)
    for key, status in (("due-1", "success"), ("due-2", "failure")):
        run_id = await bench.run(release, key, fail=status == "failure")
        assert (await bench.driver().drive(run_id)).status == status
    sent = b"".join(json.dumps(dict(r.headers)).encode() + r.body for r in server.received)
    assert CANARIES["CANARY_0"].encode() in sent
    assert CANARIES["CANARY_1"].encode() in sent
    await bench.kit.ctx.directives.one("run_standing", id=1)
    kept = everything_under(bench.project)
    for name, value in CANARIES.items():
        for form in forms(value):
            assert form not in kept, name
    assert base64.b64encode(f"ada:{CANARIES['CANARY_2']}".encode()) not in kept


@pytest.mark.req("D101", "D96")
async def test_a_secret_goes_only_to_the_host_it_is_granted_for(
    bench: Workbench, server: Loopback
) -> None:
    bench.keyring.store("CANARY_0", CANARIES["CANARY_0"])
    code = f"""
def execute_night_light(ctx):
    ctx.http("GET", "{server.url("/")}", auth="secret CANARY_0")
"""
    grants = (host_permission(server.port), secret("CANARY_0", "api.example.com"))
    run_id = await bench.run(await bench.directive(code, *grants))
    assert (await bench.driver().drive(run_id)).status == "failure"
    assert server.received == []
    assert (await bench.steps(run_id))[0]["status"] == "denied"


@pytest.mark.req("D101")
async def test_a_secret_that_is_not_stored_is_named(bench: Workbench, server: Loopback) -> None:
    code = f"""
def execute_night_light(ctx):
    ctx.http("GET", "{server.url("/")}", auth="secret CANARY_0")
"""
    grants = (host_permission(server.port), secret("CANARY_0"))
    run_id = await bench.run(await bench.directive(code, *grants))
    assert (await bench.driver().drive(run_id)).status == "failure"
    assert "aifp secret set CANARY_0" in (await bench.row(run_id))["error_message"]


def test_values_are_redacted_in_keys_lists_and_texts() -> None:
    redactor = Redactor(lambda text: text.replace("hunter2", "***"))
    redactor.also("s3cret/value")
    assert redactor.value({"hunter2": ["a s3cret/value", 1, None, {"x": "s3cret%2Fvalue"}]}) == {
        "***": ["a [secret]", 1, None, {"x": "[secret]"}]
    }
