import pytest

from aifp.helpers.lifecycle.tools.deploy_tools import resolve_conflict, safe_deploy
from aifp.schemas.deploying import ConflictResolved, DeployConflict, Deployed
from tests.helpers.lifecycle.shops import approved, runs
from tests.helpers.lifecycle.workshop import SUM, Workshop
from tests.helpers.user_directives.lives import LATER, NO, YES, code_of

EDITED = SUM.replace('"""Sums."""', '"""Sums, for my desk."""')
PROPOSED = SUM.replace("return a + b", "return b + a")
OVERLAPPING = SUM.replace("return a + b", "return a + b + 0")


async def conflict(shop: Workshop, edited: str = EDITED) -> int:
    await approved(shop)
    shop.write("add", edited)
    answer = await safe_deploy(shop.ctx, "add", PROPOSED, "bug fix")
    assert isinstance(answer, DeployConflict), answer
    return answer.version_id


def states(shop: Workshop) -> list[tuple[str, str]]:
    return [(v["reason"], v["state"]) for v in shop.versions("add")]


@pytest.mark.req("S17")
async def test_giving_up_takes_the_file_in_as_it_lies_there(shop: Workshop) -> None:
    version_id = await conflict(shop)
    answer = await resolve_conflict(shop.ctx, version_id, "abort_and_refresh")
    assert isinstance(answer, ConflictResolved), answer
    assert (answer.success, answer.action) == (True, "aborted")
    assert '+"""Sums, for my desk."""' in answer.diff
    assert shop.file("add").read_text() == EDITED
    assert states(shop)[1:] == [("bug_fix", "rejected"), ("manual_edit", "draft")]
    assert not await runs(shop)


@pytest.mark.req("S17")
async def test_overwriting_needs_a_person_and_keeps_what_was_there(shop: Workshop) -> None:
    version_id = await conflict(shop)
    shop.life.person.answers.append(LATER)
    answer = await resolve_conflict(shop.ctx, version_id, "overwrite_anyway")
    assert isinstance(answer, ConflictResolved), answer
    assert (answer.success, answer.pending_approval) == (False, True)
    assert f"--request {answer.approval_id}" in str(answer.command)
    assert shop.file("add").read_text() == EDITED
    shop.life.person.answers += [YES, YES]
    answer = await resolve_conflict(shop.ctx, version_id, "overwrite_anyway")
    assert isinstance(answer, ConflictResolved), answer
    assert isinstance(answer.outcome, Deployed), answer
    assert shop.file("add").read_text() == PROPOSED
    assert await runs(shop)
    assert states(shop)[1:] == [("bug_fix", "approved"), ("manual_edit", "draft")]
    kept = shop.sql(
        "SELECT f.object_sha256 AS sha FROM artifact_version_files f"
        " JOIN artifact_versions v ON v.id = f.version_id WHERE v.reason = 'manual_edit'"
    )[0]["sha"]
    assert await shop.ctx.files.fetch(kept) == EDITED.encode()


@pytest.mark.req("S17")
async def test_a_no_to_overwriting_leaves_everything(shop: Workshop) -> None:
    version_id = await conflict(shop)
    shop.life.person.answers.append(NO)
    answer = await resolve_conflict(shop.ctx, version_id, "overwrite_anyway")
    assert code_of(answer) == "approval_rejected"
    assert shop.file("add").read_text() == EDITED


@pytest.mark.req("S17")
async def test_a_yes_to_overwriting_holds_for_these_bytes_only(shop: Workshop) -> None:
    version_id = await conflict(shop)
    shop.life.person.answers += [YES, LATER]
    await resolve_conflict(shop.ctx, version_id, "overwrite_anyway")
    shop.write("add", EDITED + "# and more\n")
    answer = await resolve_conflict(shop.ctx, version_id, "overwrite_anyway")
    assert isinstance(answer, ConflictResolved), answer
    assert answer.pending_approval
    assert shop.file("add").read_text() == EDITED + "# and more\n"


@pytest.mark.req("S18")
async def test_changes_that_do_not_meet_become_one_new_draft(shop: Workshop) -> None:
    version_id = await conflict(shop)
    shop.life.person.answers.append(YES)
    answer = await resolve_conflict(shop.ctx, version_id, "manual_merge")
    assert isinstance(answer, ConflictResolved), answer
    assert (answer.action, answer.overlaps) == ("merged", [])
    assert isinstance(answer.outcome, Deployed), answer
    both = EDITED.replace("return a + b", "return b + a")
    assert shop.file("add").read_text() == both
    assert await runs(shop)
    assert [state for _, state in states(shop)] == ["approved", "rejected", "draft", "approved"]


@pytest.mark.req("S18")
async def test_a_merged_draft_waits_for_its_own_yes(shop: Workshop) -> None:
    version_id = await conflict(shop)
    answer = await resolve_conflict(shop.ctx, version_id, "manual_merge")
    assert isinstance(answer, ConflictResolved), answer
    assert (answer.success, answer.pending_approval) == (False, True)
    assert shop.file("add").read_text() == EDITED


@pytest.mark.req("S18")
async def test_overlaps_are_listed_and_nothing_is_applied(shop: Workshop) -> None:
    version_id = await conflict(shop, OVERLAPPING)
    answer = await resolve_conflict(shop.ctx, version_id, "manual_merge")
    assert isinstance(answer, ConflictResolved), answer
    assert (answer.success, answer.action) == (False, "overlapping")
    (overlap,) = answer.overlaps
    assert (overlap.disk, overlap.proposal) == (
        "    return a + b + 0\n",
        "    return b + a\n",
    )
    assert "+<<<<<<< on disk" in answer.diff
    assert shop.file("add").read_text() == OVERLAPPING
    assert states(shop)[1:] == [("bug_fix", "draft")]


@pytest.mark.req("S17")
async def test_a_file_that_became_what_was_proposed_is_no_conflict_any_more(
    shop: Workshop,
) -> None:
    version_id = await conflict(shop)
    shop.write("add", PROPOSED)
    answer = await resolve_conflict(shop.ctx, version_id, "manual_merge")
    assert isinstance(answer, ConflictResolved), answer
    assert (answer.success, answer.action) == (True, "no_op")


@pytest.mark.req("S17")
async def test_nothing_is_left_to_settle_once_it_is_decided(shop: Workshop) -> None:
    version_id = await conflict(shop)
    await resolve_conflict(shop.ctx, version_id, "abort_and_refresh")
    answer = await resolve_conflict(shop.ctx, version_id, "manual_merge")
    assert code_of(answer) == "invalid_transition"
    assert code_of(await resolve_conflict(shop.ctx, 99, "manual_merge")) == "not_found"
