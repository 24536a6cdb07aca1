"""Whatever a person is asked about code, the request says how much a yes risks."""

import json

import pytest

from aifp.helpers.lifecycle.tools.approval_tools import request_approval
from aifp.helpers.lifecycle.tools.deploy_tools import (
    resolve_conflict,
    rollback_to_version,
    safe_deploy,
)
from aifp.schemas.deploying import DeployConflict, Proposed
from tests.helpers.lifecycle.shops import approved, deployed
from tests.helpers.lifecycle.workshop import SUM, Workshop
from tests.helpers.user_directives.lives import FUNCTIONS, LATER, Life

SENDS = SUM.replace("def run(", "def run(ctx, ").replace(
    "    return", '    ctx.http("DELETE", "https://example.org/sums/1")\n    return'
)
NEW_LAYOUT = SUM + 'CHARACTERISTICS = {"state_version": 2}\n'


def asked(shop: Workshop, kind: str) -> str:
    rows = shop.sql("SELECT request_json FROM approvals WHERE subject_kind = ?", kind)
    return str(json.loads(rows[-1]["request_json"])["text"])


@pytest.mark.req("T04")
async def test_a_tool_and_the_waiver_of_its_tests_are_asked_about_with_their_risk(
    shop: Workshop,
) -> None:
    await shop.added("add", text=SENDS)
    await request_approval(shop.ctx, "artifact", "add")
    assert "Risk:\nhigh (destructive)" in asked(shop, "artifact")
    await safe_deploy(shop.ctx, "fresh", "def run() -> int:\n    return {}['x']\n", "new")
    assert "risk medium" in asked(shop, "waive_tests")


@pytest.mark.req("T04")
async def test_overwriting_says_the_risk_of_the_code_that_would_lie_there(shop: Workshop) -> None:
    await approved(shop)
    shop.write("add", SUM + "# mine\n")
    answer = await safe_deploy(shop.ctx, "add", SENDS, "sends")
    assert isinstance(answer, DeployConflict), answer
    await resolve_conflict(shop.ctx, answer.version_id, "overwrite_anyway")
    assert "Risk: high (destructive)" in asked(shop, "overwrite")


@pytest.mark.req("T04", "T18")
async def test_going_back_to_another_layout_says_its_risk(shop: Workshop) -> None:
    await approved(shop)
    await deployed(shop, NEW_LAYOUT)
    answer = await rollback_to_version(shop.ctx, "add", 1)
    assert isinstance(answer, Proposed), answer
    assert "Risk: medium (unknown)" in asked(shop, "destroy_state")


@pytest.mark.req("T04", "T12")
async def test_a_directive_is_asked_about_with_risk_rights_and_what_breaks(
    tried_life: Life,
) -> None:
    await tried_life.active()
    assert "Risk:\nmedium (side effects)" in tried_life.person.asked[0][0]
    tried_life.person.answers.append(LATER)
    proposal = FUNCTIONS.replace("sum(numbers)", "sum(list(numbers))")
    answer = await safe_deploy(tried_life.ctx, "sums", proposal, "more exact")
    assert isinstance(answer, Proposed), answer
    text = tried_life.person.asked[-1][0]
    for part in ("Risk:\n", "Changes of what it may since", "Breaking:\nno", "\nEvidence:\n"):
        assert part in text, part
