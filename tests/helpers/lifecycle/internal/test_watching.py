"""What follows from how a deployment does."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from aifp.helpers.lifecycle.internal.watching import Means
from aifp.helpers.lifecycle.tools.health_tools import get_deployment_health
from aifp.schemas.common import NotFound
from aifp.schemas.errors import AifpError, ApprovalRequired
from aifp.schemas.health import DeploymentHealth
from aifp.schemas.ports import Ctx, Row
from aifp.server.engine.health import Health
from tests.clock import FakeClock
from tests.helpers.lifecycle.shelf import Shelf

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
GOOD = "def run() -> int:\n    return 1\n"
BAD = "def run() -> int:\n    return 2\n"


@dataclass
class Ward:
    """A tool whose second version is watched, and what was done about it."""

    ctx: Ctx
    shelf: Shelf
    artifact: Row
    old: int
    new: int
    taken_back: list[str] = field(default_factory=lambda: [])
    refusal: AifpError | None = None
    fault: str | None = None
    health: Health | None = None

    @property
    def clock(self) -> FakeClock:
        assert isinstance(self.ctx.clock, FakeClock)
        return self.ctx.clock

    async def go_back(self, ctx: Ctx, artifact_id: int, cause: str) -> int:
        """Stand where the rollback stands: what it leaves in the record is the same."""
        if self.refusal is not None:
            raise self.refusal
        self.taken_back.append(cause)
        version = await self.shelf.version(self.artifact, GOOD + f"# {len(self.taken_back)}\n")
        self.shelf.sql("UPDATE deployments SET monitor = 'rolled_back' WHERE undeployed_at IS NULL")
        self.shelf.deployed(
            self.artifact, version, self.clock.now(), deployment_type="rollback", auto_rollbacks=1
        )
        return version

    async def try_out(self, ctx: Ctx, version_id: int) -> str | None:
        return self.fault

    async def look(self) -> None:
        """Let the round of the engine come by."""
        if self.health is None:
            self.health = Health(self.ctx, Means(self.go_back, self.try_out))
            await self.health.open()
        await self.health.turn(self.clock.now())

    async def ran(self, status: str = "success", times: int = 1, **more: Any) -> list[int]:
        """Let the version in force run, and look after each run."""
        made: list[int] = []
        row = self.shelf.sql("SELECT version_id FROM deployments WHERE undeployed_at IS NULL")[0]
        for _ in range(times):
            self.clock.set(self.clock.now() + timedelta(seconds=10))
            run = self.shelf.ran(
                self.artifact,
                row["version_id"],
                self.clock.now() - timedelta(seconds=1),
                status,
                **more,
            )
            self.shelf.sql(
                "UPDATE deployments SET total_runs = total_runs + 1 WHERE undeployed_at IS NULL"
            )
            made.append(run)
            await self.look()
        return made

    def earlier(self, successes: int, failures: int, until: datetime | None = None) -> None:
        """Put runs of the first version into the week before the second was deployed."""
        at = (until or self.clock.now()) - HOUR
        for number in range(successes + failures):
            status = "success" if number >= failures else "failure"
            self.shelf.ran(self.artifact, self.old, at - number * timedelta(minutes=1), status)

    async def seen(self) -> DeploymentHealth:
        answer = await get_deployment_health(self.ctx, str(self.artifact["name"]))
        assert isinstance(answer, DeploymentHealth), answer
        return answer

    def state(self) -> str:
        row = self.shelf.sql("SELECT monitor FROM deployments WHERE version_id = ?", self.new)[0]
        return str(row["monitor"])


async def ward_of(ctx: Ctx, shelf: Shelf, *, directive: bool = False) -> Ward:
    """Deploy a version, and a day later another, which is watched from now on."""
    artifact = await shelf.implementation("sums") if directive else await shelf.tool("sums")
    old = int(str(artifact["current_version_id"]))
    shelf.deployed(artifact, old, shelf.now - 3 * DAY, deployment_type="new")
    new = await shelf.version(artifact, BAD)
    shelf.deployed(artifact, new, shelf.now)
    return Ward(ctx, shelf, artifact, old, new)


@pytest.fixture
async def ward(plain_ctx: Ctx, shelf: Shelf) -> Ward:
    return await ward_of(plain_ctx, shelf)


@pytest.mark.req("T13")
async def test_the_baseline_is_the_week_before_and_only_that_version(ward: Ward) -> None:
    ward.earlier(8, 2)
    ward.shelf.ran(ward.artifact, ward.old, ward.clock.now() - 8 * DAY, "failure")
    ward.shelf.ran(ward.artifact, ward.old, ward.clock.now() - HOUR, "failure", mode="dry_run")
    ward.shelf.ran(ward.artifact, ward.old, ward.clock.now() - HOUR, "timeout")
    await ward.ran("success", 3)
    seen = await ward.seen()
    assert (seen.baseline.runs, seen.baseline.success_rate) == (10, 0.8)
    assert (seen.current.runs, seen.current.success_rate) == (3, 1.0)
    assert (seen.verdict, seen.window.state) == ("insufficient_data", "active")
    assert seen.deployment.version_number == 2


@pytest.mark.req("T13")
async def test_a_window_closes_after_a_day_and_ten_runs(ward: Ward) -> None:
    ward.earlier(10, 0)
    await ward.ran("success", 9)
    ward.clock.set(ward.clock.now() + DAY)
    await ward.look()
    assert ward.state() == "active"
    await ward.ran()
    assert ward.state() == "completed"
    assert (await ward.seen()).checks[0].verdict == "keep"


@pytest.mark.req("T13")
async def test_ten_runs_within_a_day_do_not_close_a_window(ward: Ward) -> None:
    ward.earlier(10, 0)
    await ward.ran("success", 20)
    assert ward.state() == "active"
    ward.clock.set(ward.clock.now() + DAY)
    await ward.look()
    assert ward.state() == "completed"


@pytest.mark.req("T13")
async def test_what_runs_once_a_day_is_watched_until_its_tenth_run(ward: Ward) -> None:
    ward.earlier(10, 0)
    for day in range(1, 11):
        ward.clock.set(ward.clock.now() + DAY)
        await ward.ran()
        assert ward.state() == ("completed" if day == 10 else "active")


@pytest.mark.req("T13")
async def test_what_hardly_runs_is_watched_for_two_weeks(ward: Ward) -> None:
    await ward.ran()
    ward.clock.set(ward.clock.now() + 13 * DAY)
    await ward.look()
    assert ward.state() == "active"
    ward.clock.set(ward.clock.now() + DAY)
    await ward.look()
    assert ward.state() == "completed"
    assert (await ward.seen()).checks[0].verdict == "insufficient_data"


@pytest.mark.req("T15")
async def test_thirty_type_errors_are_rolled_back_after_the_third(ward: Ward) -> None:
    ward.earlier(3, 0)
    await ward.ran("failure", 2, error_type="TypeError")
    assert ward.taken_back == []
    await ward.ran("failure", 1, error_type="TypeError")
    assert ward.taken_back == ["signature_change"]
    assert ward.state() == "rolled_back"
    checks = ward.shelf.sql("SELECT * FROM health_checks WHERE verdict = 'rollback'")
    assert [(row["cause"], row["severity"]) for row in checks] == [("signature_change", "critical")]


@pytest.mark.req("T15")
async def test_other_errors_in_a_row_have_another_name(ward: Ward) -> None:
    ward.earlier(1, 2)
    await ward.ran("failure", 3, error_type="ValueError")
    assert ward.taken_back == ["consecutive_failures"]


@pytest.mark.req("T15")
async def test_code_that_replaces_broken_code_gets_five_runs(ward: Ward) -> None:
    ward.earlier(0, 3)
    await ward.ran("failure", 4)
    assert ward.taken_back == []
    await ward.ran("failure")
    assert ward.taken_back == ["complete_failure"]


@pytest.mark.req("T14")
async def test_a_sure_fall_is_rolled_back_and_a_doubtful_one_flagged(ward: Ward) -> None:
    ward.earlier(8, 2)
    for status in ["success", "failure"] * 4 + ["success"]:
        await ward.ran(status)
    assert ward.shelf.alerts() == []
    await ward.ran("success")
    assert (await ward.seen()).verdict == "flag"
    assert ward.shelf.alerts() == ["deployment_flagged"]
    assert ward.taken_back == []
    await ward.ran("failure", 2)
    assert ward.taken_back == ["success_drop"]
    assert ward.shelf.alerts() == ["deployment_flagged", "rolled_back"]


@pytest.mark.req("T14")
async def test_code_that_became_slow_is_only_flagged(ward: Ward) -> None:
    ward.earlier(10, 0)
    await ward.ran("success", 10, duration_ms=300)
    assert (ward.taken_back, ward.shelf.alerts()) == ([], ["deployment_flagged"])
    seen = await ward.seen()
    assert (seen.cause, seen.duration_change) == ("slower", 2.0)


@pytest.mark.req("T13")
async def test_the_first_version_of_all_has_nothing_to_go_back_to(
    plain_ctx: Ctx, shelf: Shelf
) -> None:
    artifact = await shelf.tool("sums")
    first = int(str(artifact["current_version_id"]))
    shelf.deployed(artifact, first, shelf.now, deployment_type="new")
    ward = Ward(plain_ctx, shelf, artifact, 0, first)
    await ward.ran("failure", 5)
    assert (ward.taken_back, shelf.alerts()) == ([], ["deployment_flagged"])


@pytest.mark.req("T17")
@pytest.mark.parametrize("directive", [True, False], ids=["directive", "tool"])
async def test_two_bad_releases_in_a_row_are_stopped_and_do_not_flap(
    plain_ctx: Ctx, shelf: Shelf, *, directive: bool
) -> None:
    ward = await ward_of(plain_ctx, shelf, directive=directive)
    ward.earlier(5, 0)
    await ward.ran("failure", 3)
    await ward.ran("success", 3)
    again = await shelf.version(ward.artifact, BAD + "# again\n")
    shelf.deployed(ward.artifact, again, ward.clock.now())
    await ward.ran("failure", 3)
    assert ward.taken_back == ["consecutive_failures"]
    assert shelf.alerts() == ["rolled_back", "deployment_stopped"]
    assert stands(ward) == (("paused", None) if directive else ("disabled", "active"))
    await ward.ran("failure", 3)
    assert ward.taken_back == ["consecutive_failures"]
    kind = "status_changed" if directive else "disabled"
    [event] = shelf.events(kind)
    assert "right after an automatic rollback" in event["reason"]


@pytest.mark.req("T17")
async def test_a_rollback_that_fails_as_well_is_stopped(ward: Ward) -> None:
    ward.earlier(5, 0)
    await ward.ran("failure", 3)
    await ward.ran("failure", 5)
    assert ward.taken_back == ["consecutive_failures"]
    assert stands(ward) == ("disabled", "active")


@pytest.mark.req("T17")
async def test_a_bad_release_long_after_a_rollback_is_rolled_back_again(ward: Ward) -> None:
    ward.earlier(5, 0)
    await ward.ran("failure", 3)
    await ward.ran("success", 10)
    ward.clock.set(ward.clock.now() + 2 * DAY)
    again = await ward.shelf.version(ward.artifact, BAD + "# again\n")
    ward.shelf.deployed(ward.artifact, again, ward.clock.now())
    await ward.ran("failure", 3)
    assert ward.taken_back == ["consecutive_failures", "consecutive_failures"]


@pytest.mark.req("T16")
async def test_what_does_not_work_after_a_rollback_is_stopped(ward: Ward) -> None:
    ward.earlier(5, 0)
    ward.fault = "case 1 gave 2"
    await ward.ran("failure", 3)
    assert ward.shelf.alerts() == ["rolled_back", "deployment_stopped"]
    assert stands(ward) == ("disabled", "active")


@pytest.mark.req("T18")
async def test_a_rollback_that_needs_a_person_is_asked_for_once(ward: Ward) -> None:
    ward.earlier(5, 0)
    ward.refusal = ApprovalRequired("The new release keeps its memory in another form.")
    await ward.ran("failure", 6)
    assert ward.shelf.alerts() == ["rollback_impossible"]
    assert ward.state() == "active"
    ward.refusal = None
    await ward.ran("failure", 3)
    assert ward.taken_back == []


@pytest.mark.req("T19")
async def test_what_is_no_fault_of_the_code_does_not_count(ward: Ward) -> None:
    ward.earlier(10, 0)
    for status in ("timeout", "cancelled", "interrupted", "skipped"):
        await ward.ran(status, 5)
    assert (ward.taken_back, ward.shelf.alerts()) == ([], [])
    assert (await ward.seen()).current.runs == 0


@pytest.mark.req("T19")
async def test_a_host_that_is_down_for_all_rolls_nothing_back(ward: Ward) -> None:
    ward.earlier(10, 0)
    other = await ward.shelf.tool("other")
    for _ in range(6):
        theirs = ward.shelf.ran(
            other, int(str(other["current_version_id"])), ward.clock.now(), "failure"
        )
        ward.shelf.step(theirs, "https://api.example.org/a", "connection", ward.clock.now())
        mine = ward.shelf.ran(ward.artifact, ward.new, ward.clock.now(), "failure")
        ward.shelf.step(mine, "https://api.example.org/b", "connection", ward.clock.now())
        await ward.ran("success")
    assert (ward.taken_back, ward.shelf.alerts()) == ([], [])
    seen = await ward.seen()
    assert (seen.current.runs, seen.not_counted) == (6, 6)


@pytest.mark.req("T19")
@pytest.mark.parametrize(
    ("host", "hours", "error"),
    [
        ("else.example.org", 0, "connection"),
        ("api.example.org", 2, "connection"),
        ("api.example.org", 0, None),
    ],
)
async def test_a_host_that_only_the_new_code_misses_is_its_fault(
    ward: Ward, host: str, hours: int, error: str | None
) -> None:
    ward.earlier(10, 0)
    other = await ward.shelf.tool("other")
    at = ward.clock.now() + hours * HOUR
    status = "failure" if error else "success"
    theirs = ward.shelf.ran(other, int(str(other["current_version_id"])), at, status)
    ward.shelf.step(theirs, f"https://{host}/a", error, at)
    for _ in range(3):
        mine = ward.shelf.ran(ward.artifact, ward.new, ward.clock.now(), "failure")
        ward.shelf.step(mine, "https://api.example.org/b", "connection", ward.clock.now())
    await ward.look()
    assert ward.taken_back == ["consecutive_failures"]


@pytest.mark.req("T13")
async def test_a_look_is_noted_only_when_it_says_something_new(ward: Ward) -> None:
    ward.earlier(10, 0)
    await ward.ran("success", 30)
    verdicts = ward.shelf.sql("SELECT verdict FROM health_checks ORDER BY id")
    assert [row["verdict"] for row in verdicts] == ["insufficient_data", "keep"]


async def test_what_was_never_deployed_has_no_health(plain_ctx: Ctx, shelf: Shelf) -> None:
    await shelf.tool("sums")
    assert await get_deployment_health(plain_ctx, "sums") == NotFound()
    assert await get_deployment_health(plain_ctx, "nothing") == NotFound()


def stands(ward: Ward) -> tuple[str, str | None]:
    if ward.artifact["kind"] == "implementation":
        row = ward.shelf.sql("SELECT status, pause_cause FROM user_directives")[0]
        return row["status"], row["pause_cause"]
    row = ward.shelf.sql("SELECT authorization, status FROM artifacts WHERE name = 'sums'")[0]
    return row["authorization"], row["status"]
