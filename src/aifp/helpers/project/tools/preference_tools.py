"""Read and set what the user prefers; it narrows what was approved and never widens it."""

from typing import Annotated

from pydantic import Field, JsonValue

from aifp.helpers.contract import reads, writes
from aifp.helpers.project.internal.preferring import (
    general_value,
    in_force,
    policies_of,
    set_for_all,
    set_for_one,
)
from aifp.helpers.shared.preference_values import require_key
from aifp.helpers.shared.preferences import preferences_of, user_values, values_of
from aifp.schemas.common import NotFound
from aifp.schemas.errors import NoSuch
from aifp.schemas.ports import Ctx
from aifp.schemas.preferences import DirectivePreference, PreferenceSet, UserSetting

Key = Annotated[
    str,
    Field(
        description="execution.timeout_s, .max_concurrency, .rate_limit (6/hour), .catch_up or "
        ".overlap, approval.each_run, logging.execution_tracking"
    ),
]
Value = Annotated[JsonValue, Field(description="null takes it back")]


@reads(toolset="project")
async def get_user_setting(ctx: Ctx, setting_key: Key) -> UserSetting | NotFound:
    """Get a setting for every directive, and what is used where a directive says nothing else."""
    key = require_key(setting_key)
    values = await user_values(ctx.preferences)
    if key not in values:
        return NotFound()
    return UserSetting(
        setting_key=key,
        setting_value=values[key],
        effective_value=await general_value(ctx, key),
    )


@reads(toolset="project")
async def get_directive_preference(
    ctx: Ctx, directive_name: str, preference_key: Key
) -> DirectivePreference | NotFound:
    """Get a preference for one directive, and what is used beside what was approved."""
    key = require_key(preference_key)
    own = values_of(
        await ctx.preferences.all("preferences_of_directive", directive_name=directive_name)
    )
    if key not in own:
        return NotFound()
    try:
        policies = await policies_of(ctx, directive_name)
    except NoSuch:
        return NotFound()
    wish = await preferences_of(ctx.preferences, directive_name)
    return DirectivePreference(
        directive_name=directive_name,
        preference_key=key,
        preference_value=own[key],
        effective_value=in_force(policies, wish)[key],
    )


@writes(toolset="project", asks=True, repeatable=True)
async def set_user_setting(ctx: Ctx, setting_key: Key, setting_value: Value) -> PreferenceSet:
    """Set what is preferred for every directive, within what was approved for each."""
    key = require_key(setting_key)
    return PreferenceSet(effective_value=await set_for_all(ctx, key, setting_value))


@writes(toolset="project", asks=True, repeatable=True)
async def set_directive_preference(
    ctx: Ctx, directive_name: str, preference_key: Key, preference_value: Value
) -> PreferenceSet:
    """Set what is preferred for one directive, within what was approved for it."""
    key = require_key(preference_key)
    used = await set_for_one(ctx, directive_name, key, preference_value)
    return PreferenceSet(effective_value=used)
