"""kill -9 of the daemon in the middle of a run; the next daemon goes on where it was."""

import json
import time
from collections.abc import Callable
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.journeys.projects import Answer, Project, until
from tests.server.engine.loopback import Loopback, Reply, loopback

STEPS = """
directives:
  three_steps:
    on: webhook go
    timeout: 5m
    steps:
      - {{id: count, http: POST {url}/count, pick: orders}}
      - {{id: bill, http: POST {url}/bill, json: {{orders: "{{{{ steps.count }}}}"}}}}
      - {{id: confirm, http: POST {url}/confirm}}
"""
# Long enough for the plug to be pulled while the run sleeps.
SLEEPS = """
directives:
  three_steps:
    on: webhook go
    do:
      - {{http: POST {url}/count, pick: orders, save_as: orders}}
      - wait: 3s
      - {{http: POST {url}/bill, json: {{orders: "{{{{ vars.orders }}}}"}}}}
      - {{http: POST {url}/confirm}}
"""
PATHS = ("/count", "/bill", "/confirm")


@pytest.mark.req("F01", "D95")
def test_a_run_killed_between_two_steps_ends_and_sends_each_step_once(project: Project) -> None:
    with loopback() as service:
        begin(project, service, SLEEPS)
        pull_the_plug(project, lambda: is_parked(project))
        assert [len(service.calls(path=path)) for path in PATHS] == [1, 0, 0]
        run = end_of_the_run(project)
    assert run["status"] == "success"
    assert [len(service.calls(path=path)) for path in PATHS] == [1, 1, 1]
    assert len(service.unique_keys()) == 3
    assert json.loads(service.calls(path="/bill")[0].body) == {"orders": 3}


@pytest.mark.req("F02", "D95")
def test_a_run_killed_inside_a_step_sends_it_again_under_the_same_key(project: Project) -> None:
    with loopback() as service:
        service.script("/bill", Reply(delay_s=4.0), Reply())
        begin(project, service, STEPS)
        pull_the_plug(project, lambda: bool(service.calls(path="/bill")))
        run = end_of_the_run(project)
    assert run["status"] == "success"
    assert [len(service.calls(path=path)) for path in PATHS] == [1, 2, 1]
    assert [len(service.unique_keys(path)) for path in PATHS] == [1, 1, 1]
    assert len(service.unique_keys()) == 3


@pytest.mark.req("D95")
def test_the_trace_of_a_killed_run_shows_each_step_with_its_key(project: Project) -> None:
    with loopback() as service:
        begin(project, service, SLEEPS)
        pull_the_plug(project, lambda: is_parked(project))
        run = end_of_the_run(project)
    steps = project.call("get_run_trace", run_id=run["id"])["result"]
    sent = {step["idempotency_key"] for step in steps if step["function"] == "http"}
    assert sent == service.unique_keys()
    assert all(step["status"] == "ok" for step in steps)
    shown = project.run("trace", str(run["id"])).stdout
    assert [key for key in sent if str(key)[:12] not in shown] == []
    assert "three_steps" in project.run("runs", "three_steps").stdout


def begin(project: Project, service: Loopback, template: str) -> None:
    """Bring the directive to life and start one run from outside."""
    service.script("/count", Reply(body=b'{"orders": 3}'))
    text = template.format(url=service.url(""))
    (name,) = project.implement("steps.yaml", text)
    project.approve(name)
    assert project.call("user_directive_activate", name=name)["success"]
    until(lambda: knock(project))


def knock(project: Project, hook: str = "go") -> bool:
    """Call a webhook; say whether it is served already."""
    request = Request(f"http://127.0.0.1:{project.hooks_port}/hooks/{hook}", b"{}", method="POST")
    try:
        with urlopen(request, timeout=30) as reply:  # noqa: S310 - our own loopback address
            return reply.status == 202
    except HTTPError as refused:
        with refused:
            assert refused.code == 404
        return False


def pull_the_plug(project: Project, now: Callable[[], bool]) -> None:
    until(now)
    project.kill()


def is_parked(project: Project) -> bool:
    runs = project.runs()
    return bool(runs) and bool(project.call("get_run", run_id=runs[0]["id"])["wake_at"])


def end_of_the_run(project: Project) -> Answer:
    """Start the next daemon by asking it, and wait until the one run has ended."""
    open_states = ("queued", "running")
    until(lambda: all(run["status"] not in open_states for run in patient_runs(project)))
    (run,) = project.runs()
    return run


def patient_runs(project: Project) -> list[Answer]:
    time.sleep(0.1)
    return project.runs()
