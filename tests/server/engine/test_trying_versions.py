"""The whole way of a proposal through the running engine: tested, shadowed, asked about."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aifp.helpers.lifecycle.internal.reconciling import sync_from_filesystem
from aifp.helpers.lifecycle.tools import testing_tools as tools
from aifp.helpers.lifecycle.tools.approval_tools import request_approval
from aifp.helpers.lifecycle.tools.deploy_tools import safe_deploy
from aifp.schemas.approvals import Approved
from aifp.schemas.deploying import Deployed, Unproven
from aifp.schemas.ports import Ctx
from aifp.schemas.runs import RunRequest, ToolRequest
from aifp.schemas.testing import TestReport, VersionTested
from aifp.server.sandbox.wasm import WasmSandbox
from tests.clock import FakeClock
from tests.server.engine.loopback import Loopback
from tests.server.engine.test_whole_engine import START, Engine, open_engine

NAME = 'def run(name: str) -> str:\n    """Name somebody."""\n    return name.title()\n'


def letter(server: Loopback, more: str = "") -> str:
    return f'''"""Letters."""

TEST_CASES = [{{"input": {{"to": "ada"}}, "should_raise": "TypeError"}},
              {{"input": {{"to": "bo"}}, "expected_output": "Bo",
                "answers": [{{"function": "tool", "value": "Bo"}}]}}]


def run(ctx, to: str) -> str:
    """Write to somebody."""
    who = ctx.tool("naming", {{"name": to}})
    ctx.http("GET", "{server.url("/address")}")
    ctx.http("POST", "{server.url("/lamp")}", json={{"to": who.upper() if who else who + to}})
    {more or "pass"}
    return who
'''


async def approve(ctx: Ctx, name: str, text: str) -> None:
    """Put a file into the folder, and let the person say yes."""
    place = ctx.settings.project / "tools" / f"{name}.py"
    place.parent.mkdir(exist_ok=True)
    await asyncio.to_thread(place.write_text, text, encoding="utf-8")
    await sync_from_filesystem(ctx)
    answer = await request_approval(ctx, "artifact", name)
    assert isinstance(answer, Approved), answer


async def until_shadowed(engine: Engine, ctx: Ctx, cases: int) -> TestReport:
    """Let the engine go round until it has gone along with so many runs."""
    for _ in range(2_000):
        found: Any = await tools.get_test_results(ctx, "letter", 2)
        report = next(one for one in found if one.strategy == "shadow")
        if report.cases >= cases:
            return report
        await engine.clock.advance(0.01)
        await asyncio.sleep(0.01)
    raise AssertionError("the shadow never came along")


@pytest.mark.req("T05", "T07", "T09", "S21")
async def test_a_tool_that_sends_is_shadowed_by_the_engine_before_anybody_is_asked(
    tmp_path: Path, engine_sandbox: WasmSandbox, server: Loopback
) -> None:
    async with open_engine(tmp_path, engine_sandbox, FakeClock(START)) as engine:
        ctx = replace(engine.ctx, actor="ai")
        await approve(ctx, "naming", NAME)
        await approve(ctx, "letter", letter(server))
        call = ToolRequest(name="letter", input={"to": "ada"})
        assert (await engine.service.run_now(call)).result == "Ada"
        better = letter(server) + "\n# said better\n"
        answer = await safe_deploy(ctx, "letter", better, "enhancement")
        assert isinstance(answer, Unproven), answer
        assert answer.missing == ["shadow (insufficient_data: 0 runs shadowed, 10 are needed)"]
        for _ in range(10):
            assert (await engine.service.run_now(call)).success
        report = await until_shadowed(engine, ctx, 10)
        assert (report.agreements, report.disagreements, report.passed) == (10, 0, True)
        # Eleven live runs lit the lamp eleven times; the tests, the shadow and the replay none.
        replayed = await tools.test_version(ctx, "letter", 2, "replay")
        assert isinstance(replayed, VersionTested), replayed
        assert replayed.results["replay"].agreements == 11 and replayed.results["replay"].passed
        assert len(server.calls("POST", "/lamp")) == 11
        assert len(server.calls("GET", "/address")) == 11
        done = await safe_deploy(ctx, "letter", better, "enhancement")
        assert isinstance(done, Deployed), done
        assert (await engine.service.run_now(call)).result == "Ada"


@pytest.mark.req("T09")
async def test_a_version_that_would_send_twice_is_found_out_by_its_shadow(
    tmp_path: Path, engine_sandbox: WasmSandbox, server: Loopback
) -> None:
    async with open_engine(tmp_path, engine_sandbox, FakeClock(START)) as engine:
        ctx = replace(engine.ctx, actor="ai")
        await approve(ctx, "naming", NAME)
        await approve(ctx, "letter", letter(server))
        call = ToolRequest(name="letter", input={"to": "ada"})
        await engine.service.run_now(call)
        again = f'ctx.http("POST", "{server.url("/lamp")}", json={{"to": "everybody"}})'
        answer = await safe_deploy(ctx, "letter", letter(server, again), "enhancement")
        assert isinstance(answer, Unproven), answer
        for _ in range(10):
            await engine.service.run_now(call)
        report = await until_shadowed(engine, ctx, 10)
        assert (report.agreements, report.passed) == (0, False)
        assert "does as well: http" in report.details[0].told[0]
        assert len(server.calls("POST", "/lamp")) == 11
        refused = await safe_deploy(ctx, "letter", letter(server, again), "enhancement")
        assert isinstance(refused, Unproven), refused
        assert "shadow (failed" in refused.missing[0]


COUNTING = """
directives:
  counting:
    timezone: Europe/Berlin
    every: 1h
    vars: {word: times}
    steps:
      - remember: {seen: "{{ memory.seen | default(0) + 1 }}"}
      - {notify: log, message: "{{ memory.seen }} {{ vars.word }} on {{ run.date }} {{ run.id }}"}
"""


@pytest.mark.req("T07", "T11")
async def test_the_code_of_a_directive_replays_its_own_runs(
    tmp_path: Path, engine_sandbox: WasmSandbox
) -> None:
    async with open_engine(tmp_path, engine_sandbox, FakeClock(START)) as engine:
        await engine.bring_up("counting", COUNTING)
        ctx = replace(engine.ctx, actor="ai")
        row = await ctx.directives.one("directive_ids_by_name", name="counting")
        assert row is not None
        request = RunRequest(directive_id=int(str(row["id"])))
        for _ in range(10):
            assert (await engine.service.run_now(request)).success
        assert len(engine.notes.sent) == 10
        answer = await tools.test_version(ctx, "counting", 1, "replay")
        assert isinstance(answer, VersionTested), answer
        report = answer.results["replay"]
        assert (report.cases, report.agreements, report.passed) == (10, 10, True), report
        made_up = await tools.test_version(ctx, "counting", 1, "synthetic")
        assert isinstance(made_up, VersionTested) and made_up.results["synthetic"].passed
        assert len(engine.notes.sent) == 10
