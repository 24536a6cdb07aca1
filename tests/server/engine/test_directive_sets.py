"""Each directive file is a set of its own, and each project a world of its own."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aifp.helpers.user_directives.tools import workflow_tools as flow
from aifp.schemas.ports import Ctx
from aifp.schemas.runs import RunRequest
from aifp.server.sandbox.wasm import WasmSandbox
from tests.clock import FakeClock, until
from tests.server.engine.test_whole_engine import START, Engine, open_engine, told

HOUSE = """
timezone: Europe/Madrid
directives:
  lamps:
    every: 1h
    do: log "lamps"
  heating:
    every: 1h
    do: log "heating"
"""
OFFICE = """
timezone: Asia/Tokyo
directives:
  backup:
    every: 1h
    do: log "backup"
"""


def assistant(engine: Engine) -> Ctx:
    return replace(engine.ctx, actor="ai")


async def bring_up_set(engine: Engine, file: str, text: str, *names: str) -> None:
    """Take every directive of a file to approved, then switch the whole file on."""
    (engine.ctx.settings.project / file).write_text(text, encoding="utf-8")
    await told(flow.user_directive_parse(assistant(engine), file))
    for name in names:
        await told(flow.user_directive_validate(assistant(engine), name))
        await told(flow.user_directive_implement(assistant(engine), name))
        await told(flow.user_directive_approve(assistant(engine), name))
    await told(flow.user_directive_activate(assistant(engine), source_file=file))
    await until(lambda: set(names) <= {plan.name for plan in engine.plans})


async def runs_of(engine: Engine) -> list[tuple[str, str]]:
    rows = await engine.ctx.directives.all("recent_runs", directive_id=None, limit=100)
    return [(str(row["directive_name"]), str(row["status"])) for row in reversed(rows)]


async def next_hour(engine: Engine, runs: int) -> None:
    """Let an hour pass, and wait until so many runs in all have ended well."""
    await engine.clock.advance(3600)
    for _ in range(600):
        found = await runs_of(engine)
        if len(found) >= runs and all(status == "success" for _, status in found):
            return
        await engine.clock.advance(0.05)
        await asyncio.sleep(0.01)
    raise AssertionError(await runs_of(engine))


@pytest.mark.req("D85")
async def test_a_set_that_is_switched_off_leaves_the_other_firing(
    tmp_path: Path, engine_sandbox: WasmSandbox
) -> None:
    async with open_engine(tmp_path, engine_sandbox, FakeClock(START)) as engine:
        await bring_up_set(engine, "house.yaml", HOUSE, "lamps", "heating")
        await bring_up_set(engine, "office.yaml", OFFICE, "backup")
        zones = {plan.name: plan.directive.timezone for plan in engine.plans}
        assert zones == {
            "lamps": "Europe/Madrid",
            "heating": "Europe/Madrid",
            "backup": "Asia/Tokyo",
        }
        await next_hour(engine, 3)
        await told(flow.user_directive_deactivate(assistant(engine), source_file="house.yaml"))
        await next_hour(engine, 4)
        assert [name for name, _ in (await runs_of(engine))[3:]] == ["backup"]
        assert (await engine.status_of("lamps"))["status"] == "paused"
        assert (await engine.status_of("heating"))["status"] == "paused"
        await told(flow.user_directive_activate(assistant(engine), source_file="house.yaml"))
        await next_hour(engine, 7)
        later = sorted(name for name, _ in (await runs_of(engine))[4:])
        assert later == ["backup", "heating", "lamps"]


@pytest.mark.req("D85")
async def test_a_name_belongs_to_one_set_of_the_project(
    tmp_path: Path, engine_sandbox: WasmSandbox
) -> None:
    async with open_engine(tmp_path, engine_sandbox, FakeClock(START)) as engine:
        await bring_up_set(engine, "office.yaml", OFFICE, "backup")
        (tmp_path / "other.yaml").write_text(OFFICE.replace("1h", "2h"), encoding="utf-8")
        answer = (await flow.user_directive_parse(assistant(engine), "other.yaml")).model_dump()
        assert answer["directives"] == []
        assert "office.yaml" in answer["errors"][0]["message"]
        assert (await engine.status_of("backup"))["status"] == "active"


@pytest.mark.req("D85")
async def test_two_projects_see_nothing_of_each_other(
    tmp_path: Path, engine_sandbox: WasmSandbox
) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    clock = FakeClock(START)
    async with (
        open_engine(tmp_path / "one", engine_sandbox, clock) as one,
        open_engine(tmp_path / "two", engine_sandbox, clock) as two,
    ):
        await bring_up_set(one, "office.yaml", OFFICE, "backup")
        nothing: Any = (await flow.user_directive_status(assistant(two))).model_dump()
        assert (nothing["counts"], nothing["directives"]) == ({}, [])
        await bring_up_set(two, "office.yaml", OFFICE.replace("backup", "copies"), "copies")
        # What a person of one project signed counts for nothing in the other.
        assert one.ctx.keyring.seal("yes") != two.ctx.keyring.seal("yes")
        report = await one.service.run_now(RunRequest(directive_id=1, dry_run=False))
        assert report.success
        assert await runs_of(two) == []
        await next_hour(two, 1)
        assert await runs_of(two) == [("copies", "success")]
        assert {name for name, _ in await runs_of(one)} == {"backup"}
