"""Preferences: a directive's own, else the user's; they narrow what was approved."""

from dataclasses import replace

import pytest
from pydantic import JsonValue

from aifp.helpers.project.tools.preference_tools import (
    get_directive_preference,
    get_user_setting,
    set_directive_preference,
    set_user_setting,
)
from aifp.helpers.shared.preference_values import KEYS
from aifp.helpers.shared.preferences import narrowed
from aifp.schemas.canonical import ApproveEach, CatchUpRule, Limit, Policies
from aifp.schemas.common import Failure, NotFound
from aifp.schemas.ports import Ctx, HumanAnswer
from aifp.schemas.preferences import (
    DirectivePreference,
    Preferences,
    PreferenceSet,
    UserSetting,
)
from aifp.schemas.words import Overlap
from tests.helpers.user_directives.lives import NO, TEXT, Life, code_of

EACH_RUN = ApproveEach.model_validate({"when": "each run", "within_ms": 60_000, "else": "fail"})


async def prefer(ctx: Ctx, key: str, value: JsonValue, name: str = "sums") -> JsonValue:
    answer = await set_directive_preference(ctx, name, key, value)
    assert isinstance(answer, PreferenceSet), answer
    return answer.effective_value


async def want(ctx: Ctx, key: str, value: JsonValue) -> JsonValue:
    answer = await set_user_setting(ctx, key, value)
    assert isinstance(answer, PreferenceSet), answer
    return answer.effective_value


async def used(ctx: Ctx, key: str, name: str = "sums") -> JsonValue:
    answer = await get_directive_preference(ctx, name, key)
    assert isinstance(answer, DirectivePreference), answer
    return answer.effective_value


@pytest.mark.req("D76")
@pytest.mark.parametrize(("preferred", "used_s"), [(300, 60), (30, 30), (60, 60), (0.5, 0.5)])
async def test_a_timeout_is_narrowed_and_never_widened(
    life: Life, preferred: float, used_s: float
) -> None:
    await life.validated()
    assert await prefer(life.ctx, "execution.timeout_s", preferred) == used_s
    assert await used(life.ctx, "execution.timeout_s") == used_s


@pytest.mark.req("D76")
async def test_a_directives_own_preference_comes_before_the_users_setting(life: Life) -> None:
    ctx, key = life.ctx, "execution.timeout_s"
    await life.validated()
    assert isinstance(await get_user_setting(ctx, key), NotFound)
    assert isinstance(await get_directive_preference(ctx, "sums", key), NotFound)
    assert await want(ctx, key, 20) == 20
    kept = await get_user_setting(ctx, key)
    assert kept == UserSetting(
        setting_key="execution.timeout_s", setting_value=20, effective_value=20
    )
    assert await prefer(ctx, key, 40) == 40
    assert await prefer(ctx, key, None) == 20
    assert isinstance(await get_directive_preference(ctx, "sums", key), NotFound)
    assert await want(ctx, key, None) == 60
    assert isinstance(await get_user_setting(ctx, key), NotFound)


@pytest.mark.req("D76")
async def test_an_unknown_key_is_refused_with_the_known_ones(life: Life) -> None:
    await life.validated()
    ctx = life.ctx
    for answer in (
        await set_user_setting(ctx, "execution.speed", 1),
        await set_directive_preference(ctx, "sums", "execution.speed", 1),
        await get_user_setting(ctx, "execution.speed"),
        await get_directive_preference(ctx, "sums", "execution.speed"),
    ):
        assert isinstance(answer, Failure), answer
        assert answer.error_code == "invalid_argument"
        assert all(key in answer.error for key in KEYS)


WRONG: list[tuple[str, JsonValue]] = [
    ("execution.timeout_s", "30"),
    ("execution.timeout_s", 0),
    ("execution.timeout_s", True),
    ("execution.timeout_s", 86_401),
    ("execution.max_concurrency", 1.5),
    ("execution.max_concurrency", 0),
    ("execution.rate_limit", 6),
    ("execution.rate_limit", "6/fortnight"),
    ("execution.rate_limit", "0/hour"),
    ("execution.catch_up", "some"),
    ("execution.overlap", ["single"]),
    ("approval.each_run", "yes"),
    ("logging.execution_tracking", 1),
]


@pytest.mark.req("D76")
@pytest.mark.parametrize(("key", "value"), WRONG)
async def test_a_value_of_another_kind_is_refused(life: Life, key: str, value: JsonValue) -> None:
    await life.validated()
    for answer in (
        await set_user_setting(life.ctx, key, value),
        await set_directive_preference(life.ctx, "sums", key, value),
    ):
        assert isinstance(answer, Failure), answer
        assert answer.error_code == "invalid_argument"
        assert key in answer.error
        assert "Known keys" in answer.error
    assert not (life.project / ".aifp-project" / "user_preferences.db").exists()


@pytest.mark.req("D65", "D76")
async def test_a_preference_for_no_directive_is_refused(life: Life) -> None:
    await life.validated()
    answer = await set_directive_preference(life.ctx, "nobody", "execution.timeout_s", 1)
    assert code_of(answer) == "not_found"


@pytest.mark.req("D76")
async def test_every_key_says_what_is_used(life: Life) -> None:
    limited = TEXT.replace(
        "    steps:", "    limit: 6/hour\n    mode: parallel\n    max: 4\n    steps:"
    )
    await life.validated(limited)
    ctx = life.ctx
    assert await prefer(ctx, "execution.rate_limit", "3 per hour") == "3/hour"
    assert await prefer(ctx, "execution.rate_limit", "9/hour") == "6/hour"
    assert await prefer(ctx, "execution.rate_limit", "2/minute") == "6/hour and 2/minute"
    assert await prefer(ctx, "execution.max_concurrency", 9) == 4
    assert await prefer(ctx, "execution.max_concurrency", 2) == 2
    assert await prefer(ctx, "execution.overlap", "single") == "single"
    assert await prefer(ctx, "execution.catch_up", "all") == "last"
    assert await prefer(ctx, "execution.catch_up", "none") == "none"
    assert await prefer(ctx, "logging.execution_tracking", False) is False


MODES: list[tuple[Overlap, Overlap, Overlap]] = [
    ("parallel", "queued", "queued"),
    ("parallel", "restart", "restart"),
    ("parallel", "single", "single"),
    ("queued", "single", "single"),
    ("queued", "parallel", "queued"),
    ("queued", "restart", "queued"),
    ("restart", "queued", "restart"),
    ("restart", "single", "single"),
    ("single", "parallel", "single"),
    ("single", "queued", "single"),
    ("single", "restart", "single"),
]


@pytest.mark.req("D76")
@pytest.mark.parametrize(("approved", "preferred", "in_force"), MODES)
def test_an_overlap_mode_gives_way_only_to_one_that_does_less(
    approved: Overlap, preferred: Overlap, in_force: Overlap
) -> None:
    assert narrowed(Policies(mode=approved), Preferences(overlap=preferred)).mode == in_force


@pytest.mark.req("D76")
def test_nothing_preferred_leaves_everything_as_approved() -> None:
    approved = Policies(
        mode="parallel",
        max=3,
        timeout_ms=1_000,
        catch_up=CatchUpRule(policy="all", within_ms=5, max=7),
        limit=Limit(runs=1, per_ms=1_000),
        approve=EACH_RUN,
    )
    assert narrowed(approved, Preferences()) == approved
    wider = Preferences(
        timeout_s=9, max_concurrency=9, catch_up="all", overlap="parallel", each_run=False
    )
    assert narrowed(approved, wider) == approved


@pytest.mark.req("D76", "D82")
async def test_an_assistant_adds_the_question_before_each_run_and_cannot_lift_it(
    life: Life,
) -> None:
    await life.validated()
    ctx, key = life.ctx, "approval.each_run"
    assert await prefer(ctx, key, True) is True
    life.person.answers += [NO, NO]
    assert code_of(await set_directive_preference(ctx, "sums", key, False)) == "approval_required"
    assert code_of(await set_directive_preference(ctx, "sums", key, None)) == "approval_required"
    assert await used(ctx, key) is True
    life.person.answers.append(HumanAnswer(action="accept", content={"lift": True}))
    assert await prefer(ctx, key, False) is False
    assert await want(ctx, key, True) is True
    assert await used(ctx, key) is True
    assert await prefer(replace(ctx, actor="user"), key, False) is True


@pytest.mark.req("D77")
async def test_tracking_is_on_by_default_and_one_setting(life: Life) -> None:
    await life.validated()
    ctx, key = life.ctx, "logging.execution_tracking"
    assert await want(ctx, "execution.timeout_s", 5) == 5
    kept = await get_user_setting(ctx, key)
    assert isinstance(kept, UserSetting)
    assert kept.setting_value is True
    assert await want(ctx, key, False) is False
    assert await prefer(ctx, key, True) is True
    assert await want(ctx, key, None) is True
