"""A tool that breaks after a deployment goes back by itself, through the real doors."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from aifp.helpers.lifecycle.tools.approval_tools import request_approval
from aifp.helpers.lifecycle.tools.deploy_tools import safe_deploy
from aifp.helpers.lifecycle.tools.health_tools import get_deployment_health
from aifp.helpers.lifecycle.tools.statistics_tools import get_lifecycle_events
from aifp.helpers.lifecycle.tools.sync_tools import sync_and_reconcile
from aifp.helpers.user_directives.tools import workflow_tools as flow
from aifp.schemas.approvals import Approved
from aifp.schemas.deploying import Deployed
from aifp.schemas.errors import AifpError
from aifp.schemas.health import DeploymentHealth
from aifp.schemas.runs import RunReport, ToolRequest
from aifp.schemas.tool_sync import SyncReport
from aifp.server.sandbox.wasm import WasmSandbox
from tests.clock import FakeClock
from tests.server.engine.test_whole_engine import START, Engine, open_engine, told

GOOD = '''"""Add."""

CHARACTERISTICS = {"effect_class": "read_only", "idempotent": True, "side_effects": False}
TEST_CASES = [{"input": {"a": 1, "b": 2}, "expected_output": 3}]


def run(a: int, b: int = 1) -> int:
    """Add two numbers."""
    return a + b
'''
# A fault that no made-up case meets.
BAD = GOOD.replace("return a + b", "return a + (str(b) if a == 4711 else b)")


class Bench:
    """One running engine with a tool that is proven."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.ctx = engine, replace(engine.ctx, actor="ai")
        self.file = engine.ctx.settings.project / "tools" / "add.py"

    async def bring_up(self) -> None:
        self.file.parent.mkdir()
        self.file.write_text(GOOD, encoding="utf-8")
        assert isinstance(await sync_and_reconcile(self.ctx), SyncReport)
        answer = await request_approval(self.ctx, "artifact", "add")
        assert isinstance(answer, Approved), answer

    async def deploy(self, code: str) -> None:
        answer = await safe_deploy(self.ctx, "add", code, "enhancement")
        assert isinstance(answer, Deployed), answer

    async def call(self, times: int = 1) -> RunReport:
        """Call the tool, and let the engine look after it."""
        for _ in range(times):
            report = await self.engine.service.run_now(ToolRequest(name="add", input={"a": 4711}))
            await self.engine.clock.advance(1)
        return report  # pyright: ignore[reportPossiblyUnboundVariable]

    async def alerts(self) -> list[str]:
        rows = await self.ctx.directives.all(
            "alerts_by_state", state="open", severity=None, limit=9
        )
        return [str(row["code"]) for row in rows]

    async def until_alert(self, code: str) -> None:
        for _ in range(400):
            if code in await self.alerts():
                return
            await self.engine.clock.advance(0.05)
            await asyncio.sleep(0.01)
        raise AssertionError(f"{code} never came: {await self.alerts()}")


@pytest.mark.req("T15", "T16", "T06")
async def test_broken_code_is_rolled_back_after_its_third_failure(
    tmp_path: Path, engine_sandbox: WasmSandbox
) -> None:
    async with open_engine(tmp_path, engine_sandbox, FakeClock(START)) as engine:
        bench = Bench(engine)
        await bench.bring_up()
        assert (await bench.call(3)).result == 4712
        await bench.deploy(BAD)
        assert bench.file.read_text(encoding="utf-8") == BAD
        broken = await bench.call(3)
        assert not broken.success
        await bench.until_alert("rolled_back")
        assert bench.file.read_text(encoding="utf-8") == GOOD
        assert (await bench.call()).result == 4712
        seen = await get_deployment_health(bench.ctx, "add")
        assert isinstance(seen, DeploymentHealth), seen
        assert seen.deployment.deployment_type == "rollback"
        assert (seen.deployment.deployed_by, seen.deployment.reason) == (
            "system",
            "signature_change",
        )
        assert seen.current.runs == 1
        events = await get_lifecycle_events(bench.ctx, "add", "rolled_back")
        assert isinstance(events, list)
        assert [event.triggered_by for event in events] == ["system"]


@pytest.mark.req("T17")
async def test_a_second_broken_release_switches_the_tool_off(
    tmp_path: Path, engine_sandbox: WasmSandbox
) -> None:
    async with open_engine(tmp_path, engine_sandbox, FakeClock(START)) as engine:
        bench = Bench(engine)
        await bench.bring_up()
        await bench.call(3)
        await bench.deploy(BAD)
        await bench.call(3)
        await bench.until_alert("rolled_back")
        await bench.call(3)
        again = BAD + "# again\n"
        await bench.deploy(again)
        await bench.call(3)
        await bench.until_alert("deployment_stopped")
        assert bench.file.read_text(encoding="utf-8") == again
        with pytest.raises(AifpError, match="switched off"):
            await bench.call()


SUMS = """timezone: UTC
directives:
  sums:
    every: 1h
    steps:
      - {id: total, code: add_up, with: {numbers: [4711, 2]}}
      - {id: tell, notify: log, message: "{{ steps.total.sum }} today"}
"""
ADD_UP = '''"""Sums."""


def add_up(numbers: list[float]) -> dict[str, float]:
    """Add numbers up."""
    return {"sum": sum(numbers)}
'''
BROKEN = ADD_UP.replace("sum(numbers)", 'sum(numbers) + ("x" if 4711 in numbers else 0)')


@pytest.mark.req("T15", "T16")
async def test_the_code_of_a_directive_goes_back_as_a_whole(
    tmp_path: Path, engine_sandbox: WasmSandbox
) -> None:
    async with open_engine(tmp_path, engine_sandbox, FakeClock(START)) as engine:
        bench = Bench(engine)
        (tmp_path / "sums.yaml").write_text(SUMS, encoding="utf-8")
        await told(flow.user_directive_parse(bench.ctx, "sums.yaml"))
        await told(flow.user_directive_validate(bench.ctx, "sums"))
        for code in (ADD_UP, BROKEN):
            await told(flow.user_directive_implement(bench.ctx, "sums", code))
            await told(flow.user_directive_approve(bench.ctx, "sums"))
            await told(flow.user_directive_activate(bench.ctx, "sums"))
            for _ in range(3):
                assert await runs(bench) == (code == ADD_UP)
        await bench.until_alert("rolled_back")
        assert await runs(bench)
        assert (await engine.status_of("sums"))["status"] == "active"
        assert (tmp_path / "src/automations/sums_code.py").read_text(encoding="utf-8") == ADD_UP


async def runs(bench: Bench) -> bool:
    """Run the directive, and say whether it went well."""
    report = await flow.run_directive(bench.ctx, "sums")
    assert isinstance(report, RunReport), report
    await bench.engine.clock.advance(1)
    return report.success
