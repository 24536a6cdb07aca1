"""Testing versions through their tools, and what is asked for before a person is asked."""

import json

import pytest

from aifp.helpers.lifecycle.internal.deciding import decide_request
from aifp.helpers.lifecycle.internal.evidence import evidence_for
from aifp.helpers.lifecycle.tools import testing_tools as tools
from aifp.helpers.lifecycle.tools.approval_tools import request_approval
from aifp.helpers.lifecycle.tools.deploy_tools import rollback_to_version, safe_deploy
from aifp.helpers.lifecycle.tools.health_tools import get_deployment_health
from aifp.helpers.user_directives.internal.approvals import genuine_yes, stored_text
from aifp.schemas.approvals import Approved
from aifp.schemas.common import Failure
from aifp.schemas.deploying import Deployed, Proposed, Unproven
from aifp.schemas.health import DeploymentHealth
from aifp.schemas.instants import to_text
from aifp.schemas.testing import TestReport, VersionTested
from tests.helpers.lifecycle.shops import approved
from tests.helpers.lifecycle.workshop import Workshop
from tests.helpers.user_directives.lives import LATER, NO, YES

SAFE = 'CHARACTERISTICS = {"effect_class": "CLASS", "idempotent": True, "side_effects": False}\n'
CASES = 'TEST_CASES = [{"input": {"a": 1}, "expected_output": 3}]\n'
CODE = f'''"""Sums."""

{SAFE}{CASES}

def run(a: int, b: int = 2) -> int:
    """Add two numbers."""
    return a + b
'''


def of_class(word: str, code: str = CODE) -> str:
    return code.replace("CLASS", word)


def better(word: str) -> str:
    return of_class(word).replace("a + b", "b + a")


def worse(word: str) -> str:
    return of_class(word).replace("a + b", "a * b")


def ran(shop: Workshop, many: int, name: str = "add", given: int = 1) -> None:
    """Let a tool have run live, as the record keeps it."""
    artifact = shop.tool(name)
    now = shop.ctx.clock.now()
    for number in range(many):
        shop.life.insert(
            "runs",
            kind="tool",
            artifact_id=artifact["id"],
            artifact_version_id=artifact["deployed_version_id"],
            trigger_source="tool",
            idempotency_key=f"run {name} {number}",
            status="success",
            attempts=1,
            created_at=to_text(now),
            started_at=to_text(now),
            finished_at=to_text(now),
            input_json=json.dumps({"input": {"a": given}, "read": {}, "memory": {}}),
            random_seed="seed",
            output_summary=str(given + 2),
            settled=1,
        )
        (run,) = shop.sql("SELECT max(id) AS id FROM runs")
        shop.life.insert(
            "run_attempts",
            run_id=run["id"],
            attempt=1,
            status="success",
            started_at=to_text(now),
            finished_at=to_text(now),
        )


async def propose(shop: Workshop, code: str) -> object:
    return await safe_deploy(shop.ctx, "add", code, "enhancement")


@pytest.mark.req("S21", "T05")
async def test_a_proposal_that_fails_its_tests_is_refused_and_nobody_is_asked(
    shop: Workshop,
) -> None:
    await approved(shop, text=of_class("read_only"))
    asked = len(shop.life.person.asked)
    answer = await propose(shop, worse("read_only"))
    assert isinstance(answer, Unproven), answer
    assert answer.version_number == 2
    assert answer.missing[0].startswith("replay (insufficient_data")
    assert "synthetic (failed" in answer.missing[0]
    assert len(shop.life.person.asked) == asked
    assert shop.file("add").read_text() == of_class("read_only")
    assert [v["state"] for v in shop.versions("add")] == ["approved", "draft"]


@pytest.mark.req("S21", "T05")
@pytest.mark.parametrize(
    ("word", "live", "missing"),
    [
        ("read_only", 0, []),
        ("idempotent", 9, ["replay (insufficient_data: 9 past successes, 10 are needed)"]),
        ("idempotent", 10, []),
        ("side_effects", 0, []),
        ("side_effects", 1, ["shadow (insufficient_data: 0 runs shadowed, 10 are needed)"]),
        ("unknown", 1, []),
        ("destructive", 1, []),
    ],
)
async def test_each_class_is_held_to_its_own_tests(
    shop: Workshop, word: str, live: int, missing: list[str]
) -> None:
    await approved(shop, text=of_class(word))
    ran(shop, live)
    shop.life.person.answers.append(LATER)
    answer = await propose(shop, better(word))
    if missing:
        assert isinstance(answer, Unproven), answer
        assert answer.missing == missing
        assert missing[0] in answer.error and str(answer.command) in answer.error
    else:
        assert isinstance(answer, Proposed), answer


@pytest.mark.req("T05", "T06")
async def test_only_a_person_waives_what_is_missing_and_only_for_this_code(
    shop: Workshop,
) -> None:
    await approved(shop, text=of_class("idempotent"))
    ran(shop, 3)
    answer = await propose(shop, better("idempotent"))
    assert isinstance(answer, Unproven), answer
    shop.life.person.answers.append(LATER)
    later = await request_approval(shop.ctx, "waive_tests", "add")
    assert not isinstance(later, Approved)
    assert isinstance(await propose(shop, better("idempotent")), Unproven)
    shop.life.person.answers.append(YES)
    assert isinstance(await request_approval(shop.ctx, "waive_tests", "add"), Approved)
    assert "Waive the missing tests of version 2 of add?" in shop.life.person.asked[-1][0]
    assert shop.file("add").read_text() == of_class("idempotent")
    shop.life.person.answers.append(YES)
    assert isinstance(await propose(shop, better("idempotent")), Deployed)
    text = shop.life.person.asked[-1][0]
    assert "A person waived what is missing" in text
    other = of_class("idempotent").replace("a + b", "a + b + 0")
    assert isinstance(await propose(shop, other), Unproven)


@pytest.mark.req("T05")
async def test_a_waiver_forged_in_the_database_counts_for_nothing(shop: Workshop) -> None:
    await approved(shop, text=of_class("idempotent"))
    ran(shop, 3)
    answer = await propose(shop, better("idempotent"))
    assert isinstance(answer, Unproven), answer
    shop.sql(
        "UPDATE approvals SET decision = 'approved', decided_by = 'user', channel = 'cli',"
        " checksum = 'x' WHERE subject_kind = 'waive_tests'"
    )
    assert isinstance(await propose(shop, better("idempotent")), Unproven)


@pytest.mark.req("T02", "T05")
async def test_a_version_that_lowers_the_class_is_held_to_the_higher_one(shop: Workshop) -> None:
    await approved(shop, text=of_class("idempotent"))
    ran(shop, 1)
    answer = await propose(shop, better("read_only"))
    assert isinstance(answer, Unproven), answer
    assert "is idempotent" in answer.error


@pytest.mark.req("T02")
async def test_a_tool_that_says_it_only_reads_and_posts_raises_an_alert(shop: Workshop) -> None:
    posting = (
        of_class("read_only")
        .replace("def run(a: int", "def run(ctx, a: int")
        .replace("return", 'ctx.http("POST", "https://a.example/x")\n    return')
    )
    await shop.added("add", text=posting)
    answer = await tools.test_version(shop.ctx, "add", 1)
    assert isinstance(answer, VersionTested), answer
    assert (answer.effect_class, answer.risk) == ("side_effects", "medium")
    assert ("class_understated", "add") in shop.alerts()
    assert shop.tool("add")["effect_class"] == "side_effects"


@pytest.mark.req("T12", "T21")
async def test_a_request_without_evidence_says_that_nothing_was_tested(shop: Workshop) -> None:
    await shop.added("add", text=of_class("read_only"))
    shop.life.person.answers.append(LATER)
    await request_approval(shop.ctx, "artifact", "add")
    text = shop.life.person.asked[-1][0]
    assert "not tested" in text and "Class read_only, risk low" in text


@pytest.mark.req("T21")
async def test_the_same_numbers_stand_in_all_three_places(shop: Workshop) -> None:
    await approved(shop, text=of_class("idempotent"))
    ran(shop, 12)
    shop.life.person.answers.append(YES)
    assert isinstance(await propose(shop, better("idempotent")), Deployed)
    results = await tools.get_test_results(shop.ctx, "add", 2)
    assert not isinstance(results, Failure)
    by_strategy = {report.strategy: report for report in results}
    replayed, made_up = by_strategy["replay"], by_strategy["synthetic"]
    assert (replayed.cases, replayed.agreements, replayed.score) == (12, 12, 1.0)
    text = shop.life.person.asked[-1][0]
    assert f"replay beside version 1 ({replayed.completed_at}): passed: 12 of 12" in text
    assert f"passed: {made_up.successes} of {made_up.cases} passed" in text
    health = await get_deployment_health(shop.ctx, "add")
    assert isinstance(health, DeploymentHealth)
    assert health.tests == results


@pytest.mark.req("T21")
async def test_versions_are_tested_on_call_by_all_that_their_class_needs(shop: Workshop) -> None:
    await approved(shop, text=of_class("idempotent"))
    ran(shop, 10)
    shop.life.person.answers.append(LATER)
    await propose(shop, better("idempotent"))
    answer = await tools.test_version(shop.ctx, "add", 2)
    assert isinstance(answer, VersionTested), answer
    assert set(answer.results) == {"replay", "synthetic"}
    assert (answer.missing, answer.state) == ([], "tested")
    one = await tools.test_version(shop.ctx, "add", 2, "synthetic")
    assert isinstance(one, VersionTested) and set(one.results) == {"synthetic"}
    results = await tools.get_test_results(shop.ctx, "add")
    assert not isinstance(results, Failure)
    assert [r.strategy for r in results] == [
        "synthetic",
        "replay",
        "synthetic",
        "replay",
        "synthetic",
    ]
    assert all(isinstance(report, TestReport) for report in results)


async def test_versions_and_tools_that_are_not_there_are_refused(shop: Workshop) -> None:
    await shop.added("add")
    unknown = await tools.test_version(shop.ctx, "nobody", 1)
    assert isinstance(unknown, Failure) and unknown.error_code == "not_found"
    missing = await tools.test_version(shop.ctx, "add", 7)
    assert isinstance(missing, Failure) and "no version 7" in missing.error
    alone = await tools.test_version(shop.ctx, "add", 1, "shadow")
    assert isinstance(alone, Failure) and alone.error_code == "invalid_transition"


@pytest.mark.req("T05")
async def test_a_waiver_given_at_the_terminal_counts_too(shop: Workshop) -> None:
    await approved(shop, text=of_class("idempotent"))
    ran(shop, 1)
    answer = await propose(shop, better("idempotent"))
    assert isinstance(answer, Unproven) and answer.approval_id
    row = await shop.ctx.directives.one("approval_by_id", id=answer.approval_id)
    assert row is not None and "Missing: replay" in stored_text(row)
    await decide_request(shop.ctx, answer.approval_id, "approved", "cli")
    version_id = shop.versions("add")[1]["id"]
    evidence = await evidence_for(shop.ctx, version_id)
    assert evidence.complete and evidence.waived_by == answer.approval_id


@pytest.mark.req("T06")
async def test_every_release_that_ever_ran_has_a_yes_of_a_person(shop: Workshop) -> None:
    await approved(shop, text=of_class("read_only"))
    shop.life.person.answers.append(NO)
    refused = await propose(shop, better("read_only"))
    assert isinstance(refused, Failure) and refused.error_code == "approval_rejected"
    shop.life.person.answers.append(YES)
    other = of_class("read_only").replace("a + b", "a + b + 0")
    assert isinstance(await propose(shop, other), Deployed)
    assert isinstance(await rollback_to_version(shop.ctx, "add", 1), Deployed)
    hashes = {row["release_sha256"] for row in shop.sql("SELECT release_sha256 FROM deployments")}
    assert len(hashes) == 2
    for digest in hashes:
        subject = str(shop.tool("add")["id"])
        assert await genuine_yes(shop.ctx, "artifact", subject, str(digest)) is not None
    assert shop.events("add").count("deployed") + shop.events("add").count("rolled_back") == 3
