from typing import Any

import pytest

from aifp.helpers.lifecycle.internal.layouts import state_version_in
from aifp.helpers.lifecycle.internal.rolling_back import roll_back
from aifp.helpers.lifecycle.tools.deploy_tools import rollback_to_version, safe_deploy
from aifp.helpers.lifecycle.tools.version_tools import get_version_at_time
from aifp.schemas.deploying import DeployConflict, Deployed, Proposed, RolledBack
from aifp.schemas.errors import ApprovalRequired
from aifp.schemas.versions import VersionInForce
from tests.helpers.lifecycle.shops import approved, deployed, runs, told
from tests.helpers.lifecycle.workshop import SUM, Workshop
from tests.helpers.user_directives.lives import LATER, YES, code_of

SECOND, THIRD = SUM.replace("a + b", "b + a"), SUM.replace("a + b", "sum((a, b))")
NEW_LAYOUT = SUM + 'CHARACTERISTICS = {"state_version": 2}\n'


async def two_versions(shop: Workshop) -> None:
    await approved(shop)
    await deployed(shop, SECOND)


def artifact_id(shop: Workshop) -> int:
    return int(shop.tool("add")["id"])


def deployments(shop: Workshop) -> list[dict[str, Any]]:
    return shop.sql("SELECT * FROM deployments ORDER BY id")


@pytest.mark.req("S10", "S20", "8.6")
async def test_an_approved_version_comes_back_without_a_new_decision(shop: Workshop) -> None:
    await two_versions(shop)
    asked = len(shop.life.person.asked)
    answer = await rollback_to_version(shop.ctx, "add", 1, "it was better")
    assert isinstance(answer, Deployed), answer
    assert answer.version_number == 3
    assert await shop.ctx.files.fetch(str(answer.backup)) == SECOND.encode()
    assert shop.file("add").read_text() == SUM
    assert await runs(shop)
    assert len(shop.life.person.asked) == asked
    assert [v["reason"] for v in shop.versions("add")] == ["initial", "enhancement", "rollback"]
    rows = deployments(shop)
    assert [row["deployment_type"] for row in rows] == ["new", "improvement", "rollback"]
    assert (rows[1]["monitor"], rows[1]["was_successful"]) == ("rolled_back", 0)
    assert told(shop)[-2:] == ["changed", "rolled_back"]


@pytest.mark.req("S10")
async def test_forward_again_is_a_version_of_its_own(shop: Workshop) -> None:
    await two_versions(shop)
    await rollback_to_version(shop.ctx, "add", 1)
    answer = await rollback_to_version(shop.ctx, "add", 2)
    assert isinstance(answer, Deployed), answer
    assert answer.version_number == 4
    assert shop.file("add").read_text() == SECOND
    assert await runs(shop)
    assert len({v["code_hash"] for v in shop.versions("add")}) == 2


@pytest.mark.req("S10")
async def test_a_version_that_nobody_approved_is_asked_about(shop: Workshop) -> None:
    await approved(shop)
    shop.write("add", SECOND)
    await shop.sync()
    await deployed(shop, THIRD)
    shop.life.person.answers.append(LATER)
    answer = await rollback_to_version(shop.ctx, "add", 2)
    assert isinstance(answer, Proposed), answer
    assert shop.file("add").read_text() == THIRD
    shop.life.person.answers.append(YES)
    answer = await rollback_to_version(shop.ctx, "add", 2)
    assert isinstance(answer, Deployed), answer
    assert shop.file("add").read_text() == SECOND


@pytest.mark.req("S10")
async def test_a_hand_edit_is_not_rolled_over(shop: Workshop) -> None:
    await two_versions(shop)
    shop.write("add", THIRD)
    answer = await rollback_to_version(shop.ctx, "add", 1)
    assert isinstance(answer, DeployConflict), answer
    assert shop.file("add").read_text() == THIRD


@pytest.mark.req("S10", "S16")
async def test_what_is_in_force_what_never_was_and_what_never_may_run(shop: Workshop) -> None:
    await two_versions(shop)
    again = await rollback_to_version(shop.ctx, "add", 2)
    assert isinstance(again, Deployed), again
    assert again.note == "It is in force already."
    assert code_of(await rollback_to_version(shop.ctx, "add", 9)) == "not_found"
    shop.sql("UPDATE artifact_versions SET state = 'load_failed' WHERE version_number = 1")
    assert code_of(await rollback_to_version(shop.ctx, "add", 1)) == "invalid_transition"


@pytest.mark.req("T16", "T17", "S20")
async def test_the_engine_goes_back_to_the_release_before_by_itself(shop: Workshop) -> None:
    await two_versions(shop)
    done = await roll_back(shop.ctx, artifact_id(shop), "consecutive_failures", "system")
    assert isinstance(done, RolledBack)
    assert (done.from_version, done.restored_version, done.version_number) == (2, 1, 3)
    assert shop.file("add").read_text() == SUM
    assert await runs(shop)
    last = deployments(shop)[-1]
    assert (last["deployed_by"], last["auto_rollbacks"]) == ("system", 1)
    assert last["reason"] == "consecutive_failures"
    event = shop.sql("SELECT * FROM events WHERE event_type = 'rolled_back'")[-1]
    assert (event["actor"], event["reason"]) == ("system", "consecutive_failures")
    now = await get_version_at_time(shop.ctx, "add", shop.clock.now())
    assert isinstance(now, VersionInForce)
    assert now.version_number == 3


@pytest.mark.req("T16", "T06")
async def test_nothing_is_gone_back_to_that_no_person_approved(shop: Workshop) -> None:
    await approved(shop)
    with pytest.raises(ApprovalRequired, match="no earlier release"):
        await roll_back(shop.ctx, artifact_id(shop), "complete_failure", "system")
    await deployed(shop, SECOND)
    shop.sql("UPDATE approvals SET checksum = 'forged' WHERE id = 1")
    with pytest.raises(ApprovalRequired, match="no earlier release"):
        await roll_back(shop.ctx, artifact_id(shop), "complete_failure", "system")
    assert shop.file("add").read_text() == SECOND


@pytest.mark.req("T17")
async def test_what_was_rolled_back_is_never_gone_back_to_by_itself(shop: Workshop) -> None:
    await two_versions(shop)
    await roll_back(shop.ctx, artifact_id(shop), "first", "system")
    with pytest.raises(ApprovalRequired, match="no earlier release"):
        await roll_back(shop.ctx, artifact_id(shop), "second", "system")
    assert shop.file("add").read_text() == SUM


@pytest.mark.req("T18")
async def test_another_layout_of_the_state_needs_a_person(shop: Workshop) -> None:
    await approved(shop)
    await deployed(shop, NEW_LAYOUT)
    with pytest.raises(ApprovalRequired, match="state as version 2"):
        await roll_back(shop.ctx, artifact_id(shop), "cause", "system")
    assert shop.file("add").read_text() == NEW_LAYOUT
    shop.life.person.answers.append(LATER)
    answer = await rollback_to_version(shop.ctx, "add", 1)
    assert isinstance(answer, Proposed), answer
    assert shop.file("add").read_text() == NEW_LAYOUT
    shop.life.person.answers.append(YES)
    answer = await rollback_to_version(shop.ctx, "add", 1)
    assert isinstance(answer, Deployed), answer
    assert shop.file("add").read_text() == SUM
    shop.life.person.answers.append(YES)
    answer = await rollback_to_version(shop.ctx, "add", 2)
    assert isinstance(answer, Deployed), answer
    assert shop.tool("add")["state_version"] == 2


@pytest.mark.req("T18")
@pytest.mark.parametrize(
    ("source", "number"),
    [
        ("", 1),
        ("CHARACTERISTICS = {'state_version': 3}", 3),
        ("CHARACTERISTICS: dict = {'state_version': 4}", 4),
        ("CHARACTERISTICS = {'idempotent': True}", 1),
        ("CHARACTERISTICS = f()", 1),
        ("def run(:", 1),
    ],
)
def test_the_layout_is_read_without_running_anything(source: str, number: int) -> None:
    assert state_version_in(source) == number


@pytest.mark.req("T17")
async def test_a_later_release_that_is_good_counts_anew(shop: Workshop) -> None:
    await two_versions(shop)
    await roll_back(shop.ctx, artifact_id(shop), "first", "system")
    shop.life.person.answers.append(YES)
    answer = await safe_deploy(shop.ctx, "add", THIRD, "another try")
    assert isinstance(answer, Deployed), answer
    assert deployments(shop)[-1]["auto_rollbacks"] == 0
    done = await roll_back(shop.ctx, artifact_id(shop), "again", "system")
    assert done.restored_version == 3
