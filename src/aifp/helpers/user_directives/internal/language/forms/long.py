"""The list form with `trigger` and `action` becomes the short grammar."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.forms.conditions import settle
from aifp.helpers.user_directives.internal.language.forms.keys import COMMON, LONG
from aifp.helpers.user_directives.internal.language.forms.labels import read_zone
from aifp.helpers.user_directives.internal.language.forms.long_actions import (
    action_step,
    written_as,
)
from aifp.helpers.user_directives.internal.language.forms.long_triggers import (
    LongTrigger,
    trigger_keys,
)
from aifp.helpers.user_directives.internal.language.forms.plain import items
from aifp.helpers.user_directives.internal.language.forms.reading import Reading, Sheet
from aifp.helpers.user_directives.internal.language.forms.strings import KIND
from aifp.helpers.user_directives.internal.language.source.nodes import pointer
from aifp.schemas.common import JsonMap

MORE_THAN_ONE = ("at", "every", "cron", "on", "api")
HOUR = timedelta(hours=1)


def long_sheet(reading: Reading) -> Sheet:
    """Return a long or string form in the short grammar."""
    reading.check_keys("", reading.raw, LONG)
    sheet = Sheet(raw={k: v for k, v in reading.raw.items() if k in COMMON})
    add_conditions(reading, sheet)
    if "trigger" in reading.raw:
        for path, value in items("/trigger", reading.raw["trigger"]):
            add_trigger(reading, sheet, path, value)
    else:
        reading.attempt("", lambda: ask_trigger(reading, sheet))
    add_actions(reading, sheet)
    if sheet.raw.pop("_fixed_offset", False):
        fix_offset(reading, sheet)
    return sheet


def add_conditions(reading: Reading, sheet: Sheet) -> None:
    """Make `conditions` the guard; an `if` beside it must hold too."""
    if "conditions" in reading.raw:
        sheet.moved["/if"] = "/conditions"
        own = [sheet.raw["if"]] if "if" in sheet.raw else []
        value = reading.raw["conditions"]
        sheet.raw["if"] = [*own, value] if own else value


def add_trigger(reading: Reading, sheet: Sheet, path: str, value: JsonValue) -> None:
    """Add the start keys of one trigger."""
    found = reading.attempt(path, lambda: trigger_keys(reading, path, value))
    if found is None:
        return
    keys, moved = found
    guarded = "if" in sheet.raw
    if "if" in keys and (guarded or isinstance(reading.raw["trigger"], list)):
        keys, moved = watched(reading, sheet, keys, moved)
    for key, start in keys.items():
        if key in MORE_THAN_ONE and key in sheet.raw:
            sheet.raw[key] = [*as_list(sheet.raw[key]), *as_list(start)]
        else:
            sheet.raw[key] = start
    sheet.moved = {**moved, **sheet.moved}


def watched(
    reading: Reading, sheet: Sheet, keys: JsonMap, moved: dict[str, str]
) -> tuple[JsonMap, dict[str, str]]:
    """Return a watched condition as a start of its own, beside other starts or a guard."""
    if keys.keys() & set(MORE_THAN_ONE):
        return keys, moved
    if not isinstance(keys["if"], str):
        guard = sheet.raw.get("if")
        return {**keys, "if": keys["if"] if guard is None else [guard, keys["if"]]}, moved
    text = settle(reading, moved["/if"], keys["if"])
    lasting = f" for {keys['for']}" if "for" in keys else ""
    start = f"when ({text}){lasting}" if lasting else f"when {text}"
    rest = {k: v for k, v in keys.items() if k not in ("if", "for")}
    return {"on": start, **rest}, {"/on": moved["/if"], **moved}


def as_list(value: JsonValue) -> list[JsonValue]:
    """Return a value as a list."""
    return value if isinstance(value, list) else [value]


def ask_trigger(reading: Reading, sheet: Sheet) -> None:
    """Ask what starts a directive without a trigger."""
    answer = reading.ask("/trigger").put("q.trigger")
    value: JsonValue = answer
    if isinstance(answer, str) and not KIND.fullmatch(answer):
        value = {"type": answer}
    if isinstance(value, dict):
        keys = LongTrigger(reading, "/trigger", value).keys()
    else:
        keys, _ = trigger_keys(reading, "/trigger", value)
    if "if" in keys and "if" in sheet.raw:
        keys, _ = watched(reading, sheet, keys, {"/if": "/trigger"})
    sheet.raw.update(keys)


def add_actions(reading: Reading, sheet: Sheet) -> None:
    """Add the steps of all actions."""
    key = "actions" if "actions" in reading.raw else "action"
    steps: list[JsonValue] = []
    for path, value in items(f"/{key}", reading.raw.get(key, [])):
        step = reading.attempt(path, lambda p=path, v=value: action_step(reading, p, v))
        for one in as_list(step) if step is not None else []:
            sheet.moved[pointer("/do", len(steps))] = path
            for short, origin in written_as(value, path).items():
                sheet.moved[pointer(pointer("/do", len(steps)), short)] = origin
            steps.append(one)
    if not reading.raw.get(key):
        answer = reading.attempt("/action", lambda: reading.ask("/action").put("q.action"))
        steps += as_list(answer) if answer is not None else []
    sheet.raw["do"] = steps


def fix_offset(reading: Reading, sheet: Sheet) -> None:
    """Replace the zone by its standard offset, where that is a whole hour."""
    reading.raw = sheet.raw
    zone = read_zone(reading)
    if zone is None:
        return
    offset = standard_offset(zone, date.fromisoformat(reading.known.today).year)
    hours, rest = divmod(offset, HOUR)
    if not rest:
        # The signs of these zone names are reversed: Etc/GMT-1 is one hour east.
        sheet.raw["timezone"] = f"Etc/GMT{-hours:+d}" if hours else "Etc/GMT"


def standard_offset(zone: str, year: int) -> timedelta:
    """Return the offset of a zone without its summer time."""
    winter_or_summer = (datetime(year, month, 1, tzinfo=ZoneInfo(zone)) for month in (1, 7))
    return min(moment.utcoffset() or timedelta() for moment in winter_or_summer)
