"""Runs of the process sandbox go on from their record exactly as those in WebAssembly do."""

import json
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from aifp.server.sandbox.confined.sandbox import missing, open_process_sandbox
from tests.server.engine.loopback import Loopback
from tests.server.engine.workbench import (
    Abandoned,
    Abandoning,
    Workbench,
    host_permission,
    open_workbench,
)

CODE = """
import os, random, time, uuid
from datetime import datetime

def execute_night_light(ctx):
    seen = []
    for place in ("a", "b", "c"):
        drawn = [random.random(), random.Random().random(), str(uuid.uuid4()), os.urandom(4).hex()]
        drawn += [time.time(), str(datetime.now()), hash(place), [*{"x", "y", "z"}]]
        reply = ctx.http("POST", "URL" + place, json={"drawn": drawn})
        seen.append([drawn, reply["status"]])
    both = ctx.branches([lambda n=n: branch(ctx, n) for n in (1, 2)])
    return [seen, both]

async def branch(ctx, number):
    await ctx.aio.log("info", f"{number} {uuid.uuid4()}")
    await ctx.aio.log("info", "again")
    return number
"""


@pytest.fixture
async def confined_bench(tmp_path: Path) -> AsyncGenerator[Workbench]:
    if missing() is not None:
        pytest.skip(f"compiled packages need {missing()}")
    async with (
        open_process_sandbox(workers=1) as sandbox,
        open_workbench(tmp_path, sandbox) as workbench,
    ):
        yield workbench


@pytest.mark.req("D95", "D96", "F02")
async def test_a_run_cut_off_anywhere_goes_on_with_the_same_time_and_randomness(
    confined_bench: Workbench, server: Loopback
) -> None:
    bench = confined_bench
    release = await bench.directive(
        CODE.replace("URL", server.url("/")), host_permission(server.port)
    )
    run_id = await bench.run(release)
    for place in ("after_intent", "after_effect"):
        with pytest.raises(Abandoned):
            await bench.driver(Abandoning(place)).drive(run_id)
    ended = await bench.driver().drive(run_id)
    assert ended.status == "success", await bench.steps(run_id)
    assert len(server.unique_keys()) == 3
    told = json.loads((await bench.row(run_id))["output_summary"])
    assert told[1] == [1, 2]
    attempts = await bench.look("SELECT sandbox_id FROM run_attempts WHERE run_id = ?", run_id)
    assert attempts[0]["sandbox_id"].startswith("process-linux-")
