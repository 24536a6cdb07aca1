"""Code that never ends takes its time limit and nobody else's time."""

from datetime import datetime, timedelta

import httpx2
import pytest

from aifp.schemas.instants import from_text
from tests.journeys.projects import Answer, Project, until

TICKS = 50
SPIN = """
directives:
  spin:
    on: webhook spin
    timeout: 6s
    do: {code: spin}
"""
ENDLESS = '''"""Code of a person who slipped."""


def spin() -> None:
    """Go round for ever."""
    while True:
        pass
'''


def tick(number: int) -> str:
    return f'  tick_{number:02d}:\n    every: 1s\n    catch_up: none\n    do: log "tick"\n'


def activate(project: Project, name: str) -> None:
    project.approve(name)
    project.call("user_directive_activate", name=name)


def runs_of(project: Project, name: str) -> list[Answer]:
    found = project.call("get_directive_by_name", name=name)
    given = {"directive_id": found["id"], "limit": 500}
    return project.call("get_recent_executions", **given)["result"]


def ended_of(project: Project, name: str) -> dict[datetime, str]:
    """Return how the ended runs of a directive ended, by due time."""
    runs = runs_of(project, name)
    return {from_text(run["due_at"]): run["status"] for run in runs if run["finished_at"]}


@pytest.mark.req("F16")
@pytest.mark.timeout(300)
def test_endless_code_holds_up_no_directive_that_is_due_each_second(project: Project) -> None:
    project.call("user_directive_parse", file_path=project.write("spin.yaml", SPIN))
    project.ask("answer", name="spin", answers={})
    project.call("user_directive_implement", name="spin", code=ENDLESS)
    activate(project, "spin")
    many = "directives:\n" + "".join(map(tick, range(TICKS)))
    for name in project.implement("ticks.yaml", many):
        activate(project, name)
    httpx2.post(f"http://127.0.0.1:{project.hooks_port}/hooks/spin", json={}, trust_env=False)
    until(
        lambda: bool(runs_of(project, "spin")) and bool(runs_of(project, "spin")[0]["finished_at"])
    )
    spin = runs_of(project, "spin")[0]
    assert spin["status"] == "timeout"
    began, ended = from_text(spin["started_at"]), from_text(spin["finished_at"])
    seconds = {
        (began + timedelta(seconds=n)).replace(microsecond=0)
        for n in range(1, int((ended - began).total_seconds()))
    }
    assert len(seconds) >= 4
    for number in range(TICKS):
        # On a busy machine some may still wait for their turn; none is left out.
        until(lambda name=f"tick_{number:02d}": seconds <= ended_of(project, name).keys())
        ends = ended_of(project, f"tick_{number:02d}")
        assert {due: ends[due] for due in seconds} == dict.fromkeys(seconds, "success")
