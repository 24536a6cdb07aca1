"""The assembled engine, with the real gate, sandbox, databases, files and sockets."""

import asyncio
import os
import sqlite3
import sys
from collections.abc import AsyncGenerator, Awaitable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import httpx2
import pytest
from pydantic import BaseModel

from aifp.helpers.user_directives.internal.approvals import decide
from aifp.helpers.user_directives.tools import workflow_tools as flow
from aifp.schemas.common import JsonMap
from aifp.schemas.ports import Ctx, Door, HumanAnswer
from aifp.schemas.runs import RunRequest
from aifp.schemas.settings import Settings
from aifp.server.adapters import programs
from aifp.server.adapters.files import ProjectFiles
from aifp.server.adapters.http import GuardedHttp
from aifp.server.adapters.keyring import FileKeyring
from aifp.server.adapters.logfiles import LogFiles
from aifp.server.adapters.machine import HostMachine
from aifp.server.db.connection import open_databases
from aifp.server.engine.assembly import Assembly, Outside
from aifp.server.engine.engine import STOP_GRACE_S, EngineService, Facts
from aifp.server.engine.logs import Logs
from aifp.server.engine.sources.events import Emitted
from aifp.server.engine.starting.plans import Plans
from aifp.server.sandbox.wasm import WasmSandbox
from tests.clock import FakeClock, until

START = datetime(2026, 11, 21, 12, tzinfo=UTC)
TOKEN = "daemon-token"  # noqa: S105


class Yes:
    """A person who approves everything."""

    async def ask(self, key: str, message: str, schema: JsonMap) -> HumanAnswer:
        return HumanAnswer(action="accept", content={"approve": True})

    async def tools_changed(self) -> None:
        pass

    async def progress(self, done: float, total: float | None, message: str) -> None:
        pass


class Notes:
    """Remembers what was told to people."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []

    async def send(self, channel: str, message: str, title: str | None, level: str) -> None:
        self.sent.append((channel, message))


@dataclass
class Engine:
    """One running engine and what a test needs of it."""

    ctx: Ctx
    service: EngineService
    clock: FakeClock
    notes: Notes
    plans: Plans

    async def bring_up(self, name: str, text: str) -> None:
        """Take a directive file all the way to active, as a person and an assistant do."""
        project = self.ctx.settings.project
        (project / f"{name}.yaml").write_text(text, encoding="utf-8")
        ctx = replace(self.ctx, actor="ai")
        await told(flow.user_directive_parse(ctx, f"{name}.yaml"))
        await told(flow.user_directive_validate(ctx, name))
        await told(flow.user_directive_implement(ctx, name))
        await told(flow.user_directive_approve(ctx, name))
        await told(flow.user_directive_activate(ctx, name))
        await until(lambda: name in {plan.name for plan in self.plans})

    async def standing(self, number: int) -> dict[str, Any]:
        """Return one run by its place among those of directives, from 1 on."""
        run_id = await asyncio.to_thread(self._id_of, number)
        row = await self.ctx.directives.one("run_standing", id=run_id)
        return dict(row) if row else {}

    def _id_of(self, number: int) -> int:
        """The engine's own upkeep leaves runs too, whenever it comes by."""
        place = self.ctx.settings.project / ".aifp-project" / "user_directives.db"
        text = "SELECT id FROM runs WHERE kind != 'maintenance' ORDER BY id LIMIT 1 OFFSET ?"
        with closing(sqlite3.connect(place, timeout=30)) as db:  # noqa: TID251
            row = db.execute(text, (number - 1,)).fetchone()
        return int(row[0]) if row else 0

    async def status_of(self, name: str) -> dict[str, Any]:
        ids = await self.ctx.directives.one("directive_ids_by_name", name=name)
        assert ids is not None
        row = await self.ctx.directives.one("directive_status", id=ids["id"])
        return dict(row) if row else {}

    async def until_status(self, name: str, status: str) -> None:
        """Let time pass in steps until a directive stands so."""
        for _ in range(200):
            if (await self.status_of(name))["status"] == status:
                return
            await self.clock.advance(1)
            await asyncio.sleep(0.01)
        raise AssertionError(f"{name} is {await self.status_of(name)}, not {status}")

    async def until_run(self, run_id: int, status: str) -> dict[str, Any]:
        """Let time pass in small steps until a run stands so."""
        for _ in range(600):
            found = await self.standing(run_id)
            if found.get("status") == status:
                return found
            await self.clock.advance(0.05)
            await asyncio.sleep(0.01)
        raise AssertionError(f"run {run_id} is {await self.standing(run_id)}, not {status}")

    async def until_asleep(self, run_id: int) -> None:
        """Wait until a run has put itself to sleep; no time passes meanwhile."""
        for _ in range(3000):
            if (await self.standing(run_id))["wake_at"] is not None:
                return
            await asyncio.sleep(0.01)
        raise AssertionError(f"run {run_id} is {await self.standing(run_id)}, not asleep")


async def told(answering: Awaitable[BaseModel]) -> None:
    """Hear what a tool answers; a refusal is a fault of the test."""
    answer = (await answering).model_dump()
    assert answer.get("success", True), answer


@asynccontextmanager
async def open_engine(
    folder: Path, sandbox: WasmSandbox, clock: FakeClock, **settings: Any
) -> AsyncGenerator[Engine]:
    state, notes, http = folder / ".aifp-project", Notes(), GuardedHttp()
    service = EngineService(Facts(pid=4711, versions={"aifp": "0"}))
    async with open_databases(state) as databases:
        ctx = Ctx(
            databases=databases,
            clock=clock,
            files=ProjectFiles(folder),
            machine=HostMachine(folder),
            sandbox=sandbox,
            engine=service,
            door=cast("Door", Yes()),
            keyring=FileKeyring(folder / "config"),
            settings=Settings(project=folder, config_folder=folder / "config", **settings),
            actor="system",
        )
        outside = Outside(http, notes, Logs(ctx, LogFiles(folder)), TOKEN)
        assembly = Assembly(ctx, service, outside)
        service.furnish(assembly.parts())
        await service.start()
        await until(lambda: assembly.plans.loaded)
        try:
            yield Engine(ctx, service, clock, notes, assembly.plans)
        finally:
            closing = asyncio.ensure_future(service.close())
            while not closing.done():
                await clock.advance(0.5)
                await asyncio.sleep(0.01)
            await closing
            await http.close()


HOURLY = """
directives:
  hourly:
    timezone: UTC
    every: 1h
    do: log "on time"
"""


@pytest.mark.req("D87", "D89")
async def test_a_directive_runs_when_it_is_due(tmp_path: Path, engine_sandbox: WasmSandbox) -> None:
    clock = FakeClock(START)
    async with open_engine(tmp_path, engine_sandbox, clock) as engine:
        await engine.bring_up("hourly", HOURLY)
        await clock.advance(3600)
        await engine.until_run(1, "success")
        status = await engine.service.status()
        assert status.running
        assert status.pid == 4711
        assert [due.next_due_at for due in status.next_due] == ["2026-11-21T14:00:00.000Z"]
        assert set(status.restarts.values()) == {0}


@pytest.mark.req("D86")
async def test_an_engine_without_directives_makes_no_database(
    tmp_path: Path, engine_sandbox: WasmSandbox
) -> None:
    clock = FakeClock(START)
    async with open_engine(tmp_path, engine_sandbox, clock) as engine:
        for _ in range(20):
            await clock.advance(3600)
            await asyncio.sleep(0.01)
        assert await engine.service.emit(Emitted("1", "nobody")) == []
        assert (await engine.service.status()).next_due == []
        assert not (tmp_path / ".aifp-project" / "user_directives.db").exists()


AT_START = """
directives:
  hello:
    timezone: UTC
    on: start
    do: log "good morning"
"""


@pytest.mark.req("D87")
async def test_each_start_of_the_daemon_starts_one_run(
    tmp_path: Path, engine_sandbox: WasmSandbox
) -> None:
    clock = FakeClock(START)
    async with open_engine(tmp_path, engine_sandbox, clock) as engine:
        await engine.bring_up("hello", AT_START)
        assert await engine.standing(1) == {}
    for run in (1, 2):
        await clock.advance(60)
        async with open_engine(tmp_path, engine_sandbox, clock) as engine:
            await engine.until_run(run, "success")


@pytest.mark.req("D89")
async def test_a_restarted_engine_goes_on_with_the_schedule(
    tmp_path: Path, engine_sandbox: WasmSandbox
) -> None:
    clock = FakeClock(START)
    async with open_engine(tmp_path, engine_sandbox, clock) as engine:
        await engine.bring_up("hourly", HOURLY)
    await clock.advance(3600)
    async with open_engine(tmp_path, engine_sandbox, clock) as engine:
        assert await engine.until_run(1, "success")


SLEEPY = """
directives:
  sleepy:
    timezone: UTC
    on: event go
    mode: parallel
    max: 20
    timeout: 1h
    do:
      - wait: 30m
      - log "awake"
"""


@pytest.mark.req("D102")
async def test_the_stop_switch_ends_ten_runs_and_holds_over_a_restart(
    tmp_path: Path, engine_sandbox: WasmSandbox
) -> None:
    clock = FakeClock(START)
    async with open_engine(tmp_path, engine_sandbox, clock) as engine:
        await engine.bring_up("sleepy", SLEEPY)
        await clock.advance(1)
        opened: list[int] = []
        for number in range(10):
            opened += await engine.service.emit(Emitted(str(number), "go"))
        assert len(opened) == 10
        for run in opened:
            await engine.until_run(run, "running")
        began = clock.monotonic()
        assert await engine.service.stop_all("the boiler is on fire") == 10
        assert clock.monotonic() - began <= 2
        for run in opened:
            assert (await engine.standing(run))["status"] == "cancelled"
    async with open_engine(tmp_path, engine_sandbox, clock) as engine:
        (late,) = await engine.service.emit(Emitted("late", "go"))
        assert (await engine.standing(late))["reason"] == "stopped"
        assert (await engine.service.status()).stop_switch == "the boiler is on fire"
        report = flow.run_directive(replace(engine.ctx, actor="ai"), "sleepy")
        assert (await report).model_dump()["success"] is False
        assert await engine.service.resume("user")
        assert (await engine.service.status()).stop_switch is None


STUBBORN = """
directives:
  stubborn:
    timezone: UTC
    on: event go
    timeout: 1h
    do:
      run: bin/stubborn
"""
DEAF = """#!/bin/sh
trap '' TERM
echo $$ > pid
while :; do sleep 1; done
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows asks no program to end")
@pytest.mark.req("D102", "F16")
async def test_the_stop_switch_kills_a_program_that_ignores_being_asked(
    tmp_path: Path, engine_sandbox: WasmSandbox
) -> None:
    clock, pid = FakeClock(START), tmp_path / "pid"
    script = tmp_path / "bin" / "stubborn"
    script.parent.mkdir()
    script.write_text(DEAF)
    script.chmod(0o755)
    async with open_engine(tmp_path, engine_sandbox, clock) as engine:
        await engine.bring_up("stubborn", STUBBORN)
        (run,) = await engine.service.emit(Emitted("1", "go"))
        await engine.until_run(run, "running")
        await until(lambda: pid.exists() and pid.read_text() != "")
        stopping = asyncio.ensure_future(engine.service.stop_all("danger"))
        while not stopping.done():
            await clock.advance(0.05)
            await asyncio.sleep(0.01)
        assert await stopping == 1
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid.read_text()), 0)
        assert (await engine.standing(run))["status"] == "cancelled"


def test_all_that_the_stop_switch_waits_for_fits_into_two_seconds() -> None:
    assert STOP_GRACE_S + programs.GRACE_SECONDS + programs.EMPTYING_SECONDS < 2


API = """
directives:
  greet:
    timezone: UTC
    api: POST /greet/{name}
    auth: none
    reply: result
    input:
      name: string
    do: log "hello"
"""


@pytest.mark.req("D87")
async def test_a_call_over_the_listener_answers_with_the_result(
    tmp_path: Path, engine_sandbox: WasmSandbox, unused_tcp_port: int
) -> None:
    clock = FakeClock(START)
    async with (
        open_engine(tmp_path, engine_sandbox, clock, hooks_port=unused_tcp_port) as engine,
        httpx2.AsyncClient(trust_env=False) as client,
    ):
        await engine.bring_up("greet", API)
        await clock.advance(1)
        url = f"http://127.0.0.1:{unused_tcp_port}/hooks/greet/ann"
        calling = asyncio.ensure_future(client.post(url))
        while not calling.done():
            await clock.advance(0.01)
            await asyncio.sleep(0.01)
        assert (calling.result().status_code, calling.result().json()["status"]) == (200, "success")


@pytest.mark.req("D55")
async def test_a_run_by_hand_goes_through_the_same_checks(
    tmp_path: Path, engine_sandbox: WasmSandbox
) -> None:
    clock = FakeClock(START)
    async with open_engine(tmp_path, engine_sandbox, clock) as engine:
        await engine.bring_up("hourly", HOURLY)
        row = await engine.ctx.directives.one("directive_ids_by_name", name="hourly")
        assert row is not None
        asked = asyncio.ensure_future(
            engine.service.run_now(RunRequest(directive_id=int(str(row["id"]))))
        )
        while not asked.done():
            await clock.advance(0.01)
            await asyncio.sleep(0.01)
        assert asked.result().status == "success"


@pytest.mark.req("D98")
async def test_changed_code_never_runs_and_restored_code_resumes_by_itself(
    tmp_path: Path, engine_sandbox: WasmSandbox
) -> None:
    clock = FakeClock(START)
    async with open_engine(tmp_path, engine_sandbox, clock) as engine:
        await engine.bring_up("hourly", HOURLY)
        code = tmp_path / "src" / "automations" / "hourly.py"
        approved = code.read_bytes()
        code.write_bytes(approved + b"\n# changed\n")
        await clock.advance(3600)
        run = await engine.until_run(1, "skipped")
        assert run["reason"] == "approval_void"
        assert (await engine.status_of("hourly"))["pause_cause"] == "approval_void"
        await clock.advance(3600)
        assert (await engine.until_run(2, "skipped"))["reason"] == "approval_void"
        code.write_bytes(approved)
        await engine.until_status("hourly", "active")
        await clock.advance(3600)
        await engine.until_run(3, "success")


FRAGILE = """
directives:
  fragile:
    timezone: UTC
    every: 1h
    do:
      - {stop: "no luck today", error: true}
    on_failure: notify log "fragile has failed"
"""


@pytest.mark.req("D104", "D94")
async def test_five_failures_give_one_notice_and_stop_the_directive(
    tmp_path: Path, engine_sandbox: WasmSandbox
) -> None:
    clock = FakeClock(START)
    async with open_engine(tmp_path, engine_sandbox, clock) as engine:
        await engine.bring_up("fragile", FRAGILE)
        for _ in range(6):
            await clock.advance(3600)
            for _ in range(20):
                await clock.advance(0.05)
                await asyncio.sleep(0.01)
        await engine.until_status("fragile", "error")
        assert engine.notes.sent == [("log", "fragile has failed")]


ASKING = """
directives:
  asking:
    timezone: UTC
    every: 1h
    approve: each run within 6h else skip
    do: log "allowed"
"""


@pytest.mark.req("D100", "F29")
async def test_a_run_that_asks_waits_over_a_restart_and_goes_on_with_the_answer(
    tmp_path: Path, engine_sandbox: WasmSandbox
) -> None:
    clock = FakeClock(START)
    async with open_engine(tmp_path, engine_sandbox, clock) as engine:
        await engine.bring_up("asking", ASKING)
        await clock.advance(3600)
        await engine.until_run(1, "waiting_for_approval")
    async with open_engine(tmp_path, engine_sandbox, clock) as engine:
        row = await engine.ctx.directives.one("approval_of_run", run_id="1")
        assert row is not None
        await decide(engine.ctx, int(str(row["id"])), "approved", "cli")
        engine.service.wake()
        await engine.until_run(1, "success")
        await clock.advance(3600)
        await engine.until_run(2, "waiting_for_approval")
        await clock.advance(6 * 3600)
        assert (await engine.until_run(2, "skipped"))["reason"] == "approval_expired"


@pytest.mark.req("D100")
async def test_nobody_is_asked_about_a_run_that_was_cancelled(
    tmp_path: Path, engine_sandbox: WasmSandbox
) -> None:
    clock = FakeClock(START)
    async with open_engine(tmp_path, engine_sandbox, clock) as engine:
        await engine.bring_up("asking", ASKING)
        await clock.advance(3600)
        await engine.until_run(1, "waiting_for_approval")
        await engine.service.cancel([1], "not today")
        await engine.until_run(1, "cancelled")
        for _ in range(600):
            row = await engine.ctx.directives.one("approval_of_run", run_id="1")
            if row is not None and row["decision"] == "superseded":
                return
            await clock.advance(0.05)
            await asyncio.sleep(0.01)
        raise AssertionError("the request is still open")
