"""D104 from end to end: the sandbox, the engine and a channel that may be dead."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
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
    do: {read_file: data/news.txt}
    on_failure: {notify: log, message: "no news"}
    on_recovery: {notify: log, message: "news again"}
"""
NEWS = "data/news.txt"


async def hour(engine: Engine, done: Callable[[], Awaitable[bool]]) -> None:
    """Let an hour pass, and then so much that what follows is over."""
    await engine.clock.advance(3600)
    for _ in range(600):
        if await done():
            return
        await engine.clock.advance(0.05)
        await asyncio.sleep(0.01)
    raise AssertionError(engine.notes.sent)


async def ended(engine: Engine) -> int:
    rows = await engine.ctx.directives.all("recent_runs", directive_id=None, limit=100)
    return len([r for r in rows if r["status"] in ("success", "failure")])


async def alerts(engine: Engine) -> list[str]:
    rows = await engine.ctx.directives.all("alerts_by_state", state="open", severity=None, limit=50)
    return sorted(str(row["code"]) for row in rows)


@pytest.mark.req("D104")
async def test_a_channel_hears_of_each_change_once(
    tmp_path: Path, engine_sandbox: WasmSandbox
) -> None:
    async with open_engine(tmp_path, engine_sandbox, FakeClock(START)) as engine:
        await engine.bring_up("reader", READER)
        # One run each hour, and one more for each notice.
        for runs in (2, 3, 4):
            await hour(engine, partial(have_ended, engine, runs))
        assert engine.notes.sent == [("log", "no news")]
        (tmp_path / "data").mkdir()
        (tmp_path / NEWS).write_text("all is well", encoding="utf-8")
        for runs in (6, 7):
            await hour(engine, partial(have_ended, engine, runs))
        assert engine.notes.sent == [("log", "no news"), ("log", "news again")]
        assert await alerts(engine) == []


async def have_ended(engine: Engine, runs: int) -> bool:
    return await ended(engine) >= runs


@pytest.mark.req("D104")
async def test_a_dead_channel_raises_an_alert(
    tmp_path: Path, engine_sandbox: WasmSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dead(channel: str, message: str, title: str | None, level: str) -> None:
        raise DependencyMissing("the channel does not answer")

    async def told() -> bool:
        return await alerts(engine) == ["directive_failing", "notice_failed"]

    async with open_engine(tmp_path, engine_sandbox, FakeClock(START)) as engine:
        await engine.bring_up("reader", READER)
        monkeypatch.setattr(engine.notes, "send", dead)
        await hour(engine, told)
