"""How log files are kept, and how that changes."""

import pytest

from aifp.helpers.user_directives.tools.logging_tools import (
    get_log_retention_policy,
    get_logging_config,
    toggle_logging,
    update_logging_config,
)
from aifp.schemas.common import JsonMap
from aifp.schemas.log_settings import DEFAULTS, LogConfigs, LogToggled, RetentionPolicy
from aifp.schemas.ports import Ctx
from tests.helpers.user_directives.calls import answered
from tests.helpers.user_directives.lives import Life, code_of

FRESH = [
    (1, "execution", 30, 50, ".aifp-project/logs/execution/", True),
    (2, "error", 90, 10, ".aifp-project/logs/errors/", True),
    (3, "lifecycle", 180, 10, ".aifp-project/logs/lifecycle/", True),
]


async def begin(ctx: Ctx) -> None:
    """Make the database, as the first parse does."""
    async with ctx.directives.write():
        pass


async def configs(ctx: Ctx) -> LogConfigs:
    found = await get_logging_config(ctx)
    assert isinstance(found, LogConfigs), found
    return found


@pytest.mark.req("D27")
async def test_a_fresh_project_keeps_logs_by_three_rows_with_or_without_a_database(
    plain_ctx: Ctx,
) -> None:
    bare = await configs(plain_ctx)
    assert [tuple(one.model_dump().values()) for one in bare.configs] == FRESH
    await begin(plain_ctx)
    assert await configs(plain_ctx) == bare
    assert bare.configs == list(DEFAULTS)
    one = await get_logging_config(plain_ctx, "error")
    assert isinstance(one, LogConfigs)
    assert [config.log_type for config in one.configs] == ["error"]


@pytest.mark.req("D27", "D64")
async def test_an_unknown_kind_of_log_has_no_configs_and_a_warning(
    plain_ctx: Ctx, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await answered(plain_ctx, "get_logging_config", log_type="audit")
    assert answer.is_error
    assert answer.data["configs"] == []
    assert "lifecycle" in str(answer.data["warnings"])
    assert "log_type" in caplog.text


@pytest.mark.req("D28")
async def test_the_retention_policy_says_the_same_as_the_configs(plain_ctx: Ctx) -> None:
    await begin(plain_ctx)
    await update_logging_config(plain_ctx, "error", 7, 2)
    await toggle_logging(plain_ctx, "lifecycle", enabled=False)
    policy = await get_log_retention_policy(plain_ctx)
    assert isinstance(policy, RetentionPolicy)
    found = {
        config.log_type: config.model_dump(
            include={"retention_days", "rotation_size_mb", "enabled"}
        )
        for config in (await configs(plain_ctx)).configs
    }
    assert policy.model_dump() == found
    assert found["error"] == {"retention_days": 7, "rotation_size_mb": 2, "enabled": True}
    assert found["lifecycle"]["enabled"] is False


@pytest.mark.req("D29")
@pytest.mark.parametrize(
    "given",
    [
        {"retention_days": 1},
        {"retention_days": 3650},
        {"rotation_size_mb": 1},
        {"rotation_size_mb": 1024},
        {"retention_days": 5, "rotation_size_mb": 5},
    ],
)
async def test_days_and_sizes_up_to_their_bounds_are_stored(life: Life, given: JsonMap) -> None:
    await begin(life.ctx)
    answer = await answered(life.ctx, "update_logging_config", log_type="execution", **given)
    assert answer.data == {"success": True}
    stored = life.sql("SELECT * FROM logging_config WHERE log_type = 'execution'")[0]
    assert given.items() <= stored.items()


@pytest.mark.req("D29", "D61")
@pytest.mark.parametrize(
    "given",
    [
        {"retention_days": 0},
        {"retention_days": 3651},
        {"rotation_size_mb": 0},
        {"rotation_size_mb": 1025},
        {"retention_days": 5, "rotation_size_mb": 1025},
        {},
    ],
)
async def test_days_and_sizes_outside_their_bounds_change_nothing(
    life: Life, given: JsonMap
) -> None:
    await begin(life.ctx)
    before = life.dump()
    answer = await answered(life.ctx, "update_logging_config", log_type="execution", **given)
    assert (answer.data["success"], answer.data["error_code"]) == (False, "invalid_argument")
    assert life.dump() == before


@pytest.mark.req("D29", "D30", "D61")
async def test_a_change_has_one_event_and_no_change_has_none(life: Life) -> None:
    await begin(life.ctx)
    await update_logging_config(life.ctx, "execution", retention_days=3)
    await update_logging_config(life.ctx, "execution", retention_days=3)
    answer = await toggle_logging(life.ctx, "error", enabled=False)
    assert answer == LogToggled(log_type="error", enabled=False)
    assert isinstance(answer, LogToggled)
    assert answer.model_dump() == {"success": True, "log_type": "error", "enabled": False}
    await toggle_logging(life.ctx, "error", enabled=False)
    told = life.sql("SELECT event_type, subject_id, actor FROM events ORDER BY id")
    assert [tuple(event.values()) for event in told] == [
        ("logging_changed", "execution", "ai"),
        ("logging_switched", "error", "ai"),
    ]


@pytest.mark.req("D86")
async def test_setting_logs_where_nothing_is_automated_is_refused_and_makes_no_file(
    life: Life,
) -> None:
    answer = await update_logging_config(life.ctx, "execution", retention_days=3)
    assert code_of(answer) == "unavailable"
    assert code_of(await toggle_logging(life.ctx, "error", enabled=False)) == "unavailable"
    assert list(life.project.iterdir()) == []
