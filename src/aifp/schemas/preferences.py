"""What a person prefers; it may narrow what was approved, never widen it."""

from typing import Literal

from pydantic import JsonValue

from aifp.schemas.canonical import Limit
from aifp.schemas.common import Record
from aifp.schemas.words import CatchUp, Overlap, PreferenceKey


class Preferences(Record):
    """What is preferred for one directive; None leaves what was approved."""

    timeout_s: float | None = None
    max_concurrency: int | None = None
    rate_limit: Limit | None = None
    catch_up: CatchUp | None = None
    overlap: Overlap | None = None
    each_run: bool = False
    execution_tracking: bool = True


class UserSetting(Record):
    """A setting for every directive, and what is used where a directive says nothing else."""

    setting_key: PreferenceKey
    setting_value: JsonValue
    effective_value: JsonValue


class DirectivePreference(Record):
    """A preference for one directive, and what is used: the narrower of it and the approved."""

    directive_name: str
    preference_key: PreferenceKey
    preference_value: JsonValue
    effective_value: JsonValue


class PreferenceSet(Record):
    """The preference is kept."""

    success: Literal[True] = True
    effective_value: JsonValue
