"""Triggers of the list form: `trigger: {type: time, time: ...}` as keys of the short grammar."""

import re
from collections.abc import Callable

from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.faults import LanguageFault, OpenQuestion
from aifp.helpers.user_directives.internal.language.forms.keys import TRIGGERS
from aifp.helpers.user_directives.internal.language.forms.plain import is_whole, items, wrong
from aifp.helpers.user_directives.internal.language.forms.reading import Reading
from aifp.helpers.user_directives.internal.language.forms.strings import trigger_of
from aifp.helpers.user_directives.internal.language.source.nodes import pointer
from aifp.helpers.user_directives.internal.language.suggestions import nearest
from aifp.schemas.common import JsonMap

EVENT_FIELD = re.compile(r"\bevent\.(?=[A-Za-z_])")
QUOTED = re.compile(r"(\"[^\"]*\"|'[^']*')")
SOURCES = {"webhook": "webhook", "mqtt": "mqtt", "file_watch": "file"}
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
DAY_OF_MONTH, WEEKDAY = "day of the month", "weekday"


class LongTrigger:
    """One trigger map while it is turned into start keys."""

    def __init__(self, reading: Reading, path: str, value: JsonMap) -> None:
        self.reading, self.path, self.value = reading, path, value
        self.moved: dict[str, str] = {}

    def keys(self) -> JsonMap:
        """Return the start keys of the short grammar."""
        kind = self.value.get("type")
        if kind is None:
            kind = self.reading.ask(pointer(self.path, "type")).put("q.trigger")
        read = self.readers().get(kind) if isinstance(kind, str) else None
        if read is None:
            raise unknown_type(kind)
        self.reading.check_keys(self.path, self.value, TRIGGERS[str(kind)] | {"type"})
        found = read()
        if "timezone" in self.value:
            found["timezone"] = self.take("timezone", "timezone")
        return found

    def readers(self) -> dict[str, Callable[[], JsonMap]]:
        """Return the reader of each trigger type."""
        return {
            "time": self.time,
            "schedule": self.time,
            "condition": self.condition,
            "event": self.event,
            "webhook": lambda: self.webhook("id", "path", "event_name"),
            "api": self.api,
            "manual": lambda: {},
            "startup": lambda: {"on": "start"},
        }

    def take(self, key: str, short: str) -> JsonValue:
        """Take a value and remember under which short key it goes on."""
        self.moved[f"/{short}"] = pointer(self.path, key)
        return self.value[key]

    def first(self, *keys: str) -> str | None:
        """Return the first of these keys that is written."""
        return next((key for key in keys if self.value.get(key) is not None), None)

    def where(self, key: str) -> str:
        """Return the path of a key of this trigger."""
        return pointer(self.path, key)

    def time(self) -> JsonMap:
        """Read a time or schedule trigger."""
        found = self.dst()
        if "cron" in self.value:
            return {**found, "cron": self.take("cron", "cron")}
        if every := self.first("interval", "every"):
            return {**found, "every": self.every(every)}
        key = self.first("time", "times", "at")
        if key is None:
            answer = self.reading.ask(self.where("time")).put("q.time_of_day")
            return {**found, **self.at([("/time", answer)])}
        return {**found, **self.at(items(self.where(key), self.take(key, "at")))}

    def every(self, key: str) -> str:
        """Read an interval: numbers are seconds; calendar days take the time beside them."""
        value = self.take(key, "every")
        text = f"{value}s" if is_whole(value) else value
        if not isinstance(text, str):
            raise wrong(self.where(key), "text or seconds", value)
        time = self.first("time", "times", "at")
        days = self.first("days")
        if time:
            texts = [time_text(v) for _, v in items("", self.value[time])]
            text = f"{text} at {', '.join(texts)}"
        return f"{text} on {self.weekdays(days)}" if days and not time else text

    def at(self, times: list[tuple[str, JsonValue]]) -> JsonMap:
        """Read times of day with a date, with weekdays, with days of the month, or daily."""
        texts = [time_text(value) for _, value in times]
        if "date" in self.value:
            date = self.take("date", "at")
            return {"at": [f"{date} {text}" for text in texts]}
        joined = ", ".join(texts)
        days = self.value.get("days")
        if days is None:
            return {"at": joined}
        values = [value for _, value in items("", days)]
        if values and all(is_whole(value) for value in values):
            return self.numbered_days(joined, values)
        return {"at": f"{joined} on {self.weekdays('days')}"}

    def weekdays(self, key: str) -> str:
        """Return weekdays as one text."""
        values = [value for _, value in items("", self.value[key])]
        if not all(isinstance(value, str) for value in values):
            self.reading.refuse(self.where(key), "E304", x=self.value[key])
            raise OpenQuestion("noted")
        return ", ".join(str(value) for value in values)

    def numbered_days(self, times: str, days: list[JsonValue]) -> JsonMap:
        """Ask what numbers in `days` count."""
        answer = self.reading.ask(self.where("days"))(
            "q.days_int",
            f"days {days}: days of the month, or weekdays (Sunday 0, Monday 1)?",
            choices=(DAY_OF_MONTH, WEEKDAY),
            default=DAY_OF_MONTH,
        )
        self.moved["/every"] = self.where("days")
        if answer == DAY_OF_MONTH or str(answer).startswith("day "):
            return {"every": f"month on day {', '.join(map(str, days))} at {times}"}
        if not all(is_whole(day) and 0 <= day <= 7 for day in days):
            raise LanguageFault("E304", x=days)
        names = [WEEKDAYS[day % 7] for day in days if is_whole(day)]
        return {"at": f"{times} on {', '.join(names)}"}

    def dst(self) -> JsonMap:
        """Ask what `daylight_savings: false` means."""
        if self.value.get("daylight_savings") is not False:
            return {}
        answer = self.reading.ask(self.where("daylight_savings")).put("q.dst_off")
        return {"_fixed_offset": True} if answer == "fixed standard offset" else {}

    def condition(self) -> JsonMap:
        """Read a watched condition: how often it is tested has a default that is shown."""
        text = self.value.get("condition")
        if text is None:
            text = self.reading.ask(self.where("condition")).put("q.condition")
        else:
            self.moved["/if"] = self.where("condition")
        found: JsonMap = {"if": in_short_grammar(text)}
        interval = self.value.get("check_interval")
        if interval is None:
            interval = self.reading.ask(self.where("check_interval")).put("q.check")
        self.moved["/check"] = self.where("check_interval")
        found["check"] = f"{interval}s" if is_whole(interval) else interval
        if "for" in self.value:
            found["for"] = self.take("for", "for")
        return found

    def event(self) -> JsonMap:
        """Read an event: webhook, message, file, or an event of some source."""
        source, name = self.value.get("source"), self.value.get("event_name")
        if name is None:
            name = self.reading.ask(self.where("event_name")).put("q.event")
        self.moved["/on"] = self.where("event_name")
        if not isinstance(name, str) or not isinstance(source, str | None):
            key = "source" if isinstance(name, str) else "event_name"
            raise wrong(self.where(key), "text", self.value.get(key))
        if source in SOURCES:
            return self.of_source(SOURCES[source], name)
        found: JsonMap = {"event": name.removeprefix("event ").strip()}
        if source is not None:
            found["source"] = source
        return {"on": {**found, **self.filter()}}

    def of_source(self, kind: str, name: str) -> JsonMap:
        """Return the start for a known source; its filter is the guard."""
        where = self.filter()
        guard: JsonMap = {"if": where["where"]} if "where" in where else {}
        if "data" in where:
            conditions = [f"trigger.data.{k} == {v!r}" for k, v in items_of(where["data"])]
            guard = {"if": [*conditions]}
        return {"on": f"{kind} {name}", **guard}

    def filter(self) -> JsonMap:
        """Read the filter: a condition on the event's data, or values it must have."""
        value = self.value.get("filter")
        if value is None:
            return {}
        self.moved["/on/where"] = self.where("filter")
        if isinstance(value, dict):
            return {"data": value}
        return {"where": in_short_grammar(value)}

    def webhook(self, *keys: str) -> JsonMap:
        """Read a webhook."""
        key = self.first(*keys)
        name = self.take(key, "on") if key else None
        if name is None:
            name = self.reading.ask(self.where("id")).put("q.event")
        found: JsonMap = {"on": f"webhook {str(name).removeprefix('webhook ').strip('/')}"}
        if "auth" in self.value:
            found["auth"] = self.take("auth", "auth")
        return found

    def api(self) -> JsonMap:
        """Read an endpoint."""
        key = self.first("path", "endpoint")
        method = str(self.value.get("method", "POST")).upper()
        path = self.take(key, "api") if key else None
        if path is None:
            path = self.reading.ask(self.where("path")).put("q.params", "path")
        found: JsonMap = {"api": f"{method} {path}"}
        for extra in ("auth", "reply"):
            if extra in self.value:
                found[extra] = self.take(extra, extra)
        return found


def items_of(value: JsonValue) -> list[tuple[str, JsonValue]]:
    """Return the entries of a map."""
    return list(value.items()) if isinstance(value, dict) else []


def unknown_type(kind: JsonValue) -> LanguageFault:
    """Return the fault for a trigger type nobody knows."""
    near = nearest(kind, TRIGGERS) if isinstance(kind, str) else None
    return LanguageFault("E334", x=kind, nearest=near)


def time_text(value: JsonValue) -> str:
    """Return a time as text; a number is not a time."""
    if isinstance(value, str):
        return value
    if is_whole(value):
        raise LanguageFault("E302", n=value)
    raise wrong("/time", "text", value)


def in_short_grammar(value: JsonValue) -> JsonValue:
    """Return a condition with `event.x` as `trigger.data.x`, on one line."""
    if not isinstance(value, str):
        return value
    parts = QUOTED.split(" ".join(value.split()))
    return "".join(
        part if n % 2 else EVENT_FIELD.sub("trigger.data.", part) for n, part in enumerate(parts)
    )


def trigger_keys(reading: Reading, path: str, value: JsonValue) -> tuple[JsonMap, dict[str, str]]:
    """Return the start keys of one trigger, and where their values came from."""
    if isinstance(value, str):
        keys = trigger_of(value)
        return keys, {f"/{key}": path for key in keys}
    if not isinstance(value, dict):
        raise wrong(path, "a map or a text", value)
    trigger = LongTrigger(reading, path, value)
    keys = trigger.keys()
    return keys, {**{f"/{key}": path for key in keys}, **trigger.moved}
