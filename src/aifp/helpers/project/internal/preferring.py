"""Set and read preferences; what they come to is said with each answer."""

import json
from collections.abc import Mapping

from pydantic import JsonValue

from aifp.helpers.shared.preference_values import rate_of, require_value
from aifp.helpers.shared.preferences import (
    narrowed,
    preferences_of,
    user_values,
    values_of,
)
from aifp.schemas.canonical import CanonicalDirective, Limit, Policies
from aifp.schemas.common import JsonMap
from aifp.schemas.errors import ApprovalRequired, NoSuch
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx, Writer
from aifp.schemas.preferences import Preferences
from aifp.schemas.words import PreferenceKey

TRACKING: PreferenceKey = "logging.execution_tracking"
EACH_RUN: PreferenceKey = "approval.each_run"
QUESTION: JsonMap = {
    "type": "object",
    "properties": {"lift": {"type": "boolean", "title": "Let it run without asking each time"}},
    "required": ["lift"],
}


async def set_for_all(ctx: Ctx, key: PreferenceKey, value: JsonValue) -> JsonValue:
    """Keep a setting for every directive, or take it back; return what is used now."""
    _require(key, value)
    before = await user_values(ctx.preferences)
    await _require_person(ctx, before.get(key), key, value, "every directive")
    async with ctx.preferences.write() as db:
        await _store_setting(db, key, value, to_text(ctx.clock.now()))
    ctx.engine.wake()
    return await general_value(ctx, key)


async def set_for_one(ctx: Ctx, name: str, key: PreferenceKey, value: JsonValue) -> JsonValue:
    """Keep a preference for one directive, or take it back; return what is used now."""
    _require(key, value)
    policies = await policies_of(ctx, name)
    before = values_of(await ctx.preferences.all("preferences_of_directive", directive_name=name))
    await _require_person(ctx, before.get(key), key, value, name)
    named = {"directive_name": name, "preference_key": key}
    async with ctx.preferences.write() as db:
        if value is None:
            await db.run("drop_preference", **named)
        else:
            at = to_text(ctx.clock.now())
            await db.run("store_preference", **named, value_json=json.dumps(value), at=at)
    ctx.engine.wake()
    return in_force(policies, await preferences_of(ctx.preferences, name))[key]


async def general_value(ctx: Ctx, key: PreferenceKey) -> JsonValue:
    """Return what is used for a directive that says nothing of its own."""
    values = await user_values(ctx.preferences)
    return values[key] if key in values else in_force(Policies(), Preferences())[key]


async def policies_of(ctx: Ctx, name: str) -> Policies:
    """Return the policies of a directive; the defaults while it is not validated."""
    row = await ctx.directives.one("configuration_by_name", name=name)
    if row is None:
        raise NoSuch(f"There is no directive {name!r}. user_directive_status lists them all.")
    if row["canonical_sha256"] is None:
        return Policies()
    return CanonicalDirective.model_validate_json(str(row["configuration_json"])).policies


def in_force(policies: Policies, wish: Preferences) -> Mapping[PreferenceKey, JsonValue]:
    """Return what is used under each key."""
    used = narrowed(policies, wish)
    seconds = used.timeout_ms / 1000
    return {
        "execution.timeout_s": int(seconds) if seconds.is_integer() else seconds,
        "execution.max_concurrency": used.max if used.mode == "parallel" else 1,
        "execution.rate_limit": _rates(policies.limit, wish.rate_limit),
        "execution.catch_up": used.catch_up.policy,
        "execution.overlap": used.mode,
        "approval.each_run": used.approve is not None,
        "logging.execution_tracking": wish.execution_tracking,
    }


def _rates(approved: Limit | None, wish: Limit | None) -> JsonValue:
    if approved is not None and wish is not None and approved.per_ms == wish.per_ms:
        return rate_of(min(approved, wish, key=lambda limit: limit.runs))
    return " and ".join(rate_of(limit) for limit in (approved, wish) if limit) or None


def _require(key: PreferenceKey, value: JsonValue) -> None:
    if value is not None:
        require_value(key, value)


async def _require_person(
    ctx: Ctx, before: JsonValue, key: PreferenceKey, value: JsonValue, of: str
) -> None:
    """Ask a person before the question at each run is lifted; an assistant may only add it."""
    if key != EACH_RUN or before is not True or value is True or ctx.actor == "user":
        return
    said = await ctx.door.ask(f"lift:{of}", f"Stop asking before each run of {of}?", QUESTION)
    if said.action != "accept" or said.content.get("lift") is not True:
        raise ApprovalRequired(
            f"Only a person lifts the question before each run of {of}; nothing was changed."
        )


async def _store_setting(db: Writer, key: PreferenceKey, value: JsonValue, at: str) -> None:
    if key == TRACKING:
        # The default is to track; taking the setting back brings that.
        await db.run("switch_execution_tracking", enabled=int(value is not False), at=at)
    elif value is None:
        await db.run("drop_user_setting", setting_key=key)
    else:
        await db.run("store_user_setting", setting_key=key, value_json=json.dumps(value), at=at)
