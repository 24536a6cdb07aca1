"""The listener under /hooks, over a real loopback socket."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from aifp.schemas.starts import Auth
from aifp.server.adapters.keyring import FileKeyring
from aifp.server.adapters.listener import Listener
from aifp.server.engine.sources.events import EventStarts
from aifp.server.engine.sources.hook_auth import Caller, is_bearer, is_welcome_host, may_call
from aifp.server.engine.sources.hooks import Hooks
from aifp.server.engine.sources.replies import RunEnds
from tests.clock import until
from tests.server.engine.watchhouse import Watchhouse, open_watchhouse

TOKEN = "daemon-token"  # noqa: S105
SECRET = "correct horse battery"  # noqa: S105


class Site:
    """A house with its listener and a client."""

    def __init__(self, house: Watchhouse, client: httpx2.AsyncClient, ends: RunEnds) -> None:
        self.house, self.client, self.ends = house, client, ends

    async def send(self, method: str, path: str, **more: Any) -> httpx2.Response:
        return await self.client.request(method, f"/hooks{path}", **more)


@asynccontextmanager
async def open_site(folder: Path) -> AsyncGenerator[Site]:
    async with open_watchhouse(folder) as house:
        ctx, ends = house.ctx, RunEnds(house.ctx)
        events = EventStarts(
            ctx.directives, house.clock, house.plans, house.observations, lambda: None
        )
        hooks = Hooks(ctx, house.plans, events, ends, house.entities.observe, TOKEN, lambda: None)
        listener = Listener(hooks.app(), "127.0.0.1", 0)
        async with asyncio.TaskGroup() as group:
            serving = group.create_task(listener.run())
            await until(lambda: listener.port is not None)
            base = f"http://127.0.0.1:{listener.port}"
            async with httpx2.AsyncClient(base_url=base, trust_env=False) as client:
                yield Site(house, client, ends)
            listener.close()
            await serving


def api(path: str = "/labels/{order}", **more: Any) -> dict[str, Any]:
    start = {"kind": "api", "method": "POST", "path": path, "auth": {"kind": "none"}, **more}
    fields = {
        "order": {"type": "string"},
        "copies": {"type": "integer", "default": 1, "min": 1, "max": 5},
    }
    return {"type": "api", "when": [start], "input": fields}


async def test_a_call_starts_a_run_with_its_inputs(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        await site.house.add("label", **api())
        answer = await site.send("POST", "/labels/A-17", json={"copies": 3})
        (run,) = site.house.runs()
        assert (answer.status_code, answer.json()) == (202, {"run_id": run["id"]})
        assert json.loads(run["input_json"])["input"] == {"order": "A-17", "copies": 3}
        assert run["trigger_source"] == "api"
        trigger = json.loads(run["trigger_json"])
        assert trigger["path"] == {"order": "A-17"}


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"copies": 9}, "copies must be at most 5"),
        ({"copies": "two"}, "copies must be integer"),
        ({"copies": True}, "copies must be integer"),
        ({"colour": "red"}, "colour is not an input"),
        ([1], "one JSON object"),
    ],
)
async def test_input_that_does_not_fit_starts_nothing(
    tmp_path: Path, body: object, fault: str
) -> None:
    async with open_site(tmp_path) as site:
        await site.house.add("label", **api())
        answer = await site.send("POST", "/labels/A-17", json=body)
        assert answer.status_code == 422
        assert fault in answer.json()["error"]
        assert site.house.runs() == []


async def test_a_webhook_passes_its_payload_on(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        hook = {"kind": "webhook", "id": "door-bell"}
        await site.house.add("bell", type="trigger", when=[hook])
        answer = await site.send("POST", "/door-bell", json={"pressed": 2})
        assert answer.status_code == 202
        trigger = json.loads(site.house.runs()[0]["trigger_json"])
        assert trigger["payload"] == {"pressed": 2}


async def test_what_is_not_served_is_said(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        await site.house.add("label", **api())
        assert (await site.send("POST", "/other")).status_code == 404
        wrong = await site.send("DELETE", "/labels/1")
        assert (wrong.status_code, wrong.json()["methods"]) == (405, ["POST"])


def signature(body: bytes) -> str:
    return "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()


BODY = b'{"order": "1"}'
LOGINS: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({"kind": "bearer"}, {"Authorization": f"Bearer {SECRET}"}),
    (
        {"kind": "basic", "user": "shop"},
        {"Authorization": "Basic " + base64.b64encode(f"shop:{SECRET}".encode()).decode()},
    ),
    ({"kind": "header", "name": "X-Key"}, {"X-Key": SECRET}),
    ({"kind": "hmac", "header": "X-Hub-Signature-256"}, {"X-Hub-Signature-256": signature(BODY)}),
]


@pytest.mark.parametrize(("auth", "headers"), LOGINS)
async def test_every_kind_of_login_opens_and_a_wrong_one_does_not(
    tmp_path: Path, auth: dict[str, Any], headers: dict[str, str]
) -> None:
    async with open_site(tmp_path) as site:
        FileKeyring(tmp_path / "config").store("SHOP_KEY", SECRET)
        await site.house.add("label", **api(path="/l", auth=auth | {"secret": "SHOP_KEY"}))
        wrong = {name: value[:-2] + "xx" for name, value in headers.items()}
        for given, status in ((headers, 202), (wrong, 401), ({}, 401)):
            answer = await site.send("POST", "/l", content=BODY, headers=given)
            assert answer.status_code == status
        assert len(site.house.runs()) == 1


def test_without_a_login_only_this_machine_may_call(tmp_path: Path) -> None:
    keyring = FileKeyring(tmp_path / "config")
    for auth in (None, Auth(kind="none")):
        assert may_call(auth, Caller("127.0.0.1", {}, b""), keyring)
        assert may_call(auth, Caller("::1", {}, b""), keyring)
        assert not may_call(auth, Caller("192.168.1.7", {}, b""), keyring)


@pytest.mark.parametrize(
    ("host", "welcome"),
    [
        ("127.0.0.1:8901", True),
        ("localhost:8901", True),
        ("[::1]:8901", True),
        ("evil.example:8901", False),
        ("", False),
        (None, False),
    ],
)
def test_names_that_a_foreign_page_could_point_here_are_refused(
    host: str | None, welcome: object
) -> None:
    assert is_welcome_host(host, "127.0.0.1") is welcome


async def test_foreign_hosts_and_origins_are_refused(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        await site.house.add("label", **api(path="/l"))
        rebound = await site.send("POST", "/l", headers={"Host": "evil.example"})
        page = await site.send("POST", "/l", headers={"Origin": "https://evil.example"})
        assert (rebound.status_code, page.status_code) == (421, 403)
        assert site.house.runs() == []


async def test_a_body_over_the_limit_is_refused(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        await site.house.add("label", **api(path="/l"))
        answer = await site.send("POST", "/l", content=b"x" * 1_048_577)
        assert answer.status_code == 413


async def test_the_same_request_sent_twice_starts_one_run(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        await site.house.add("label", **api())
        headers = {"Idempotency-Key": "order-17"}
        first = await site.send("POST", "/labels/17", headers=headers)
        second = await site.send("POST", "/labels/17", headers=headers)
        assert first.json() == second.json()
        assert len(site.house.runs()) == 1


async def test_a_caller_may_wait_for_the_result(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        site.house.consequences._on_settled.append(site.ends.settled)  # pyright: ignore[reportPrivateUsage]
        await site.house.add("label", **api(path="/l", reply_ms=10_000, auth={"kind": "none"}))
        async with asyncio.TaskGroup() as group:
            calling = group.create_task(site.send("POST", "/l", json={"order": "1"}))
            await until(lambda: bool(site.house.runs()))
            await site.house.finish(site.house.runs()[0]["id"])
        answer = calling.result()
        assert (answer.status_code, answer.json()["status"]) == (200, "success")


async def test_a_caller_who_waited_too_long_gets_the_run_id(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        await site.house.add("label", **api(path="/l", reply_ms=10_000))
        async with asyncio.TaskGroup() as group:
            calling = group.create_task(site.send("POST", "/l", json={"order": "1"}))
            while not calling.done():
                await site.house.clock.advance(10)
                await asyncio.sleep(0.01)
        assert calling.result().status_code == 202


@pytest.mark.req("D102")
async def test_a_call_while_everything_is_stopped_is_recorded_as_stopped(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        await site.house.add("label", **api())
        site.house.write("INSERT INTO engine_state VALUES ('stop_switch', '{}', '')")
        assert (await site.send("POST", "/labels/17")).status_code == 202
        assert site.house.told() == ["skipped(stopped)"]


async def test_a_directive_the_user_paused_is_not_served(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        await site.house.add("label", **api())
        site.house.write("UPDATE user_directives SET status = 'paused', pause_cause = 'user'")
        assert (await site.send("POST", "/labels/17")).status_code == 404
        await site.house.look()
        assert (await site.send("POST", "/labels/17")).status_code == 404
        assert site.house.runs() == []


BEARER = {"Authorization": f"Bearer {TOKEN}"}


async def test_a_local_producer_reports_states(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        warm = [{"kind": "watch", "expr": "sensor.porch > 25"}]
        await site.house.add("warm", type="conditional", when=warm)
        await site.house.turn()
        report = {"state": 27, "attributes": {"unit": "C"}}
        refused = await site.send("PUT", "/states/sensor.porch", json=report)
        assert refused.status_code == 401
        answer = await site.send("PUT", "/states/sensor.porch", json=report, headers=BEARER)
        assert answer.status_code == 204
        assert len(site.house.runs()) == 1
        assert site.house.value("SELECT value_json FROM observations") == "27"


@pytest.mark.parametrize(
    ("path", "body"),
    [("/states/porch", {"state": 1}), ("/states/a.b", {"value": 1}), ("/events/ok", {"data": 1})],
)
async def test_reports_that_make_no_sense_are_refused(
    tmp_path: Path, path: str, body: dict[str, Any]
) -> None:
    async with open_site(tmp_path) as site:
        method = "PUT" if "states" in path else "POST"
        answer = await site.send(method, path, json=body, headers=BEARER)
        assert answer.status_code == 422


async def test_an_event_starts_those_whose_conditions_it_meets(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        event = {"kind": "event", "name": "parcel"}
        for name, more in (
            ("all", {}),
            ("heavy", {"where": "trigger.data.kg > 10"}),
            ("post", {"source": "post"}),
            ("blue", {"data": {"colour": "blue"}}),
        ):
            await site.house.add(name, type="trigger", when=[event | more])
        body = {"data": {"kg": 12, "colour": "red"}, "source": "shop"}
        answer = await site.send("POST", "/events/parcel", json=body, headers=BEARER)
        assert answer.status_code == 202
        assert sorted(row["name"] for row in site.house.runs()) == ["all", "heavy"]


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Bearer x"])
def test_an_empty_token_lets_nobody_in(header: str) -> None:
    assert not is_bearer(Caller("127.0.0.1", {"authorization": header}, b""), "")
