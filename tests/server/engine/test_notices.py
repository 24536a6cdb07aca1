"""D104 from end to end: the sandbox, the engine and a channel that may be dead."""

import asyncio
from pathlib import Path

import pytest

from aifp.schemas.errors import DependencyMissing
from aifp.server.sandbox.wasm import WasmSandbox
from tests.clock import FakeClock
from tests.server.engine.test_whole_engine import START, Engine, open_engine

READER = """
directives:
  reader:
    timezone: UTC
    every: 1h
    do: read_file data/news.txt
    on_failure: {notify: log, message: "no news"}
    on_recovery: {notify: log, message: "news again"}
"""
NEWS = "data/news.txt"


async def hours(engine: Engine, count: int) -> None:
    """Let so many hours pass, and each time wait until nothing runs any more."""
    for _ in range(count):
        await engine.clock.advance(3600)
        for _ in range(400):
            await engine.clock.advance(0.05)
            await asyncio.sleep(0.01)
            if await is_quiet(engine):
                break


async def is_quiet(engine: Engine) -> bool:
    rows = await engine.ctx.directives.all("recent_runs", directive_id=None, limit=100)
    last = max(str(row["due_at"]) for row in rows) if rows else ""
    is_open = any(row["status"] in ("queued", "running") for row in rows)
    return not is_open and last[:13] == engine.clock.now().isoformat()[:13]


async def alerts(engine: Engine) -> list[str]:
    rows = await engine.ctx.directives.all("alerts_by_state", state="open", severity=None, limit=50)
    return sorted(str(row["code"]) for row in rows)


@pytest.mark.req("D104")
async def test_a_channel_hears_of_each_change_once(
    tmp_path: Path, engine_sandbox: WasmSandbox
) -> None:
    async with open_engine(tmp_path, engine_sandbox, FakeClock(START)) as engine:
        await engine.bring_up("reader", READER)
        await hours(engine, 3)
        assert engine.notes.sent == [("log", "no news")]
        (tmp_path / "data").mkdir()
        (tmp_path / NEWS).write_text("all is well", encoding="utf-8")
        await hours(engine, 2)
        assert engine.notes.sent == [("log", "no news"), ("log", "news again")]
        assert await alerts(engine) == []


@pytest.mark.req("D104")
async def test_a_dead_channel_raises_an_alert(
    tmp_path: Path, engine_sandbox: WasmSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dead(channel: str, message: str, title: str | None, level: str) -> None:
        raise DependencyMissing("the channel does not answer")

    async with open_engine(tmp_path, engine_sandbox, FakeClock(START)) as engine:
        await engine.bring_up("reader", READER)
        monkeypatch.setattr(engine.notes, "send", dead)
        await hours(engine, 2)
        assert await alerts(engine) == ["directive_failing", "notice_failed"]
