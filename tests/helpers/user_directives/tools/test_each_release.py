"""D82: a person approves each release before its first live run; nobody else takes that away."""

import pytest

from aifp.helpers.user_directives.tools.workflow_tools import (
    run_directive,
    user_directive_activate,
    user_directive_implement,
    user_directive_update,
)
from tests.helpers.user_directives.calls import answered, called
from tests.helpers.user_directives.engines import RecordingEngine
from tests.helpers.user_directives.lives import FUNCTIONS, TEXT, Life, code_of

EACH = TEXT.replace("    steps:", "    approve: each run\n    steps:")
WIDER = TEXT.replace(
    "    steps:\n",
    "    steps:\n      - {id: ask, http: GET https://weather.example/today}\n",
)


async def live(life: Life) -> str:
    """Try to run it for real and to let it fire; return how both are refused."""
    run = code_of(await run_directive(life.ctx, "sums"))
    on = code_of(await user_directive_activate(life.ctx, "sums"))
    assert run == on
    return run


@pytest.mark.req("D82")
async def test_a_fresh_release_runs_only_after_a_person_said_yes(
    life: Life, engine: RecordingEngine
) -> None:
    await life.implemented()
    assert await live(life) == "approval_required"
    assert engine.requests == []
    await life.approve()
    assert (await run_directive(life.ctx, "sums")).model_dump()["success"]
    assert len(engine.requests) == 1


@pytest.mark.req("D82")
async def test_an_edited_release_needs_a_yes_of_its_own(
    life: Life, engine: RecordingEngine
) -> None:
    await life.approved()
    other = FUNCTIONS.replace("sum(numbers)", "sum(numbers) + 1")
    await user_directive_implement(life.ctx, "sums", other)
    assert await live(life) == "approval_required"
    life.write("sums.yaml", TEXT.replace("1h", "2h"))
    await user_directive_update(life.ctx, "sums")
    assert await live(life) == "approval_required"
    assert engine.requests == []


@pytest.mark.req("D82")
async def test_a_widened_release_needs_a_yes_of_its_own(
    life: Life, engine: RecordingEngine
) -> None:
    await life.approved()
    life.write("sums.yaml", WIDER)
    await user_directive_update(life.ctx, "sums")
    permissions = life.row(1)["permissions_json"]
    assert "weather.example" in permissions
    assert await live(life) == "approval_required"
    assert engine.requests == []


@pytest.mark.req("D82")
async def test_an_approval_for_each_run_may_be_added_and_is_not_taken_away_by_an_assistant(
    life: Life, engine: RecordingEngine
) -> None:
    await life.approved(EACH)
    wish = {"preference_key": "approval.each_run", "preference_value": False}
    held = await called(life.ctx, "set_directive_preference", directive_name="sums", **wish)
    assert held["effective_value"] is True
    life.write("sums.yaml", TEXT)
    await user_directive_update(life.ctx, "sums")
    assert await live(life) == "approval_required"
    data = (await answered(life.ctx, "set_directive_approval", directive_id=1, approved=True)).data
    assert (data["approved"], data["pending_approval"]) == (False, True)
    assert engine.requests == []
