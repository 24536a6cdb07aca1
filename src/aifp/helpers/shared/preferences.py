"""Preferences take effect: a directive's own, else the user's setting, and only to narrow."""

import json
import logging
from collections.abc import Mapping

from pydantic import JsonValue

from aifp.helpers.shared.preference_values import KEYS, is_value, limit_of
from aifp.schemas.canonical import ApproveEach, CanonicalDirective, CatchUpRule, Policies
from aifp.schemas.ports import Reader, Row
from aifp.schemas.preferences import Preferences
from aifp.schemas.words import CatchUp, Overlap, PreferenceKey

Values = dict[PreferenceKey, JsonValue]
# Which overlap modes do less than another: fewer runs, or the same ones less at a time. What
# `restart` ends early and `queued` starts late, the other does not, so neither narrows the other.
NARROWER: dict[Overlap, frozenset[Overlap]] = {
    "parallel": frozenset({"queued", "restart", "single"}),
    "queued": frozenset({"single"}),
    "restart": frozenset({"single"}),
    "single": frozenset(),
}
CATCH_UP: tuple[CatchUp, ...] = ("none", "last", "all")
# As `approve: each run` means without further words.
EACH_RUN = ApproveEach.model_validate({"when": "each run", "within_ms": 43_200_000, "else": "skip"})

logger = logging.getLogger(__name__)


async def preferences_of(db: Reader, name: str) -> Preferences:
    """Return what is preferred for one directive."""
    own = values_of(await db.all("preferences_of_directive", directive_name=name))
    return merged(await user_values(db), own)


async def preferences_by_name(db: Reader) -> tuple[Preferences, dict[str, Preferences]]:
    """Return what is preferred for every directive, and for those that have their own."""
    general = await user_values(db)
    own: dict[str, list[Row]] = {}
    for row in await db.all("preferences_of_all"):
        own.setdefault(str(row["directive_name"]), []).append(row)
    named = {name: merged(general, values_of(rows)) for name, rows in own.items()}
    return merged(general, {}), named


async def user_values(db: Reader) -> Values:
    """Return the user's settings by key; whether runs are tracked is a setting of its own."""
    values = settings_of(await db.all("user_settings"))
    tracking = await db.one("execution_tracking")
    if tracking is not None:
        values["logging.execution_tracking"] = bool(tracking["enabled"])
    return values


def settings_of(rows: list[Row]) -> Values:
    """Read rows of user settings."""
    return _read({str(r["setting_key"]): str(r["setting_value_json"]) for r in rows})


def values_of(rows: list[Row]) -> Values:
    """Read rows of a directive's preferences."""
    return _read({str(r["preference_key"]): str(r["preference_value_json"]) for r in rows})


def merged(general: Mapping[PreferenceKey, JsonValue], own: Values) -> Preferences:
    """Take a directive's own preference, else the user's; a question once wanted stays."""
    values = {**general, **own}
    rate = values.get("execution.rate_limit")
    return Preferences.model_validate(
        {
            "timeout_s": values.get("execution.timeout_s"),
            "max_concurrency": values.get("execution.max_concurrency"),
            "rate_limit": limit_of(str(rate)) if rate is not None else None,
            "catch_up": values.get("execution.catch_up"),
            "overlap": values.get("execution.overlap"),
            "each_run": any(by.get("approval.each_run") is True for by in (general, own)),
            "execution_tracking": values.get("logging.execution_tracking", True),
        }
    )


def narrowed(policies: Policies, wish: Preferences) -> Policies:
    """Return the policies in force: the approved ones, narrower where that is preferred.

    Rates are left out: two of them over different spans hold side by side.
    """
    mode = wish.overlap if wish.overlap in NARROWER[policies.mode] else policies.mode
    most = policies.max
    if wish.max_concurrency is not None and mode == "parallel":
        most = min(most, wish.max_concurrency)
    timeout_ms = policies.timeout_ms
    if wish.timeout_s is not None:
        timeout_ms = min(timeout_ms, max(1, round(wish.timeout_s * 1000)))
    return policies.model_copy(
        update={
            "mode": mode or policies.mode,
            "max": most,
            "timeout_ms": timeout_ms,
            "catch_up": _catch_up(policies.catch_up, wish.catch_up),
            "approve": policies.approve or (EACH_RUN if wish.each_run else None),
        }
    )


def narrow_directive(directive: CanonicalDirective, wish: Preferences) -> CanonicalDirective:
    """Return a directive with the policies in force."""
    policies = narrowed(directive.policies, wish)
    if policies == directive.policies:
        return directive
    return directive.model_copy(update={"policies": policies})


def _catch_up(approved: CatchUpRule, wish: CatchUp | None) -> CatchUpRule:
    if wish is None or CATCH_UP.index(wish) >= CATCH_UP.index(approved.policy):
        return approved
    return approved.model_copy(update={"policy": wish, "max": None})


def _read(texts: Mapping[str, str]) -> Values:
    """Return what can be used; a value that was written by hand and fits no key is left out."""
    values: Values = {}
    for key in KEYS:
        if key in texts:
            value: JsonValue = json.loads(texts[key])
            if is_value(key, value):
                values[key] = value
            else:
                logger.warning("preference %s has a value it does not take: %s", key, texts[key])
    return values
