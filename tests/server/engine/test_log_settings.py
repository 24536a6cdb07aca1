"""Log settings that a tool changes, in the logs of the real engine."""

import json
from pathlib import Path
from typing import Any

import pytest

from aifp.helpers.user_directives.tools.logging_tools import toggle_logging, update_logging_config
from aifp.schemas.log_settings import LogChanged, LogToggled
from aifp.server.engine.lifecycle_log import LifecycleLog
from tests.server.engine.workbench import Workbench

TALKS = """
def execute_night_light(ctx):
    for n in range(15):
        ctx.log("info", "x" * 50_000)
"""
FAILS = """
def execute_night_light(ctx):
    raise ValueError("no luck")
"""
ROLLUPS = "SELECT success, failure FROM run_daily WHERE subject_kind = 'directive'"


def lines(folder: Path) -> list[dict[str, Any]]:
    files = sorted(folder.glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


@pytest.mark.req("D29")
async def test_a_new_rotation_size_applies_to_the_next_rotation(bench: Workbench) -> None:
    release = await bench.directive(TALKS)
    folder = bench.project / ".aifp-project/logs/execution"
    for key in ("due-1", "due-2"):
        await bench.driver().drive(await bench.run(release, key))
    # 1.5 MB in one file: the size in force is 50 MB.
    assert [file.name for file in folder.iterdir()] == ["execution-2026-11-21.jsonl"]
    answer = await update_logging_config(bench.ctx, "execution", rotation_size_mb=1)
    assert answer == LogChanged()
    await bench.driver().drive(await bench.run(release, "due-3"))
    names = {file.name.removesuffix(".gz") for file in folder.iterdir()}
    assert names == {"execution-2026-11-21.jsonl", "execution-2026-11-21.2.jsonl"}
    second = lines(folder)
    assert {line["run_id"] for line in second if line} >= {3}


@pytest.mark.req("D30")
async def test_a_log_that_is_switched_off_has_no_new_lines_until_it_is_on_again(
    bench: Workbench,
) -> None:
    release = await bench.directive(FAILS)
    errors = bench.project / ".aifp-project/logs/errors"
    told = bench.project / ".aifp-project/logs/execution"

    async def run(key: str) -> int:
        run_id = await bench.run(release, key)
        await bench.driver().drive(run_id)
        return run_id

    first = await run("due-1")
    off = await toggle_logging(bench.ctx, "error", enabled=False)
    assert off == LogToggled(log_type="error", enabled=False)
    silent = await run("due-2")
    assert [line["run_id"] for line in lines(errors)] == [first]
    # Everything else is recorded as before: the row, the totals, the other log.
    row = await bench.row(silent)
    assert (row["status"], row["error_message"]) == ("failure", "no luck")
    assert await bench.look(ROLLUPS) == [{"success": 0, "failure": 2}]
    assert {line["run_id"] for line in lines(told)} == {first, silent}
    await toggle_logging(bench.ctx, "error", enabled=True)
    third = await run("due-3")
    assert [line["run_id"] for line in lines(errors)] == [first, third]


@pytest.mark.req("D30")
async def test_events_are_kept_while_the_lifecycle_log_is_off(bench: Workbench) -> None:
    await bench.directive(FAILS)
    follower = LifecycleLog(bench.ctx, bench.kit.logs)
    await toggle_logging(bench.ctx, "lifecycle", enabled=False)
    await follower.turn(bench.clock.now())
    assert lines(bench.project / ".aifp-project/logs/lifecycle") == []
    events = await bench.look("SELECT event_type, subject_id FROM events")
    assert events == [{"event_type": "logging_switched", "subject_id": "lifecycle"}]
    await toggle_logging(bench.ctx, "lifecycle", enabled=True)
    await follower.turn(bench.clock.now())
    assert len(lines(bench.project / ".aifp-project/logs/lifecycle")) == 1
