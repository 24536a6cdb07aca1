"""The clock of the machine is set forward and back while the daemon runs."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aifp.schemas.instants import from_text
from tests.journeys.clocks import MovedClock
from tests.journeys.house import bring_up, daemon, database, look
from tests.journeys.projects import Project, until
from tests.journeys.test_kill import knock
from tests.server.engine.loopback import Loopback, Reply, loopback

HOUR, DAY = 3_600, 86_400
DIRECTIVES = """
timezone: UTC
directives:
  tick:
    every: 1s
    do: notify log "tick"
  none:
    every: 15m
    catch_up: none
    do: {{http: POST {url}/none}}
  last:
    every: 15m
    catch_up: last within 1h
    do: {{http: POST {url}/last}}
  slow:
    on: webhook go
    timeout: 60s
    do: {{http: POST {url}/slow}}
"""


def bring_forward(project: Project, clock: MovedClock, seconds: int) -> None:
    """Set the clock forward and wait until every due time of the gap is dealt with."""
    clock.move(seconds)
    now = datetime.now(UTC) + timedelta(seconds=seconds)  # noqa: TID251 - the test's own time
    until(lambda: all(next_due(project, name) > now for name in ("none", "last")))


def next_due(project: Project, name: str) -> datetime:
    return from_text(project.call("get_directive_by_name", name=name)["next_due_at"])


def bring_back(project: Project, clock: MovedClock) -> None:
    """Set the clock to the true time; the daemon tells it, and goes on working."""
    clock.move(0)
    until(lambda: "clock_set_back" in codes(project))
    before = ended(project, "slow").count("success")
    until(lambda: knock(project))
    until(lambda: ended(project, "slow").count("success") > before)


def codes(project: Project) -> list[str]:
    return [alert["code"] for alert in project.call("get_alerts", state="open")["result"]]


def cover(project: Project, name: str, step: timedelta) -> list[str]:
    """See that each due time has one record, none is missing; return how they ended."""
    rows = look(
        database(project),
        "SELECT r.* FROM runs r JOIN user_directives d ON d.id = r.directive_id"
        " WHERE d.name = ? ORDER BY r.due_at",
        name,
    )
    expected = from_text(rows[0]["due_at"])
    for row in rows:
        assert from_text(row["due_at"]) == expected, f"{name} at {row['due_at']}"
        expected += step * row["due_count"]
    return [row["status"] for row in rows for _ in range(row["due_count"])]


def jump(project: Project, clock: MovedClock, service: Loopback) -> None:
    until(lambda: knock(project))
    until(lambda: bool(service.calls(path="/slow")))
    bring_forward(project, clock, HOUR)
    until(lambda: "success" in ended(project, "slow"))
    bring_back(project, clock)
    bring_forward(project, clock, DAY)
    until(lambda: len(service.calls(path="/last")) >= 2)
    bring_back(project, clock)


def ended(project: Project, name: str) -> list[str]:
    directive = project.call("get_directive_by_name", name=name)["id"]
    runs = project.call("get_recent_executions", directive_id=directive)["result"]
    return [str(run["status"]) for run in runs]


@pytest.mark.timeout(400)
@pytest.mark.req("F08", "D93")
def test_a_clock_that_jumps_gives_each_due_time_one_record(
    project: Project, tmp_path: Path
) -> None:
    clock = MovedClock(tmp_path / "clock")
    with loopback() as service:
        service.script("/slow", Reply(delay_s=4.0))
        with daemon(project):
            bring_up(project, "jumps.yaml", DIRECTIVES.format(url=service.url("")))
        with daemon(project, **clock.variables):
            jump(project, clock, service)
        missed, caught_up = (
            cover(project, name, timedelta(minutes=15)) for name in ("none", "last")
        )
        assert missed.count("missed") in (DAY // 900, DAY // 900 + 1)
        assert not service.calls(path="/none")
        assert caught_up.count("success") == len(service.unique_keys("/last")) == 2
        assert set(cover(project, "tick", timedelta(seconds=1))) <= {
            "success",
            "missed",
            "skipped",
            "interrupted",
        }
