"""A run waits for a person while the daemon dies and comes back."""

import pytest

from aifp.schemas.errors import AifpError
from tests.journeys.house import bring_up, daemon, kill_daemon, run_states, settled, start_daemon
from tests.journeys.projects import Project, until
from tests.journeys.test_kill import knock
from tests.server.engine.loopback import loopback

ASKS = """
directives:
  careful:
    on: webhook go
    approve: each run within 1h
    do: {{http: POST {url}/done}}
"""


@pytest.mark.req("F29", "D100")
def test_a_question_about_a_run_outlives_the_daemon_and_is_answered_once(project: Project) -> None:
    with loopback() as service:
        with daemon(project):
            bring_up(project, "careful.yaml", ASKS.format(url=service.url("")))
        process = start_daemon(project)
        until(lambda: project.is_approved("careful") and knock(project))
        until(lambda: run_states(project) == ["waiting_for_approval"])
        kill_daemon(process)
        with daemon(project):
            assert run_states(project) == ["waiting_for_approval"]
            assert not service.received
            request = project.ask("request", run_id=project.runs()[0]["id"])
            answer = {key: request[key] for key in ("approval_id", "release_sha256")}
            project.ask("decide_throwaway", decision="approved", **answer)
            with pytest.raises(AifpError):
                project.ask("decide_throwaway", decision="rejected", **answer)
            until(lambda: settled(project) and run_states(project) == ["success"])
        assert len(service.calls(path="/done")) == 1
