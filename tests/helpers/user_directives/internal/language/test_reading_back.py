"""What a person is shown: sentences, one line, and the next three due times."""

from datetime import UTC, datetime

import pytest
from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.grammar.on import parse_on
from aifp.helpers.user_directives.internal.language.reading_back import (
    action_text,
    describe,
    next_three,
    trigger_text,
)
from aifp.schemas.canonical import CanonicalDirective
from aifp.schemas.common import JsonMap
from aifp.schemas.starts import ApiStart, Auth, HaStart, Start
from tests.helpers.user_directives.internal.language.grammar.answers import nobody

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
HELLO: JsonMap = {"verb": "log", "message": "hello"}


def on(*texts: str) -> list[Start]:
    return [start for text in texts for start in parse_on(text, nobody)]


def directive(*starts: Start, **more: JsonValue) -> CanonicalDirective:
    fields: JsonMap = {
        "format": 1,
        "name": "orchids",
        "type": "schedule",
        "timezone": "Europe/Madrid",
        "when": [start.wire() for start in starts],
        "steps": [HELLO],
    }
    return CanonicalDirective.model_validate(fields | more)


def said(*steps: JsonMap) -> str:
    return action_text(directive(steps=list(steps)).steps)


TRIGGERS = {
    "at 18:00": "time: 18:00",
    "at 6:45 on mon, wed, fri": "time: 06:45 on mon, wed, fri",
    "at 7am, 7pm on weekdays": "time: 07:00, 19:00 on weekdays",
    "at 06:00, 18:30": "time: 06:00; time: 18:30",
    "at 2027-03-01 09:00": "time: 2027-03-01 09:00",
    "sunset - 30m as dusk": "time: sunset - 30m as dusk",
    "cron 15 8-18/2 * * mon-fri": "cron: 15 8-18/2 * * 1-5",
    "every 20m between 7:00 and 22:00 on weekdays": (
        "every: 20m between 07:00 and 22:00 on weekdays"
    ),
    "every month on last day at 23:30": "every: month on last at 23:30",
    "every second friday of the month at noon": "every: second friday at 12:00",
    "every year on 12-24 at 6pm": "every: year on 12-24 at 18:00",
    "every 2 weeks on mon at 9:00 from 2027-01-04": (
        "every: 2 weeks on mon at 09:00 from 2027-01-04"
    ),
    "when sensor.freezer is above -12 for 15m": "condition: sensor.freezer > -12 for 15m",
    "state climate.sauna to heat for 90m": "state: climate.sauna to heat for 90m",
    "value sensor.greenhouse above 28 for 5m as hot": (
        "value: sensor.greenhouse above 28 for 5m as hot"
    ),
    "webhook bell": "webhook: bell",
    "mqtt home/door is 'wide open'": 'mqtt: home/door is "wide open"',
    "file inbox/*.xml deleted": "file: inbox/*.xml deleted",
    "event paid from shop": "event: paid from shop",
    "failed month_end": "on: failed month_end",
    "start": "on: start",
}
ACTIONS: list[tuple[JsonMap, str]] = [
    (
        {"verb": "http", "method": "POST", "url": "/api/lights/on"},
        "http_request: POST /api/lights/on",
    ),
    (
        {"verb": "call", "target": "light.on", "with": {"entity_id": "light.a b", "level": 8}},
        'call: light.on with entity_id="light.a b", level=8',
    ),
    ({"verb": "call", "target": "fan.off"}, "call: fan.off"),
    ({"verb": "code", "function": "close_month"}, "function_call: close_month"),
    ({"verb": "run", "program": "bin/x", "args": ["--day", "a b"]}, "command: bin/x --day 'a b'"),
    (
        {"verb": "notify", "channel": "phone", "message": 'say "hi"'},
        'notify: phone "say \\"hi\\""',
    ),
    ({"verb": "wait", "ms": 1_800_000}, "wait: 30m"),
    ({"verb": "wait", "until": "17:00"}, "wait: until 17:00"),
    ({"verb": "wait_for", "when": [{"kind": "webhook", "id": "x"}]}, "wait_for: webhook: x"),
    ({"verb": "set", "values": {"b": 1, "a": 2}}, "set: a, b"),
    ({"verb": "remember", "values": {"last": 1}}, "remember: last"),
    ({"verb": "read_file", "path": "in.txt"}, "read_file: in.txt"),
    ({"verb": "write_file", "path": "out.txt", "data": "x"}, "write_file: out.txt"),
    ({"verb": "worker", "prompt": "Sum up"}, "worker: Sum up"),
    ({"verb": "emit", "event": "done"}, "emit: done"),
    ({"verb": "start", "directive": "other"}, "start: other"),
    ({"verb": "ask", "message": "Go on?"}, "ask: Go on?"),
    ({"verb": "stop", "reason": "enough"}, "stop: enough"),
    ({"verb": "stop_unless", "if": 'sun == "up"'}, 'stop_unless: sun == "up"'),
    ({"verb": "branch", "if": 'sun == "up"', "steps": [HELLO]}, 'if: sun == "up"'),
    ({"verb": "choose", "options": [{"if": "a.b", "steps": [HELLO]}]}, "choose: 1 branches"),
    ({"verb": "repeat", "count": 3, "steps": [HELLO]}, "repeat: 1 steps"),
    ({"verb": "parallel", "branches": [[HELLO], [HELLO]]}, "parallel: 2 branches"),
    ({"verb": "todo", "text": "water the orchids"}, "todo: water the orchids"),
]


@pytest.mark.req("D01")
@pytest.mark.parametrize("text", TRIGGERS)
def test_a_trigger_is_one_line_of_string_form(text: str) -> None:
    assert trigger_text(on(text)) == TRIGGERS[text]


def test_a_directive_without_starts_is_started_by_hand() -> None:
    assert trigger_text([]) == "manual"


def test_starts_that_only_maps_can_say_have_a_line_too() -> None:
    api = ApiStart(kind="api", method="POST", path="/x/{id}", auth=Auth(kind="none"))
    assert trigger_text([api]) == "api: POST /x/{id}"
    assert trigger_text([HaStart(kind="ha", trigger={"b": 1, "a": 2})]) == 'ha: {"a": 2, "b": 1}'


@pytest.mark.req("D01")
@pytest.mark.parametrize(("step", "text"), ACTIONS)
def test_an_action_is_one_line_of_string_form(step: JsonMap, text: str) -> None:
    assert said(step) == text


def test_several_actions_share_one_line_that_is_cut_when_it_grows_too_long() -> None:
    assert said(HELLO, {"verb": "wait", "ms": 60_000}) == "log: hello; wait: 1m"
    wordy: JsonMap = {"verb": "log", "message": "x" * 50}
    long = said(*[wordy] * 9)
    assert len(long) == 200
    assert long.endswith("...")
    assert said({"verb": "log", "message": "two\nlines"}) == "log: two lines"


@pytest.mark.req("D37")
def test_the_next_three_due_times_are_those_of_all_starts_together() -> None:
    found = next_three(directive(*on("at 18:00", "at 2026-11-21 12:00")), NOW)
    assert [due.isoformat() for due in found] == [
        "2026-11-21T11:00:00+00:00",
        "2026-11-21T17:00:00+00:00",
        "2026-11-22T17:00:00+00:00",
    ]


def test_a_last_date_leaves_fewer_than_three() -> None:
    assert len(next_three(directive(*on("at 2026-11-21 12:00")), NOW)) == 1
    assert next_three(directive(*on("webhook x")), NOW) == []


@pytest.mark.req("D37")
@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("at 6:45 on mon, wed", "Starts at 06:45, only on Monday and Wednesday."),
        ("at 18:00:30", "Starts at 18:00, 30 s into the minute."),
        ("every month on 1, last at 9:00", "on day 1 and the last of the month."),
        ("every 20m on sat", "Starts every 20m of elapsed time, on Saturday."),
        ("every 6h between 8pm and 6am", "from 20:00 until before 06:00."),
        ("every other day at 9:00 from 2027-01-04", "every 2 days counted from 2027-01-04."),
        ("at 2027-03-01 09:00", "Starts once, on 2027-03-01 at 09:00:00."),
        ("at sunset - 30m on sun", "Starts 30m before sunset, on Sunday."),
        ("sunrise", "Starts at sunrise."),
        ("state door.front", "when the state changes: door.front (any change)."),
        ("value sensor.t above 5", "when the number crosses into the range: sensor.t above 5."),
        ("when sensor.t is above 5", "when sensor.t > 5 becomes true, looked at every 1m."),
        ("webhook bell", "when something posts to /hooks/bell from this machine."),
        ("mqtt a/b is on", 'when a message saying "on" arrives on the topic a/b.'),
        ("file in/* changed", "when a file in/* changes."),
        ("event x from y where trigger.data.z == 1", "the event x from y arrives, if trigger."),
        ("missed other", "when the directive other misses a due time."),
        ("start", "when the daemon has started."),
    ],
)
def test_a_start_is_said_in_plain_words(text: str, sentence: str) -> None:
    assert sentence in describe(directive(*on(text)))


def test_a_full_directive_is_said_line_by_line() -> None:
    full = directive(
        *on("at 18:00 as evening", "start"),
        title="Water the orchids",
        description="Twice in summer.",
        enabled=False,
        read={"depth": {"verb": "http", "method": "GET", "url": "https://q.example.net/s"}},
        input={"copies": {"type": "integer", "default": 1}, "order": {"type": "string"}},
        secrets=["Q_TOKEN"],
        steps=[
            {"verb": "code", "function": "sums", "id": "a", "save_as": "total"},
            {
                "verb": "choose",
                "options": [{"if": 'sun == "up"', "steps": [HELLO]}],
                "else": [{"verb": "notify", "channel": "phone", "message": "dark"}],
            },
            {"verb": "repeat", "until": "a.b == 1", "max": 5, "steps": [HELLO], "needs": ["a"]},
        ],
        policies={
            "mode": "queued",
            "max": 5,
            "timeout_ms": 45_000,
            "retry": {"times": 2, "after_ms": 30_000, "factor": 2, "max_ms": 600_000},
            "catch_up": {"policy": "all", "within_ms": 7_200_000, "max": 4},
            "limit": {"runs": 1, "per_ms": 3_600_000},
            "approve": {"when": "each run", "within_ms": 21_600_000, "else": "skip"},
            "needs": [{"directive": "import", "within_ms": 7_200_000}],
            "on_failure": [{"verb": "notify", "channel": "phone", "message": "failed"}],
            "on_recovery": [HELLO],
            "keep_ms": 864_000_000,
        },
        **{"if": "sensor.rain < 4"},
    )
    assert describe(full).splitlines() == [
        "Water the orchids (schedule, time zone Europe/Madrid)",
        "Twice in summer.",
        "Starts at each of these:",
        "- at 18:00 (called evening)",
        "- when the daemon has started",
        "Before the condition is tested it reads depth:",
        "   1. HTTP GET https://q.example.net/s",
        "Only if sensor.rain < 4.",
        "Takes the input copies: integer, otherwise 1.",
        "Takes the input order: string, required.",
        "Does, in this order:",
        "1. a: run the function sums in the sandbox (kept as total)",
        "2. choose 2 branches",
        '   if sun == "up":',
        "      1. log hello",
        "   otherwise:",
        '      1. tell phone: "dark"',
        "3. repeat 1 steps (after a)",
        "   until a.b == 1, at most 5 times:",
        "      1. log hello",
        "When a run is still active: the new one waits in a queue of at most 5.",
        "A run may work for 45s.",
        "A failed attempt is repeated up to 2 times, first after 30s, then 2 times longer, "
        "at most 10m.",
        "Missed times: the newest 4 of the last 2h are caught up, one after the other.",
        "At most 1 run in 1h.",
        "Each run waits up to 6h for a person's approval; without it, it is skipped.",
        "Needs a success of import, for which it waits up to 2h.",
        "When it begins to fail:",
        '   1. tell phone: "failed"',
        "When it works again:",
        "   1. log hello",
        "Run records are kept for 10d.",
        "Uses the secrets Q_TOKEN.",
        "It is loaded as paused.",
    ]
