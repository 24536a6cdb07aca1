from typing import Any

import pytest

from aifp.helpers.lifecycle.internal.deciding import decide_request
from aifp.helpers.lifecycle.internal.deploying import outcome_of
from aifp.helpers.lifecycle.internal.evidence import request_waiver
from aifp.helpers.lifecycle.internal.reconciling import sync_from_filesystem
from aifp.helpers.lifecycle.tools.approval_tools import request_approval, set_tool_enabled
from aifp.helpers.lifecycle.tools.deploy_tools import rollback_to_version, safe_deploy
from aifp.schemas.approvals import Approved
from aifp.schemas.deploying import (
    DeployConflict,
    Deployed,
    LoadFailed,
    Proposed,
    Unproven,
)
from aifp.schemas.errors import Conflict
from tests.helpers.lifecycle.shops import approved, deployed, failing_load, runs, told
from tests.helpers.lifecycle.workshop import SUM, Workshop
from tests.helpers.user_directives.lives import LATER, NO, YES, code_of

PROVEN = SUM + 'TEST_CASES = [{"input": {"a": 1}, "expected_output": 3}]\n'
BETTER = SUM.replace("a + b", "b + a")


def deployments(shop: Workshop) -> list[dict[str, Any]]:
    return shop.sql("SELECT * FROM deployments ORDER BY id")


@pytest.mark.req("S15", "8.5", "S20")
async def test_a_proposal_waits_while_the_old_version_runs_on(shop: Workshop) -> None:
    await approved(shop)
    shop.life.person.answers.append(LATER)
    answer = await safe_deploy(shop.ctx, "add", BETTER, "bug fix: order")
    assert isinstance(answer, Proposed), answer
    assert (answer.version_number, answer.pending_approval) == (2, True)
    assert answer.command.startswith("aifp approve add")
    assert shop.file("add").read_text() == SUM
    assert [v["state"] for v in shop.versions("add")] == ["approved", "tested"]
    assert shop.versions("add")[1]["reason"] == "bug_fix"
    assert await runs(shop)
    assert len(deployments(shop)) == 1


@pytest.mark.req("S15", "S20", "T06", "8.6")
async def test_a_yes_puts_the_new_version_in_force_and_keeps_the_old_bytes(shop: Workshop) -> None:
    await approved(shop)
    shop.life.person.answers.append(YES)
    answer = await safe_deploy(shop.ctx, "add", BETTER, "faster")
    assert isinstance(answer, Deployed), answer
    assert answer.version_number == 2
    assert await shop.ctx.files.fetch(str(answer.backup)) == SUM.encode()
    assert shop.file("add").read_text() == BETTER
    assert await runs(shop)
    first, second = deployments(shop)
    assert (first["undeployed_at"], second["undeployed_at"]) == (second["deployed_at"], None)
    assert (first["deployment_type"], second["deployment_type"]) == ("new", "improvement")
    assert [v["state"] for v in shop.versions("add")] == ["approved", "approved"]
    assert told(shop)[-3:] == ["changed", "changed", "deployed"]
    tool = shop.tool("add")
    assert tool["current_version_id"] == tool["deployed_version_id"] == second["version_id"]
    report = await shop.sync()
    assert not report.changed


@pytest.mark.req("S15")
async def test_a_decided_proposal_is_deployed_from_the_terminal_as_well(shop: Workshop) -> None:
    await approved(shop)
    shop.life.person.answers.append(LATER)
    answer = await safe_deploy(shop.ctx, "add", BETTER, "faster")
    assert isinstance(answer, Proposed), answer
    await decide_request(shop.ctx, answer.approval_id, "approved", "cli")
    assert shop.file("add").read_text() == BETTER
    assert await runs(shop)


@pytest.mark.req("S15", "8.5")
async def test_a_declined_proposal_changes_nothing_and_never_runs(shop: Workshop) -> None:
    await approved(shop)
    shop.life.person.answers.append(NO)
    answer = await safe_deploy(shop.ctx, "add", BETTER, "faster")
    assert code_of(answer) == "approval_rejected"
    assert shop.file("add").read_text() == SUM
    assert [v["state"] for v in shop.versions("add")] == ["approved", "rejected"]
    assert await runs(shop)


@pytest.mark.req("S14")
async def test_an_edit_between_reading_and_deploying_is_a_conflict(shop: Workshop) -> None:
    await approved(shop)
    shop.write("add", SUM.replace("Add two", "Sum two"))
    answer = await safe_deploy(shop.ctx, "add", BETTER, "faster")
    assert isinstance(answer, DeployConflict), answer
    assert (answer.success, answer.error) == (False, "Conflict detected")
    (issue,) = answer.conflicts
    assert (issue.type, issue.path) == ("file_modified", "tools/add.py")
    assert "sync_and_reconcile" in answer.suggestion
    assert '+    """Sum two numbers."""' in answer.diff
    assert shop.file("add").read_text() == SUM.replace("Add two", "Sum two")
    assert shop.life.person.asked == [shop.life.person.asked[0]]


@pytest.mark.req("S14")
async def test_code_made_from_an_older_version_is_a_conflict_after_a_sync_too(
    shop: Workshop,
) -> None:
    await approved(shop)
    shop.write("add", SUM.replace("Add two", "Sum two"))
    await shop.sync()
    answer = await safe_deploy(shop.ctx, "add", BETTER, "faster", base_version=1)
    assert isinstance(answer, DeployConflict), answer
    assert [issue.type for issue in answer.conflicts] == ["version_newer"]


@pytest.mark.req("S14", "S15")
async def test_an_edit_between_asking_and_the_yes_is_kept(shop: Workshop) -> None:
    await approved(shop)
    shop.life.person.answers.append(LATER)
    answer = await safe_deploy(shop.ctx, "add", BETTER, "faster")
    assert isinstance(answer, Proposed), answer
    shop.write("add", SUM + "# mine\n")
    with pytest.raises(Conflict, match="Conflict detected"):
        await decide_request(shop.ctx, answer.approval_id, "approved", "cli")
    assert shop.file("add").read_text() == SUM + "# mine\n"
    assert len(deployments(shop)) == 1


@pytest.mark.req("S14", "S15")
@pytest.mark.parametrize("known", [False, True])
async def test_an_edit_that_was_taken_in_before_the_yes_is_kept_as_well(
    shop: Workshop,
    known: bool,  # noqa: FBT001
) -> None:
    if known:
        await approved(shop)
        shop.life.person.answers.append(LATER)
        await safe_deploy(shop.ctx, "add", BETTER, "faster")
    else:
        await shop.added("add")
        await request_approval(shop.ctx, "artifact", "add")
    (request,) = shop.sql("SELECT id FROM approvals WHERE decision = 'pending'")
    await shop.clock.advance(5)
    shop.write("add", SUM + "# mine\n")
    await shop.sync()
    with pytest.raises(Conflict, match=r"tools/add\.py was edited after this was asked"):
        await decide_request(shop.ctx, request["id"], "approved", "cli")
    assert shop.file("add").read_text() == SUM + "# mine\n"
    assert shop.standing("add") == ("active", "pending")
    assert not await runs(shop)
    shop.write("add", BETTER if known else SUM)
    assert await runs(shop)


@pytest.mark.req("S15", "S16", "8.5")
async def test_approved_code_that_does_not_load_leaves_the_old_version_running(
    shop: Workshop,
) -> None:
    await approved(shop)
    shop.life.person.answers.append(YES)
    answer = await safe_deploy(failing_load(shop.ctx), "add", BETTER, "faster")
    assert isinstance(answer, LoadFailed), answer
    assert answer.error == "Tool failed to load after deployment"
    assert answer.reason == "no such thing as 7"
    assert shop.file("add").read_text() == SUM
    assert [v["state"] for v in shop.versions("add")] == ["approved", "load_failed"]
    assert shop.tool("add")["current_version_id"] == shop.versions("add")[0]["id"]
    assert await runs(shop)
    assert len(deployments(shop)) == 1


@pytest.mark.req("S15")
async def test_why_code_did_not_load_is_told_whatever_came_after_it(shop: Workshop) -> None:
    await approved(shop)
    shop.life.person.answers.append(YES)
    await safe_deploy(failing_load(shop.ctx), "add", BETTER, "faster")
    shop.write("add", SUM + "# mine\n")
    await sync_from_filesystem(shop.ctx)
    told = await outcome_of(shop.ctx, shop.versions("add")[1]["id"])
    assert isinstance(told, LoadFailed), told
    assert told.reason == "no such thing as 7"


@pytest.mark.req("S15")
@pytest.mark.parametrize("code", ["def run(:", "x = 1", "import socket\ndef run(): ..."])
async def test_code_that_is_no_tool_is_refused_before_anything_is_kept(
    shop: Workshop, code: str
) -> None:
    await approved(shop)
    assert code_of(await safe_deploy(shop.ctx, "add", code, "worse")) == "invalid_argument"
    assert len(shop.versions("add")) == 1
    assert shop.file("add").read_text() == SUM


@pytest.mark.req("L26", "S15")
async def test_a_new_tool_is_made_by_proposing_it(shop: Workshop) -> None:
    await approved(shop, "other")
    shop.life.person.answers.append(LATER)
    answer = await safe_deploy(shop.ctx, "add", PROVEN, "wanted")
    assert isinstance(answer, Proposed), answer
    assert not shop.file("add").exists()
    assert shop.standing("add") == ("deleted", "pending")
    shop.life.person.answers.append(YES)
    answer = await safe_deploy(shop.ctx, "add", PROVEN, "wanted")
    assert isinstance(answer, Deployed), answer
    assert shop.file("add").read_text() == PROVEN
    assert shop.standing("add") == ("active", "approved")
    assert [v["reason"] for v in shop.versions("add")] == ["initial"]
    assert told(shop) == ["created", "changed", "changed", "deployed"]
    assert await runs(shop)


@pytest.mark.req("S15")
async def test_the_same_proposal_twice_is_one_version_and_one_request(shop: Workshop) -> None:
    await approved(shop)
    first = await safe_deploy(shop.ctx, "add", BETTER, "faster")
    second = await safe_deploy(shop.ctx, "add", BETTER, "faster")
    assert isinstance(first, Proposed)
    assert first == second
    assert len(shop.versions("add")) == 2


@pytest.mark.req("S17")
async def test_what_lies_there_already_needs_only_its_yes(shop: Workshop) -> None:
    await shop.added("add", text=PROVEN)
    shop.life.person.answers.append(YES)
    answer = await safe_deploy(shop.ctx, "add", PROVEN, "as it is")
    assert isinstance(answer, Deployed), answer
    assert answer.version_number == 1
    assert await runs(shop)


@pytest.mark.req("S21", "T05", "S15")
async def test_nobody_is_asked_about_a_proposal_that_shows_nothing(shop: Workshop) -> None:
    await approved(shop, "other")
    asked = len(shop.life.person.asked)
    answer = await safe_deploy(shop.ctx, "add", SUM, "wanted")
    assert isinstance(answer, Unproven), answer
    assert answer.missing == [
        "synthetic (insufficient_data: no cases; declare TEST_CASES, or give tests)"
    ]
    assert len(shop.life.person.asked) == asked
    assert not shop.file("add").exists()


@pytest.mark.req("S21", "T05")
async def test_a_proposal_that_fails_where_the_version_in_force_works_is_not_asked_about(
    shop: Workshop,
) -> None:
    await approved(shop)
    answer = await safe_deploy(shop.ctx, "add", SUM.replace("a + b", "a + 'b'"), "wrong")
    assert isinstance(answer, Unproven), answer
    assert "synthetic (failed" in answer.missing[0]
    assert shop.file("add").read_text() == SUM
    assert await runs(shop)


@pytest.mark.req("S21", "T05")
async def test_only_a_person_waives_tests_and_then_is_asked_about_the_code(shop: Workshop) -> None:
    answer = await safe_deploy(shop.ctx, "add", SUM, "wanted")
    assert isinstance(answer, Unproven), answer
    version = shop.versions("add")[0]["id"]
    request = await request_waiver(shop.ctx, version, "it is so short")
    await decide_request(shop.ctx, int(str(request["id"])), "approved", "cli")
    shop.life.person.answers.append(YES)
    answer = await safe_deploy(shop.ctx, "add", SUM, "wanted")
    assert isinstance(answer, Deployed), answer
    assert "A person waived what is missing" in shop.life.person.asked[-1][0]
    assert await runs(shop)


@pytest.mark.req("S24")
async def test_the_name_of_a_tool_of_aifp_is_refused_and_told(shop: Workshop) -> None:
    answer = await safe_deploy(shop.ctx, "run_directive", SUM, "a new tool")
    assert code_of(answer) == "invalid_argument"
    assert shop.sql("SELECT name FROM artifacts") == []
    assert shop.alerts() == [("name_collision", "run_directive")]
    await shop.sync()
    assert shop.alerts() == [("name_collision", "run_directive")]


@pytest.mark.req("8.4", "T17")
async def test_new_code_of_a_tool_that_was_switched_off_runs_once_approved(shop: Workshop) -> None:
    await approved(shop)
    await set_tool_enabled(shop.ctx, "add", enabled=False)
    answer = await request_approval(shop.ctx, "artifact", "add")
    assert isinstance(answer, Approved), answer
    assert shop.standing("add") == ("active", "disabled")
    await shop.clock.advance(1)
    await deployed(shop, BETTER)
    assert shop.standing("add") == ("active", "approved")
    assert await runs(shop)

    await set_tool_enabled(shop.ctx, "add", enabled=False)
    back = await rollback_to_version(shop.ctx, "add", 1)
    assert isinstance(back, Deployed), back
    assert shop.standing("add") == ("active", "disabled")
    assert not await runs(shop)
