import pytest

from aifp.helpers.user_directives.tools.workflow_tools import (
    user_directive_activate,
    user_directive_implement,
)
from tests.helpers.user_directives.lives import FUNCTIONS, Life

OTHER = FUNCTIONS.replace("sum(numbers)", "sum(numbers, 0.0)")


def deployments(life: Life) -> list[dict[str, object]]:
    return life.sql("SELECT * FROM deployments ORDER BY id")


@pytest.mark.req("S20")
async def test_the_first_yes_to_a_directive_puts_its_code_into_force(life: Life) -> None:
    await life.implemented()
    assert deployments(life) == []
    approval_id = await life.approve()
    (row,) = deployments(life)
    version = life.sql("SELECT id FROM artifact_versions")[0]["id"]
    directive_version = life.sql("SELECT id FROM directive_versions ORDER BY id DESC")[0]["id"]
    assert (row["deployment_type"], row["approval_id"]) == ("new", approval_id)
    assert (row["version_id"], row["directive_version_id"]) == (version, directive_version)
    assert (row["undeployed_at"], row["was_successful"], row["monitor"]) == (None, None, "active")


@pytest.mark.req("S20")
async def test_the_same_release_again_opens_no_second_deployment(life: Life) -> None:
    await life.active()
    await user_directive_activate(life.ctx, "sums")
    assert len(deployments(life)) == 1


@pytest.mark.req("S20", "8.6")
@pytest.mark.parametrize(
    ("successes", "failures", "rate", "well"),
    [(9, 1, 0.9, 1), (7, 3, 0.7, 1), (6, 4, 0.6, 0), (0, 0, None, None)],
)
async def test_the_next_yes_closes_the_deployment_with_how_it_went(
    life: Life, successes: int, failures: int, rate: float | None, well: int | None
) -> None:
    await life.active()
    life.sql("UPDATE deployments SET successes = ?, failures = ?", successes, failures)
    await user_directive_implement(life.ctx, "sums", OTHER)
    await life.approve()
    before, now = deployments(life)
    assert before["undeployed_at"] == now["deployed_at"]
    assert (before["final_success_rate"], before["was_successful"]) == (rate, well)
    assert (before["monitor"], now["monitor"]) == ("completed", "active")
    assert (now["deployment_type"], now["undeployed_at"]) == ("improvement", None)


@pytest.mark.req("S20")
async def test_a_run_that_ends_after_a_deployment_counts_in_the_one_it_began_under(
    life: Life,
) -> None:
    await life.active()
    (first,) = deployments(life)
    await user_directive_implement(life.ctx, "sums", OTHER)
    await life.approve()
    async with life.ctx.directives.write() as db:
        await db.run(
            "count_deployed_run",
            artifact_id=int(str(first["artifact_id"])),
            version_id=int(str(first["version_id"])),
            success=1,
            failure=0,
        )
    assert [row["total_runs"] for row in deployments(life)] == [1, 0]
    assert [row["successes"] for row in deployments(life)] == [1, 0]
