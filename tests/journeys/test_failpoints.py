"""The daemon dies at each named place of a run; the next one ends what was begun."""

from typing import get_args

import pytest

from aifp.server.engine.driving.failpoints import CRASHED, Failpoint, RunFailpoint
from tests.journeys.house import bring_up, daemon, settled, start_daemon
from tests.journeys.projects import Project, until
from tests.journeys.test_kill import PATHS, STEPS, knock
from tests.server.engine.loopback import Reply, loopback

FAILPOINTS: tuple[Failpoint, ...] = get_args(RunFailpoint)
# After the effect the next daemon cannot know about it, and sends again under the same key.
TWICE: dict[Failpoint, int] = {"after_effect": 2}
POISON = """
directives:
  poison:
    on: webhook go
    do: notify log "never"
  healthy:
    on: webhook well
    do: notify log "fine"
"""


def die_at(project: Project, failpoint: Failpoint, hook: str | None = "go") -> None:
    """Start a daemon that dies at a place; with a hook, begin a run that gets there."""
    process = start_daemon(project, AIFP_FAILPOINTS=failpoint)
    if hook:
        until(lambda: process.poll() is not None or reached(project, hook))
    assert process.wait(60) == CRASHED


def reached(project: Project, hook: str) -> bool:
    """Call a webhook; a daemon that is not up, or dies of it, does not answer."""
    try:
        return knock(project, hook)
    except OSError:
        return False


@pytest.mark.req("F02", "D95")
def test_each_named_death_in_a_run_leaves_each_step_under_one_key(project: Project) -> None:
    with loopback() as service:
        service.script("/count", Reply(body=b'{"orders": 3}'))
        with daemon(project):
            bring_up(project, "steps.yaml", STEPS.format(url=service.url("")))
        for failpoint in FAILPOINTS:
            service.received.clear()
            die_at(project, failpoint)
            with daemon(project):
                until(lambda: settled(project))
                assert project.runs()[0]["status"] == "success", failpoint
            keys = [len(service.unique_keys(path)) for path in PATHS]
            assert keys == [1, 1, 1], failpoint
            sent = [len(service.calls(path=path)) for path in PATHS]
            assert sent == [TWICE.get(failpoint, 1), 1, 1], failpoint
        with daemon(project):
            assert len(project.runs()) == len(FAILPOINTS)


@pytest.mark.req("F22")
def test_a_directive_that_kills_the_daemon_three_times_is_stopped_alone(project: Project) -> None:
    with daemon(project):
        bring_up(project, "poison.yaml", POISON)
    die_at(project, "after_claim")
    for _ in range(2):
        die_at(project, "after_claim", hook=None)
    with daemon(project):
        until(lambda: settled(project))
        (run,) = project.runs()
        assert run["status"] == "interrupted"
        poison = project.call("get_directive_by_name", name="poison")
        assert (poison["status"], poison["status_reason"]) == ("error", "crash_loop")
        assert project.call("get_directive_by_name", name="healthy")["status"] == "active"
        until(lambda: reached(project, "well"))
        until(lambda: len(project.runs()) == 2 and settled(project))
        assert project.runs()[0]["status"] == "success"
