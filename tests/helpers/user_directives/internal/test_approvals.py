"""State machine 8.2, and what makes a decision one of a person."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import cast

import pytest

from aifp.helpers.lifecycle.tools.approval_tools import (
    get_pending_approvals,
    request_approval,
)
from aifp.helpers.shared.events import first_broken_event
from aifp.helpers.user_directives.internal.approvals import ask_for_run, is_genuine, revoke
from aifp.helpers.user_directives.internal.approving import decide_release
from aifp.helpers.user_directives.internal.gate import require_approval, require_release
from aifp.helpers.user_directives.internal.pausing import release_to_run
from aifp.helpers.user_directives.internal.releases import stored_release
from aifp.helpers.user_directives.tools.workflow_tools import user_directive_approve
from aifp.schemas.approvals import Approved, PendingApproval, PendingDecision
from aifp.schemas.errors import ApprovalRequired, Conflict, InvalidArgument, NoSuch
from aifp.schemas.subjects import Subject
from aifp.schemas.words import Decision
from aifp.server.adapters.keyring import FileKeyring
from aifp.server.adapters.passphrase import set_passphrase
from tests.clock import FakeClock
from tests.helpers.user_directives.lives import FUNCTIONS, HELPER, NO, TEXT, YES, Life, code_of

SUMS = Subject(kind="directive", id="1", name="sums")


async def filed(life: Life) -> int:
    answer = await user_directive_approve(life.ctx, "sums")
    assert isinstance(answer, PendingDecision), answer
    return answer.approval_id


def decisions(life: Life) -> list[str]:
    return [row["decision"] for row in life.sql("SELECT decision FROM approvals ORDER BY id")]


async def pending(life: Life) -> list[PendingApproval]:
    found = await get_pending_approvals(life.ctx)
    assert isinstance(found, list), found
    return found


async def pass_days(life: Life, days: float) -> None:
    await cast(FakeClock, life.ctx.clock).advance(timedelta(days=days).total_seconds())


async def new_code(life: Life) -> None:
    await life.implemented(TEXT, code=FUNCTIONS.replace("sum(numbers)", "sum(numbers, 0.0)"))


@pytest.mark.req("8.2", "D09", "D99")
async def test_a_person_approves_at_the_terminal(life: Life) -> None:
    directive_id = await life.implemented()
    approval_id = await filed(life)
    await decide_release(life.ctx, approval_id, "approved", "cli", "fine")
    assert (await require_release(life.ctx, directive_id)).approval_id == approval_id
    row = life.sql("SELECT * FROM approvals")[0]
    assert (row["decision"], row["decided_by"], row["channel"]) == ("approved", "user", "cli")
    assert row["reason"] == "fine"
    assert life.standing(directive_id) == ("implemented", None, 1)
    grants = life.sql("SELECT resource, value_json, approval_id FROM grants")
    assert grants == [
        {"resource": "notify", "value_json": '{"channel": "log"}', "approval_id": approval_id}
    ]
    assert await first_broken_event(life.ctx.directives) is None


@pytest.mark.req("8.2")
async def test_a_rejected_release_stays_unapproved_and_may_be_asked_about_again(life: Life) -> None:
    directive_id = await life.implemented()
    first = await filed(life)
    await decide_release(life.ctx, first, "rejected", "cli")
    with pytest.raises(ApprovalRequired):
        await require_release(life.ctx, directive_id)
    second = await filed(life)
    assert second != first
    assert decisions(life) == ["rejected", "pending"]


@pytest.mark.req("8.2", "D100", "F29")
@pytest.mark.parametrize("first", ["approved", "rejected"])
@pytest.mark.parametrize("second", ["approved", "rejected"])
async def test_a_second_answer_is_refused(life: Life, first: Decision, second: Decision) -> None:
    await life.implemented()
    approval_id = await filed(life)
    await decide_release(life.ctx, approval_id, first, "elicitation")
    before = life.dump()
    with pytest.raises(Conflict, match=f"already {first}"):
        await decide_release(life.ctx, approval_id, second, "cli")
    assert life.dump() == before


@pytest.mark.req("8.2")
@pytest.mark.parametrize("word", ["pending", "revoked", "expired", "superseded"])
async def test_a_person_says_yes_or_no_and_nothing_else(life: Life, word: Decision) -> None:
    await life.implemented()
    with pytest.raises(InvalidArgument):
        await decide_release(life.ctx, await filed(life), word, "cli")
    with pytest.raises(NoSuch):
        await decide_release(life.ctx, 99, "approved", "cli")
    assert decisions(life) == ["pending"]


@pytest.mark.req("8.2", "D100", "F29")
async def test_a_request_expires_after_seven_days(life: Life) -> None:
    await life.implemented()
    approval_id = await filed(life)
    await pass_days(life, 6.99)
    assert [request.id for request in await pending(life)] == [approval_id]
    assert await filed(life) == approval_id
    await pass_days(life, 0.01)
    assert await pending(life) == []
    with pytest.raises(Conflict, match="expired"):
        await decide_release(life.ctx, approval_id, "approved", "cli")
    assert await filed(life) == approval_id + 1
    assert decisions(life) == ["expired", "pending"]


@pytest.mark.req("8.2", "D100")
async def test_a_newer_release_supersedes_an_older_request(life: Life) -> None:
    directive_id = await life.implemented()
    first = await filed(life)
    await new_code(life)
    second = await filed(life)
    assert decisions(life) == ["superseded", "pending"]
    with pytest.raises(Conflict, match="superseded"):
        await decide_release(life.ctx, first, "approved", "cli")
    await decide_release(life.ctx, second, "approved", "cli")
    assert (await require_release(life.ctx, directive_id)).approval_id == second


@pytest.mark.req("D98")
async def test_what_changed_after_it_was_shown_is_not_approved(life: Life) -> None:
    await life.implemented()
    approval_id = await filed(life)
    await new_code(life)
    with pytest.raises(Conflict, match="changed since it was shown"):
        await decide_release(life.ctx, approval_id, "approved", "cli")
    assert decisions(life) == ["pending"]


@pytest.mark.req("D97", "D98")
async def test_code_that_no_check_has_seen_cannot_be_approved(life: Life) -> None:
    await life.implemented()
    helper = life.project / HELPER
    helper.write_text(helper.read_text() + "import os\n")
    life.person.answers.append(YES)
    refused = await user_directive_approve(life.ctx, "sums")
    assert code_of(refused) == "conflict"
    assert life.person.asked == []


@pytest.mark.req("8.2", "D09")
async def test_a_revoked_approval_stops_an_active_directive_at_once(life: Life) -> None:
    directive_id = await life.active()
    assert await revoke(life.ctx, SUMS, "not any more") == 1
    assert life.standing(directive_id) == ("paused", "approval_void", 0)
    assert decisions(life) == ["revoked"]
    assert life.sql("SELECT * FROM grants") == []
    with pytest.raises(ApprovalRequired):
        await release_to_run(life.ctx, directive_id)
    assert life.standing(directive_id) == ("paused", "approval_void", 0)
    assert [e["reason"] for e in life.events("approval_revoked")] == ["not any more"]
    assert await revoke(life.ctx, SUMS) == 0


@pytest.mark.req("8.2", "D98")
async def test_a_new_yes_resumes_what_the_system_paused(life: Life) -> None:
    directive_id = await life.active()
    await revoke(life.ctx, SUMS)
    await life.approve()
    assert life.standing(directive_id) == ("active", None, 1)
    assert decisions(life) == ["revoked", "approved"]


@pytest.mark.req("D98")
async def test_going_back_to_an_approved_version_needs_no_new_decision(life: Life) -> None:
    directive_id = await life.active()
    await new_code(life)
    assert life.standing(directive_id) == ("implemented", None, 0)
    await life.implemented()
    answer = await user_directive_approve(life.ctx, "sums")
    assert answer == Approved(approval_id=1)
    assert life.standing(directive_id) == ("implemented", None, 1)
    assert decisions(life) == ["approved"]
    before = life.dump()
    assert await user_directive_approve(life.ctx, "sums") == answer
    assert life.dump() == before


COLUMNS = (
    "subject_kind, subject_id, subject_name, release_sha256, directive_sha256, code_sha256,"
    " permissions_sha256, request_json, requested_by, requested_at, expires_at"
)


@pytest.mark.req("D99", "X01")
@pytest.mark.parametrize("checksum", ["NULL", "''", "'" + "0" * 64 + "'"])
async def test_a_row_written_with_plain_sql_is_not_accepted(life: Life, checksum: str) -> None:
    directive_id = await life.implemented()
    await filed(life)
    life.sql(
        "UPDATE approvals SET decision = 'approved', decided_by = 'user', channel = 'cli',"
        f" decided_at = requested_at, checksum = {checksum}"
    )
    life.sql("UPDATE user_directives SET approved = 1, approval_id = 1")
    with pytest.raises(ApprovalRequired):
        await require_release(life.ctx, directive_id)


@pytest.mark.req("D99", "X02")
async def test_a_text_changed_by_hand_is_never_shown(life: Life) -> None:
    await life.implemented()
    await filed(life)
    genuine = life.person.asked[-1][0]
    for forged in ({"text": "Say hello?"}, {"text": genuine, "seal": "0" * 64}, ["x"]):
        life.sql("UPDATE approvals SET request_json = ?", json.dumps(forged))
        await filed(life)
        assert life.person.asked[-1][0] == genuine
    assert decisions(life) == ["superseded"] * 3 + ["pending"]


@pytest.mark.req("D99", "X02")
async def test_a_text_moved_from_another_request_is_never_shown(life: Life) -> None:
    await life.implemented()
    await filed(life)
    harmless = life.sql("SELECT request_json FROM approvals")[0]["request_json"]
    await new_code(life)
    await filed(life)
    life.sql("UPDATE approvals SET request_json = ? WHERE id = 2", harmless)
    await filed(life)
    assert life.person.asked[-1] == life.person.asked[1]
    assert decisions(life) == ["superseded", "superseded", "pending"]


@pytest.mark.req("D99", "X01")
async def test_a_copied_checksum_is_not_accepted(life: Life) -> None:
    directive_id = await life.approved()
    await new_code(life)
    await filed(life)
    life.sql(
        "UPDATE approvals SET decision = 'approved', decided_by = 'user', channel = o.channel,"
        " decided_at = o.decided_at, checksum = o.checksum FROM approvals o"
        " WHERE o.id = 1 AND approvals.id = 2"
    )
    with pytest.raises(ApprovalRequired):
        await require_release(life.ctx, directive_id)
    life.sql(
        "UPDATE approvals SET release_sha256 = (SELECT release_sha256 FROM approvals WHERE id = 2)"
        " WHERE id = 1"
    )
    with pytest.raises(ApprovalRequired):
        await require_release(life.ctx, directive_id)


@pytest.mark.req("D99")
async def test_a_revoked_row_copied_from_before_is_not_accepted(life: Life) -> None:
    directive_id = await life.approved()
    life.sql(
        f"CREATE TABLE kept AS SELECT {COLUMNS}, decision, decided_by, channel, checksum,"
        " decided_at FROM approvals"
    )
    await revoke(life.ctx, SUMS)
    life.sql(
        f"INSERT INTO approvals ({COLUMNS}, decision, decided_by, channel, checksum, decided_at)"
        " SELECT * FROM kept"
    )
    with pytest.raises(ApprovalRequired):
        await require_release(life.ctx, directive_id)


@pytest.mark.req("D99")
@pytest.mark.parametrize(
    "change",
    [
        "subject_id = '2'",
        "subject_kind = 'run'",
        "directive_sha256 = 'x'",
        "code_sha256 = NULL",
        "permissions_sha256 = 'x'",
        "channel = 'cli'",
        "decided_by = 'ai'",
        "decided_at = '2026'",
        "checksum = upper(checksum)",
    ],
)
async def test_a_decision_that_was_altered_is_none(life: Life, change: str) -> None:
    await life.approved()
    life.sql(f"UPDATE approvals SET {change}")
    row = await life.ctx.directives.one("approval_by_id", id=1)
    assert row is not None
    assert not is_genuine(life.ctx, row)


@pytest.mark.req("D99")
async def test_another_user_s_key_approves_nothing_here(life: Life) -> None:
    directive_id = await life.approved()
    other = replace(life.ctx, keyring=FileKeyring(life.project.parent / "somebody_else"))
    with pytest.raises(ApprovalRequired):
        await require_approval(other, directive_id)


async def waiting_run(life: Life) -> int:
    """Open a run that waits for a yes of its own."""
    directive_id = await life.active()
    release = await require_release(life.ctx, directive_id)
    until = life.ctx.clock.now() + timedelta(hours=6)
    await ask_for_run(life.ctx, 41, release, until)
    return directive_id


@pytest.mark.req("D100", "F29")
async def test_a_single_run_is_approved_by_its_own_request(life: Life) -> None:
    await waiting_run(life)
    (request,) = await pending(life)
    assert (request.subject_kind, request.subject) == ("run", "sums")
    assert request.command == "aifp approve sums --run 41"
    asked = await request_approval(life.ctx, "run", "41")
    assert asked == PendingDecision(approval_id=request.id, command=request.command)
    life.person.answers.append(YES)
    assert await request_approval(life.ctx, "run", "41") == Approved(approval_id=request.id)
    row = await life.ctx.directives.one("approval_of_run", run_id="41")
    assert row is not None
    assert is_genuine(life.ctx, row)
    assert code_of(await request_approval(life.ctx, "run", "41")) == "not_found"
    assert len(life.sql("SELECT id FROM grants")) == 1


@pytest.mark.req("D99")
async def test_with_a_passphrase_a_single_run_is_decided_at_the_terminal_only(life: Life) -> None:
    await waiting_run(life)
    asked = len(life.person.asked)
    set_passphrase(life.ctx.settings.config_folder, "open sesame")
    life.person.answers.append(YES)
    answer = await request_approval(life.ctx, "run", "41")
    assert isinstance(answer, PendingDecision)
    assert answer.command == "aifp approve sums --run 41"
    assert len(life.person.asked) == asked
    assert [request.id for request in await pending(life)] == [answer.approval_id]


@pytest.mark.req("D100")
async def test_a_run_that_is_refused_by_its_person_stays_refused(life: Life) -> None:
    await waiting_run(life)
    life.person.answers.append(NO)
    assert code_of(await request_approval(life.ctx, "run", "41")) == "approval_rejected"
    row = await life.ctx.directives.one("approval_of_run", run_id="41")
    assert row is not None
    assert row["decision"] == "rejected"


async def begun(life: Life, directive_id: int) -> dict[str, object]:
    """Return the record of a run that began with the present release."""
    release = await require_release(life.ctx, directive_id)
    return {
        "id": 7,
        "directive_id": directive_id,
        "directive_version": release.directive_version,
        "artifact_version_id": release.artifact_version_id,
        "approval_id": release.approval_id,
        "release_sha256": release.release_sha256,
        "trigger_source": "schedule",
        "trigger_json": "{}",
    }


@pytest.mark.req("D103", "F25")
async def test_a_run_goes_on_with_the_release_it_began_with(life: Life) -> None:
    directive_id = await life.active()
    release = await require_release(life.ctx, directive_id)
    run = await begun(life, directive_id)
    await new_code(life)
    assert await stored_release(life.ctx, run) == release  # pyright: ignore[reportArgumentType]


@pytest.mark.req("X01")
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE directive_versions SET permissions_json = '[]'",
        "UPDATE directive_versions SET configuration_json ="
        " replace(configuration_json, 'today', 'thief')",
        "UPDATE directive_implementations SET entry_point = 'add_up'",
        "UPDATE artifact_version_files SET role = 'test' WHERE role = 'helper'",
        "UPDATE approvals SET permissions_sha256 = 'x'",
        "UPDATE approvals SET decision = 'revoked'",
    ],
)
async def test_a_run_does_not_go_on_with_a_record_that_was_altered(life: Life, change: str) -> None:
    directive_id = await life.active()
    run = await begun(life, directive_id)
    life.sql(change)
    with pytest.raises(ApprovalRequired):
        await stored_release(life.ctx, run)  # pyright: ignore[reportArgumentType]


@pytest.mark.req("X01", "D104")
async def test_a_notice_goes_on_where_it_began_and_nothing_else_begins_there(life: Life) -> None:
    directive_id = await life.active()
    run = await begun(life, directive_id)
    notice = {**run, "trigger_json": '{"entry": "on_failure_sums"}'}
    for source, entry in (("system", "on_failure_sums"), ("schedule", "execute_sums")):
        release = await stored_release(life.ctx, {**notice, "trigger_source": source})  # pyright: ignore[reportArgumentType]
        assert release.entry_point == entry
