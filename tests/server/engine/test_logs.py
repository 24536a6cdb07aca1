"""Log lines of runs."""

import json
from pathlib import Path

import pytest

from aifp.server.engine.driving.endings import Ending
from tests.server.engine.workbench import Workbench

FAIL = """
def execute_night_light(ctx):
    ctx.log("info", "hello")
    ctx.state("get", "x")
    raise ValueError("no luck")
"""


def lines(folder: Path) -> list[dict[str, object]]:
    files = sorted(folder.glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


@pytest.mark.req("D69")
async def test_a_run_and_each_step_have_one_line_and_a_failure_its_own(bench: Workbench) -> None:
    release = await bench.directive(FAIL)
    await bench.driver().drive(await bench.run(release, "due-0"))
    run_id = await bench.run(release)
    await bench.driver().drive(run_id)
    logs = bench.project / ".aifp-project/logs"
    own = [line for line in lines(logs / "execution") if line["run_id"] == run_id]
    assert [(line["status"], line.get("call")) for line in own] == [
        ("running", None),
        ("log", None),
        ("ok", "log"),
        ("ok", "state"),
        ("failure", None),
    ]
    assert own[1]["message"] == "hello"
    assert all(line["directive"] == "night_light" and line["time"] for line in own)
    assert isinstance(own[-1]["duration_ms"], int)
    failure = lines(logs / "errors")[-1]
    assert (failure["type"], failure["message"]) == ("ValueError", "no luck")
    assert "execute_night_light" in str(failure["trace"])


@pytest.mark.req("D69", "D80")
async def test_the_run_row_points_at_the_first_line_of_the_run(bench: Workbench) -> None:
    release = await bench.directive(FAIL)
    for key in ("due-1", "due-2"):
        run_id = await bench.run(release, key)
        await bench.driver().drive(run_id)
        row = await bench.row(run_id)
        data = (bench.project / row["log_file"]).read_bytes()
        first = json.loads(data[row["log_offset"] :].splitlines()[0])
        assert (first["run_id"], first["status"], first["attempt"]) == (run_id, "running", 1)


@pytest.mark.req("D72")
async def test_an_unwritable_log_folder_stops_no_run_and_opens_one_alert(
    bench: Workbench,
) -> None:
    (bench.project / ".aifp-project").mkdir(exist_ok=True)
    (bench.project / ".aifp-project/logs").write_text("in the way")
    release = await bench.directive(FAIL.replace('raise ValueError("no luck")', "return 1"))
    for key in ("due-1", "due-2"):
        run_id = await bench.run(release, key)
        assert (await bench.driver().drive(run_id)).status == "success"
        assert (await bench.row(run_id))["log_file"] is None
    assert await bench.look("SELECT code, state FROM alerts") == [
        {"code": "log_write_failed", "state": "open"}
    ]


@pytest.mark.req("D113")
async def test_a_run_may_log_a_megabyte_and_the_end_is_noted(bench: Workbench) -> None:
    code = """
def execute_night_light(ctx):
    for n in range(30):
        ctx.log("info", "x" * 50_000)
"""
    run_id = await bench.run(await bench.directive(code))
    assert (await bench.driver().drive(run_id)).status == "success"
    said = [
        line
        for line in lines(bench.project / ".aifp-project/logs/execution")
        if line["status"] == "log"
    ]
    assert len(said) == 21
    assert said[-1]["message"] == "The run has logged 1 MB; nothing more of it is kept."


@pytest.mark.req("D69")
async def test_a_log_that_is_switched_off_stays_empty(bench: Workbench) -> None:
    release = await bench.directive(FAIL)
    await bench.write("UPDATE logging_config SET enabled = 0 WHERE log_type = 'execution'")
    await bench.driver().drive(await bench.run(release))
    logs = bench.project / ".aifp-project/logs"
    assert not (logs / "execution").exists()
    assert len(lines(logs / "errors")) == 1


@pytest.mark.req("D69")
async def test_changed_settings_are_in_force_with_the_next_run(bench: Workbench) -> None:
    release = await bench.directive(FAIL)
    await bench.driver().drive(await bench.run(release))
    await bench.write(
        "UPDATE logging_config SET log_directory = 'elsewhere/' WHERE log_type = 'error'"
    )
    await bench.driver().drive(await bench.run(release, "due-2"))
    assert len(lines(bench.project / "elsewhere")) == 1


@pytest.mark.req("D69")
async def test_a_run_ended_from_outside_has_its_last_line(bench: Workbench) -> None:
    release = await bench.directive("def execute_night_light(ctx):\n    ctx.sleep(seconds=9)\n")
    run_id = await bench.run(release)
    driver = bench.driver()
    await driver.drive(run_id)
    assert await driver.end(run_id, Ending("cancelled", "enough"))
    last = lines(bench.project / ".aifp-project/logs/execution")[-1]
    assert (last["run_id"], last["directive"]) == (run_id, "night_light")
    assert (last["status"], last["reason"]) == ("cancelled", "enough")
    assert not await driver.end(run_id, Ending("cancelled", "again"))
