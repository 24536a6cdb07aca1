"""The process dies, at named places, with no time to clean up; the next one goes on."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from aifp.schemas.releases import Release
from aifp.server.engine.driving.failpoints import CRASHED, Failpoint, read_failpoints
from tests.server.engine.loopback import Loopback
from tests.server.engine.workbench import Workbench, host_permission

ROOT = Path(__file__).parents[3]


def drive(bench: Workbench, release: Release, run_id: int, failpoint: str) -> tuple[int, str]:
    """Drive a run in a fresh process and return its end and what it said."""
    (bench.project / "release.json").write_text(release.model_dump_json(by_alias=True))
    done = subprocess.run(  # noqa: S603 - our own arguments
        [
            sys.executable,
            "-m",
            "tests.server.engine.crashing_drive",
            str(bench.project),
            str(run_id),
        ],
        env={**os.environ, "AIFP_FAILPOINTS": failpoint},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode in (0, CRASHED), done.stderr
    return done.returncode, done.stdout


def two_writes(server: Loopback) -> str:
    return f"""
def execute_night_light(ctx):
    ctx.http("POST", "{server.url("/first")}", json=1)
    ctx.http("POST", "{server.url("/second")}", json=2)
"""


@pytest.mark.req("F02", "D95", "D105")
@pytest.mark.parametrize(
    ("failpoint", "firsts"),
    [
        ("after_claim", 1),
        ("after_intent", 1),
        ("after_effect", 2),
        ("before_close", 1),
        ("after_close", 1),
    ],
)
async def test_a_killed_process_doubles_no_effect_at_a_receiver_of_keys(
    bench: Workbench, server: Loopback, failpoint: Failpoint, firsts: int
) -> None:
    release = await bench.directive(two_writes(server), host_permission(server.port))
    run_id = await bench.run(release)
    assert drive(bench, release, run_id, failpoint)[0] == CRASHED
    code, said = drive(bench, release, run_id, "")
    assert (code, json.loads(said)["status"]) == (0, "success")
    assert len(server.calls(path="/first")) == firsts
    assert len(server.unique_keys("/first")) == 1
    assert len(server.calls(path="/second")) == 1
    row = await bench.row(run_id)
    assert (row["status"], row["attempts"]) == ("success", 1)
    (daily,) = await bench.look("SELECT success FROM run_daily WHERE subject_kind = 'project'")
    assert daily["success"] == 1


@pytest.mark.req("F22")
async def test_three_deaths_of_the_process_stop_the_directive(
    bench: Workbench, server: Loopback
) -> None:
    release = await bench.directive(two_writes(server), host_permission(server.port))
    run_id = await bench.run(release)
    for _ in range(3):
        assert drive(bench, release, run_id, "after_claim")[0] == CRASHED
    code, said = drive(bench, release, run_id, "")
    assert (code, json.loads(said)["status"]) == (0, "interrupted")
    assert server.received == []
    assert await bench.look("SELECT status, status_reason FROM user_directives") == [
        {"status": "error", "status_reason": "crash_loop"}
    ]


def test_only_known_failpoints_can_be_switched_on() -> None:
    with pytest.raises(ValueError, match="after_lunch"):
        read_failpoints({"AIFP_FAILPOINTS": "after_claim,after_lunch"})
    read_failpoints({}).reach("after_claim")
