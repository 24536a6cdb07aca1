"""Files change under a run that is under way: it ends as what was approved."""

import pytest

from tests.journeys.house import settled
from tests.journeys.projects import Project, until
from tests.journeys.test_kill import PATHS, SLEEPS, begin, is_parked, knock
from tests.server.engine.loopback import Loopback, loopback

FOREIGN = '''"""Not what was approved."""


def execute_three_steps(ctx):
    return ctx.http("POST", "{url}/foreign")
'''


@pytest.mark.req("F25", "X01")
@pytest.mark.parametrize("change", ["edit", "delete", "replace"])
def test_a_run_under_way_keeps_its_approved_code_and_the_next_does_not_start(
    project: Project, change: str
) -> None:
    with loopback() as service:
        begin(project, service, SLEEPS)
        until(lambda: is_parked(project))
        alter(project, service, change)
        until(lambda: settled(project))
        assert project.runs()[0]["status"] == "success"
        assert [len(service.calls(path=path)) for path in PATHS] == [1, 1, 1]
        knock(project)
        until(lambda: not project.is_approved("three_steps") or len(project.runs()) > 1)
        until(lambda: settled(project))
        assert not service.calls(path="/foreign")
        assert [len(service.calls(path=path)) for path in PATHS] == [1, 1, 1]


def alter(project: Project, service: Loopback, change: str) -> None:
    """Change both the code and the directive file."""
    text = FOREIGN.format(url=service.url(""))
    for file in ("src/automations/three_steps.py", "directives/steps.yaml"):
        path = project.folder / file
        match change:
            case "edit":
                path.write_text(text, encoding="utf-8")
            case "delete":
                path.unlink()
            case _:
                new = path.with_suffix(".new")
                new.write_text(text, encoding="utf-8")
                new.replace(path)
