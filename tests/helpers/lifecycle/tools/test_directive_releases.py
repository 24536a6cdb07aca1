import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

import pytest

from aifp.helpers.lifecycle.internal.deciding import decide_request
from aifp.helpers.lifecycle.internal.rolling_back import roll_back
from aifp.helpers.lifecycle.tools.approval_tools import request_approval
from aifp.helpers.lifecycle.tools.deploy_tools import rollback_to_version, safe_deploy
from aifp.helpers.lifecycle.tools.version_tools import show_diff
from aifp.helpers.user_directives.internal.gate import require_release
from aifp.helpers.user_directives.internal.pausing import release_to_run
from aifp.helpers.user_directives.tools.workflow_tools import (
    user_directive_activate,
    user_directive_implement,
    user_directive_update,
)
from aifp.schemas.approvals import Approved
from aifp.schemas.deploying import DeployConflict, Deployed, Proposed, RolledBack
from aifp.schemas.errors import AifpError, Conflict
from aifp.schemas.ports import Ctx, Files
from aifp.schemas.releases import Release
from aifp.schemas.updating import UpdateReport
from aifp.schemas.versions import VersionDiff
from tests.helpers.lifecycle.shops import failing_load
from tests.helpers.user_directives.lives import (
    FUNCTIONS,
    HELPER,
    LATER,
    MODULE,
    NO,
    TEXT,
    YES,
    Life,
    code_of,
)

BETTER = FUNCTIONS.replace("sum(numbers)", "sum(list(numbers))")
HOURLY = TEXT.replace("every: 1h", "every: 2h")
WHOLE = '''"""Sums."""

from aifp_guest import Ctx


def execute_sums(ctx: Ctx) -> dict[str, float]:
    """Add up."""
    return {"sum": 3.0}
'''
TESTS = """from aifp_testing import play

from sums import execute_sums


def test_the_sum_is_right() -> None:
    assert play(execute_sums, answers=[]).result == {"sum": 3.0}
"""
MORE = HOURLY.replace("today", "by now")


def code(life: Life) -> str:
    return (life.project / HELPER).read_text()


def files(life: Life) -> dict[str, bytes]:
    folder = life.project / "src" / "automations"
    return {file.name: file.read_bytes() for file in sorted(folder.glob("*.py"))}


def deployments(life: Life) -> list[dict[str, Any]]:
    return life.sql("SELECT * FROM deployments ORDER BY id")


def artifact_id(life: Life) -> int:
    return int(life.sql("SELECT id FROM artifacts")[0]["id"])


async def second_release(life: Life) -> int:
    """Change text and code of the active directive, and activate both."""
    directive_id = await life.active()
    life.write("sums.yaml", MORE)
    answer = await user_directive_update(life.ctx, "sums")
    assert isinstance(answer, UpdateReport), answer
    await user_directive_implement(life.ctx, "sums", BETTER)
    await life.approve()
    await user_directive_activate(life.ctx, "sums")
    return directive_id


@pytest.mark.req("S15", "S20")
async def test_code_proposed_for_a_directive_waits_while_the_old_code_runs_on(
    tried_life: Life,
) -> None:
    directive_id = await tried_life.active()
    before = files(tried_life)
    tried_life.person.answers.append(LATER)
    answer = await safe_deploy(tried_life.ctx, "sums", BETTER, "more exact")
    assert isinstance(answer, Proposed), answer
    assert answer.version_number == 2
    assert files(tried_life) == before
    assert tried_life.standing(directive_id) == ("active", None, 1)
    release = await require_release(tried_life.ctx, directive_id)
    assert "list(numbers)" not in release.modules["sums_code"]
    assert "sum(list(numbers))" in tried_life.person.asked[-1][0]


@pytest.mark.req("S15", "S20", "T06")
async def test_a_yes_puts_the_new_code_in_force_and_the_directive_stays_active(
    tried_life: Life,
) -> None:
    directive_id = await tried_life.active()
    tried_life.person.answers.append(YES)
    answer = await safe_deploy(tried_life.ctx, "sums", BETTER, "more exact")
    assert isinstance(answer, Deployed), answer
    assert code(tried_life) == BETTER
    assert tried_life.standing(directive_id) == ("active", None, 1)
    release = await require_release(tried_life.ctx, directive_id)
    assert release.modules["sums_code"] == BETTER
    first, second = deployments(tried_life)
    assert (first["undeployed_at"], second["deployment_type"]) == (
        second["deployed_at"],
        "improvement",
    )
    assert second["directive_version_id"] == first["directive_version_id"]
    newest = tried_life.sql("SELECT * FROM directive_implementations ORDER BY id DESC")[0]
    assert (newest["status"], newest["test_status"]) == ("deployed", "passing")
    artifact = tried_life.sql("SELECT * FROM artifacts")[0]
    assert artifact["current_version_id"] == artifact["deployed_version_id"] == second["version_id"]
    assert tried_life.alerts() == []


@pytest.mark.req("S15", "8.5")
async def test_a_no_to_proposed_code_changes_nothing(tried_life: Life) -> None:
    directive_id = await tried_life.active()
    before = files(tried_life)
    tried_life.person.answers.append(NO)
    answer = await safe_deploy(tried_life.ctx, "sums", BETTER, "more exact")
    assert code_of(answer) == "approval_rejected"
    assert files(tried_life) == before
    assert tried_life.standing(directive_id) == ("active", None, 1)
    states = tried_life.sql("SELECT state FROM artifact_versions ORDER BY id")
    assert [row["state"] for row in states] == ["tested", "rejected"]


@pytest.mark.req("S14")
async def test_code_that_somebody_edited_meanwhile_is_not_overwritten(tried_life: Life) -> None:
    await tried_life.active()
    tried_life.write(HELPER, FUNCTIONS + "\n# mine\n")
    answer = await safe_deploy(tried_life.ctx, "sums", BETTER, "more exact")
    assert isinstance(answer, DeployConflict), answer
    assert [issue.path for issue in answer.conflicts] == [HELPER]
    assert code(tried_life) == FUNCTIONS + "\n# mine\n"


@pytest.mark.req("S15")
async def test_proposed_code_that_fails_its_tests_is_refused(tried_life: Life) -> None:
    await tried_life.validated()
    await user_directive_implement(tried_life.ctx, "sums", WHOLE, TESTS)
    await tried_life.approve()
    worse = WHOLE.replace("3.0", "4.0")
    answer = await safe_deploy(tried_life.ctx, "sums", worse, "worse")
    assert code_of(answer) == "invalid_argument"
    assert len(tried_life.sql("SELECT id FROM artifact_versions")) == 1
    better = WHOLE.replace("3.0", "1.0 + 2.0")
    assert isinstance(await safe_deploy(tried_life.ctx, "sums", better, "better"), Proposed)
    assert (tried_life.project / MODULE).read_text() == WHOLE


@pytest.mark.req("S15")
async def test_a_directive_that_changed_since_the_proposal_is_not_touched(tried_life: Life) -> None:
    directive_id = await tried_life.active()
    tried_life.person.answers.append(LATER)
    answer = await safe_deploy(tried_life.ctx, "sums", BETTER, "more exact")
    assert isinstance(answer, Proposed), answer
    tried_life.write("sums.yaml", HOURLY)
    await user_directive_update(tried_life.ctx, "sums")
    present = files(tried_life)
    with pytest.raises(AifpError):
        await decide_request(tried_life.ctx, answer.approval_id, "approved", "cli")
    assert files(tried_life) == present
    assert tried_life.row(directive_id)["approved"] == 0
    assert [row["deployment_type"] for row in deployments(tried_life)] == ["new"]


@pytest.mark.req("D84", "S10", "S20")
async def test_a_whole_release_goes_back_and_forth_byte_by_byte(tried_life: Life) -> None:
    directive_id = await second_release(tried_life)
    second, asked = files(tried_life), len(tried_life.person.asked)
    text = json.loads(tried_life.row(directive_id)["configuration_json"])
    answer = await rollback_to_version(tried_life.ctx, "sums", 1, "it was better")
    assert isinstance(answer, Deployed), answer
    assert len(tried_life.person.asked) == asked
    assert code(tried_life) == FUNCTIONS
    row = tried_life.row(directive_id)
    first = json.loads(
        tried_life.sql("SELECT * FROM directive_versions ORDER BY version")[0]["configuration_json"]
    )
    assert json.loads(row["configuration_json"]) == first != text
    assert row["version"] == max(
        r["version"] for r in tried_life.sql("SELECT version FROM directive_versions")
    )
    assert tried_life.standing(directive_id) == ("active", None, 1)
    assert (await require_release(tried_life.ctx, directive_id)).modules["sums_code"] == FUNCTIONS
    versions = tried_life.sql("SELECT v.id, v.reason FROM artifact_versions v ORDER BY v.id")
    forth = await rollback_to_version(tried_life.ctx, "sums", len(versions) - 1)
    assert isinstance(forth, Deployed), forth
    assert files(tried_life) == second
    assert json.loads(tried_life.row(directive_id)["configuration_json"]) == text
    assert len(tried_life.person.asked) == asked
    types = [row["deployment_type"] for row in deployments(tried_life)]
    assert types == ["new", "improvement", "rollback", "rollback"]
    assert [event["reason"] for event in tried_life.events("directive_rolled_back")] == [
        "it was better",
        None,
    ]


@pytest.mark.req("D84")
async def test_the_file_of_a_directive_that_went_back_can_be_applied_again(
    tried_life: Life,
) -> None:
    directive_id = await second_release(tried_life)
    await rollback_to_version(tried_life.ctx, "sums", 1)
    answer = await user_directive_update(tried_life.ctx, "sums")
    assert isinstance(answer, UpdateReport), answer
    assert [changed.name for changed in answer.changed] == ["sums"]
    assert tried_life.row(directive_id)["version"] > 3


@pytest.mark.req("T16", "D84", "T06")
async def test_the_engine_takes_a_directive_back_by_itself(tried_life: Life) -> None:
    directive_id = await second_release(tried_life)
    done = await roll_back(tried_life.ctx, artifact_id(tried_life), "complete_failure", "system")
    assert isinstance(done, RolledBack), done
    assert code(tried_life) == FUNCTIONS
    assert tried_life.standing(directive_id) == ("active", None, 1)
    last = deployments(tried_life)[-1]
    assert (last["deployment_type"], last["deployed_by"]) == ("rollback", "system")
    assert last["auto_rollbacks"] == 1


@pytest.mark.req("D84", "T06")
async def test_the_same_code_under_an_earlier_text_is_an_earlier_release_too(
    tried_life: Life,
) -> None:
    directive_id = await tried_life.active()
    first = json.loads(tried_life.row(directive_id)["configuration_json"])
    tried_life.write("sums.yaml", HOURLY)
    await user_directive_update(tried_life.ctx, "sums")
    await user_directive_implement(tried_life.ctx, "sums", FUNCTIONS)
    await tried_life.approve()
    await user_directive_activate(tried_life.ctx, "sums")
    await roll_back(tried_life.ctx, artifact_id(tried_life), "consecutive_failures", "system")
    assert json.loads(tried_life.row(directive_id)["configuration_json"]) == first
    assert tried_life.standing(directive_id) == ("active", None, 1)
    await require_release(tried_life.ctx, directive_id)


@pytest.mark.req("D84")
async def test_going_back_mends_a_directive_whose_text_is_being_changed(tried_life: Life) -> None:
    directive_id = await tried_life.validated()
    await user_directive_implement(tried_life.ctx, "sums", WHOLE)
    await tried_life.approve()
    await user_directive_activate(tried_life.ctx, "sums")
    text = tried_life.row(directive_id)["configuration_json"]
    tried_life.write("sums.yaml", HOURLY)
    await user_directive_update(tried_life.ctx, "sums")
    assert tried_life.row(directive_id)["status"] == "validated"
    answer = await rollback_to_version(tried_life.ctx, "sums", 1)
    assert isinstance(answer, Deployed), answer
    assert tried_life.standing(directive_id) == ("implemented", None, 1)
    assert tried_life.row(directive_id)["configuration_json"] == text
    assert (await require_release(tried_life.ctx, directive_id)).modules["sums"] == WHOLE
    again = await rollback_to_version(tried_life.ctx, "sums", 1)
    assert isinstance(again, Deployed), again
    assert again.note == "It is in force already."
    assert tried_life.sql("SELECT * FROM directive_questions WHERE answer_json IS NULL") == []


@pytest.mark.req("S12")
async def test_two_versions_of_a_directives_code_can_be_compared(tried_life: Life) -> None:
    await second_release(tried_life)
    newest = tried_life.sql("SELECT max(version_number) AS n FROM artifact_versions")[0]["n"]
    found = await show_diff(tried_life.ctx, "sums", 1, newest)
    assert isinstance(found, VersionDiff), found
    assert "sum(list(numbers))" in found.diff


@pytest.mark.req("S15")
async def test_a_proposal_outlives_an_update_that_fails(tried_life: Life) -> None:
    await tried_life.active()
    answer = await safe_deploy(tried_life.ctx, "sums", BETTER, "more exact")
    assert isinstance(answer, Proposed), answer
    tried_life.write("sums.yaml", HOURLY.replace("add_up", "add_down"))
    await user_directive_update(tried_life.ctx, "sums")
    assert [row["version_number"] for row in tried_life.sql("SELECT * FROM artifact_versions")] == [
        1,
        2,
    ]


class Busy:
    """The real files, between whose writing and its end the gate is asked."""

    def __init__(self, ctx: Ctx, directive_id: int) -> None:
        self.ctx, self.directive_id = ctx, directive_id
        self.asked: asyncio.Task[Release] | None = None

    def __getattr__(self, name: str) -> object:
        return getattr(self.ctx.files, name)

    async def write(self, files: Mapping[str, bytes | None]) -> None:
        await self.ctx.files.write(files)
        self.asked = asyncio.ensure_future(release_to_run(self.ctx, self.directive_id))
        for _ in range(20):
            await asyncio.sleep(0.005)


@pytest.mark.req("S15", "D98")
async def test_a_gate_asked_in_the_midst_of_a_deployment_waits_for_its_end(
    tried_life: Life,
) -> None:
    directive_id = await tried_life.active()
    busy = Busy(tried_life.ctx, directive_id)
    tried_life.person.answers.append(YES)
    ctx = replace(tried_life.ctx, files=cast("Files", busy))
    answer = await safe_deploy(ctx, "sums", BETTER, "more exact")
    assert isinstance(answer, Deployed), answer
    assert busy.asked is not None
    assert (await busy.asked).modules["sums_code"] == BETTER
    assert tried_life.standing(directive_id) == ("active", None, 1)
    assert tried_life.events("approval_void") == []
    assert tried_life.alerts() == []


@pytest.mark.req("S15", "D100")
async def test_asking_again_puts_the_waiting_proposal_to_the_person(tried_life: Life) -> None:
    await tried_life.active()
    first = await safe_deploy(tried_life.ctx, "sums", BETTER, "more exact")
    assert isinstance(first, Proposed), first
    tried_life.person.answers.append(YES)
    answer = await request_approval(tried_life.ctx, "directive", "sums")
    assert isinstance(answer, Approved), answer
    assert answer.approval_id == first.approval_id
    assert code(tried_life) == BETTER


@pytest.mark.req("S15", "S16", "8.5")
async def test_code_that_does_not_load_after_the_yes_leaves_the_directive_as_it_was(
    tried_life: Life,
) -> None:
    directive_id = await tried_life.active()
    before = files(tried_life)
    first = await safe_deploy(tried_life.ctx, "sums", BETTER, "more exact")
    assert isinstance(first, Proposed), first
    broken = failing_load(tried_life.ctx)
    with pytest.raises(Conflict, match="failed to load after deployment"):
        await decide_request(broken, first.approval_id, "approved", "cli")
    assert files(tried_life) == before
    assert tried_life.standing(directive_id) == ("active", None, 1)
    states = tried_life.sql("SELECT state FROM artifact_versions ORDER BY id")
    assert [row["state"] for row in states] == ["tested", "load_failed"]
    await require_release(tried_life.ctx, directive_id)
