"""D10: an archived directive starts nothing; what runs ends in its time, what was stays."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from aifp.server.sandbox.wasm import WasmSandbox
from tests.clock import FakeClock
from tests.helpers.user_directives.calls import called
from tests.server.engine.test_whole_engine import START, Engine, open_engine

HOURLY_NAP = """
directives:
  nap:
    timezone: UTC
    every: 1h
    do:
      - wait: 30m
      - log "awake"
"""


async def let_pass(engine: Engine, seconds: int) -> None:
    """Let time pass in steps, so that whatever wants to start can."""
    for _ in range(seconds // 600):
        await engine.clock.advance(600)
        await asyncio.sleep(0.01)


@pytest.mark.req("D10")
async def test_a_run_that_sleeps_ends_after_its_directive_is_archived(
    tmp_path: Path, engine_sandbox: WasmSandbox
) -> None:
    async with open_engine(tmp_path, engine_sandbox, FakeClock(START)) as engine:
        ctx = replace(engine.ctx, actor="ai")
        await engine.bring_up("nap", HOURLY_NAP)
        await engine.clock.advance(3600)
        await engine.until_run(1, "running")
        # Time that passes while it still works, before it sleeps, would be its working time.
        await engine.until_asleep(1)
        archived = await called(ctx, "archive_directive", directive_id=1)
        assert archived == {"success": True, "archived_date": "2026-11-21"}
        assert (await engine.standing(1))["status"] == "running"
        await let_pass(engine, 2400)
        await engine.until_run(1, "success")
        await let_pass(engine, 6 * 3600)
        runs = await called(ctx, "get_recent_executions")
        assert [(run["id"], run["status"]) for run in runs["result"]] == [(1, "success")]
        trace = await called(ctx, "get_run_trace", run_id=1)
        assert [step["function"] for step in trace["result"]] == ["sleep", "log"]
        stats = await called(ctx, "get_execution_stats", directive_id=1)
        assert (stats["total_executions"], stats["last_status"]) == (1, "success")
        found = await called(ctx, "get_directive_by_id", directive_id=1)
        assert (found["status"], found["approved"]) == ("archived", True)
        again = await called(ctx, "archive_directive", directive_id=1)
        assert again == archived
