"""Policies: from the file's `defaults`, the directive's `policies`, and the directive itself."""

from collections.abc import Callable
from typing import get_args

from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.faults import LanguageFault
from aifp.helpers.user_directives.internal.language.forms.checks import check_steps
from aifp.helpers.user_directives.internal.language.forms.keys import POLICIES
from aifp.helpers.user_directives.internal.language.forms.plain import (
    is_whole,
    items,
    plain_map,
    whole,
    wrong,
)
from aifp.helpers.user_directives.internal.language.forms.reading import Reading
from aifp.helpers.user_directives.internal.language.forms.settling import settle_steps
from aifp.helpers.user_directives.internal.language.forms.steps import read_steps
from aifp.helpers.user_directives.internal.language.grammar.durations import (
    parse_duration,
    write_duration,
)
from aifp.helpers.user_directives.internal.language.grammar.policies import (
    parse_approve,
    parse_catch_up,
    parse_limit,
    parse_need,
    parse_retry,
)
from aifp.helpers.user_directives.internal.language.source.nodes import pointer
from aifp.schemas.canonical import Need, Policies
from aifp.schemas.words import Overlap

SECOND, DAY = 1_000, 86_400_000
DEFAULTS = "/~defaults"
MAX_NEEDS = 20
Reader = Callable[[Reading, str, JsonValue], object]


def duration(reading: Reading, path: str, value: JsonValue, low: int, high: int) -> int | None:
    """Return a duration in a range; loose forms may write seconds as a number."""
    if reading.draft.form in ("long", "string") and is_whole(value):
        value = f"{value}s"
    if not isinstance(value, str):
        reading.refuse(path, "E310", x=value)
        return None
    text = value
    ms = reading.attempt(path, lambda: parse_duration(text))
    if ms is not None and not low <= ms <= high:
        reading.refuse(path, "E311", lo=write_duration(low), hi=write_duration(high))
        return None
    return ms


def grammar(parse: Callable[[str], object], code: str) -> Reader:
    """Return a reader of one policy text; numbers and booleans are read as they are written."""

    def read(reading: Reading, path: str, value: JsonValue) -> object:
        if isinstance(value, list | dict | None | float) or value is True:
            reading.refuse(path, code, x=value)
            return None
        text = "no" if value is False else str(value)
        if "{{" in text:
            reading.refuse(path, "E509", field=path.rpartition("/")[2])
            return None
        return reading.attempt(path, lambda: parse(text))

    return read


def mode(reading: Reading, path: str, value: JsonValue) -> object:
    """Return what happens when a run is due while another is active."""
    if isinstance(value, str) and value.lower() in get_args(Overlap):
        return value.lower()
    reading.refuse(path, "E606", x=value)
    return None


def needs(reading: Reading, path: str, value: JsonValue) -> object:
    """Return the directives whose newest run must have succeeded."""
    found: list[Need] = []
    for where, item in items(path, value):
        if isinstance(item, str):
            need = reading.attempt(where, lambda text=item: parse_need(text))
            found += [need] if need else []
        else:
            reading.fault(where, wrong(where, "text", item))
    if len(found) > MAX_NEEDS:
        reading.refuse(path, "E208", n=MAX_NEEDS, things="needs")
    return found


def steps(reading: Reading, path: str, value: JsonValue) -> object:
    """Return the steps that run when the state changes."""
    read = reading.attempt(path, lambda: read_steps(value, reading.at(path)))
    if read is None:
        return None
    check_steps(reading, path, read)
    return settle_steps(reading, path, read)


READERS: dict[str, tuple[str, Reader]] = {
    "mode": ("mode", mode),
    "max": ("max", lambda reading, path, value: whole(reading, path, value, 1, 100)),
    "timeout": ("timeout_ms", lambda r, path, value: duration(r, path, value, SECOND, 7 * DAY)),
    "retry": ("retry", grammar(parse_retry, "E601")),
    "catch_up": ("catch_up", grammar(parse_catch_up, "E603")),
    "limit": ("limit", grammar(parse_limit, "E604")),
    "approve": ("approve", grammar(parse_approve, "E605")),
    "needs": ("needs", needs),
    "on_failure": ("on_failure", steps),
    "on_recovery": ("on_recovery", steps),
    "keep": ("keep_ms", lambda r, path, value: duration(r, path, value, DAY, 3_650 * DAY)),
}


def read_policies(reading: Reading) -> Policies:
    """Return the policies of a directive; its own win over the file's defaults."""
    written = written_policies(reading)
    found: dict[str, object] = {}
    for key, (path, value) in written.items():
        field, read = READERS[key]
        result = read(reading, path, value)
        if result is not None:
            found[field] = result
    policies = Policies.model_validate(found)
    return checked_max(reading, policies, written.get("max", ("", None))[0])


def checked_max(reading: Reading, policies: Policies, path: str) -> Policies:
    """Accept `max` only where several runs may exist; a file default is then left out."""
    if not path or policies.mode in ("queued", "parallel"):
        return policies
    if not path.startswith(DEFAULTS):
        wanted = "used with mode queued or parallel"
        reading.fault(path, LanguageFault("E203", k="max", type=wanted, found=policies.mode))
    return policies.model_copy(update={"max": 10})


def written_policies(reading: Reading) -> dict[str, tuple[str, JsonValue]]:
    """Return each written policy with its path: defaults, then `policies`, then the directive."""
    defaults = reading.settings.defaults
    found: dict[str, tuple[str, JsonValue]] = {
        key: (pointer(DEFAULTS, key), value) for key, value in defaults.items() if key in POLICIES
    }
    under = plain_map(reading, "/policies", reading.raw.get("policies", {}), len(POLICIES) * 2)
    reading.check_keys("/policies", under, POLICIES)
    for key, value in under.items():
        if key in POLICIES:
            found[key] = (pointer("/policies", key), value)
    for key in POLICIES & reading.raw.keys():
        if key in under:
            reading.refuse(pointer("", key), "E206", k=key)
        found[key] = (pointer("", key), reading.raw[key])
    return {key: found[key] for key in sorted(found)}
