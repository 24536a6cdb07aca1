"""What is written in the short form reads back to the same canonical directive."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.reader import interpret, read_file
from aifp.helpers.user_directives.internal.language.readings.short_form import short_form
from aifp.schemas.canonical import CanonicalDirective
from aifp.schemas.common import JsonMap
from aifp.schemas.reading import Draft, FileSettings, Interpretation, Known

ROOT = Path(__file__).parents[5]
FIXTURES = ROOT / "tests/fixtures/language"
FILES = [
    *sorted((ROOT / "examples").glob("*.[yjt]*")),
    ROOT / "examples/demo/events.yaml",
    FIXTURES / "long_form.yaml",
    FIXTURES / "short_forms.yaml",
]


def read_again(directive: CanonicalDirective) -> Interpretation:
    raw = short_form(directive)
    draft = Draft(
        name=directive.name, title=directive.title, index=0, form="short", raw=raw, raw_content=""
    )
    settings = FileSettings(timezone=directive.timezone, location=directive.location)
    return interpret(draft, settings, Known(), {}, "a.yaml")


def corpus() -> Iterator[CanonicalDirective]:
    lines = (FIXTURES / "canonical.jsonl").read_text(encoding="utf-8").splitlines()
    for line in lines:
        yield CanonicalDirective.model_validate_json(line)
    for file in FILES:
        parsed = read_file(file.read_bytes(), file.name)
        for draft in parsed.drafts:
            reading = interpret(draft, parsed.settings, Known(), {}, file.name)
            if reading.canonical is not None:
                yield reading.canonical


def directive(**more: JsonValue) -> CanonicalDirective:
    fields: JsonMap = {
        "format": 1,
        "name": "orchids",
        "type": "trigger",
        "timezone": "Europe/Madrid",
        "when": [],
        "steps": [{"verb": "log", "message": "hello"}],
    }
    return CanonicalDirective.model_validate_json(json.dumps(fields | more))


STEPS: list[JsonMap] = [
    {"verb": "wait", "ms": 1500, "timeout_ms": 90_000},
    {"verb": "wait", "until": "17:00"},
    {
        "verb": "http",
        "method": "POST",
        "url": "https://a.example/x?y={{ run.date }}",
        "headers": {"X-A": {"secret": "A_KEY", "prefix": "Bearer "}},
        "json": {"n": [1, None, "{{ trigger.id }}"]},
        "auth": {"kind": "basic", "user": "me", "secret": "B_KEY"},
        "expect": ["2xx", "404"],
        "retry": {"times": 3, "after_ms": 10_000, "factor": 1.5, "max_ms": 600_000},
        "on_error": "continue",
        "save_as": "got",
    },
    {
        "verb": "wait_for",
        "when": [{"kind": "event", "name": "paid", "source": "shop"}, {"kind": "start"}],
        "within_ms": 60_000,
        "on_timeout": "stop",
    },
    {"verb": "set", "values": {"a": 1}},
    {"verb": "remember", "values": {"b": [1, 2]}},
    {"verb": "read_file", "path": "in/a.txt", "id": "text"},
    {"verb": "write_file", "path": "out/a.txt", "data": "x", "append": True},
    {"verb": "emit", "event": "done", "data": {"x": 1}},
    {"verb": "stop", "reason": "enough", "error": True, "if": 'trigger.id == "x"'},
    {"verb": "stop_unless", "if": "sensor.a > 3"},
    {"verb": "ask", "message": "Really?", "within_ms": 3_600_000, "else": "continue"},
    {
        "verb": "parallel",
        "branches": [[{"verb": "log", "message": "a"}], [{"verb": "stop", "reason": "b"}]],
    },
    {
        "verb": "repeat",
        "each": [1, "{{ run.date }}"],
        "max": 5,
        "steps": [{"verb": "log", "message": "{{ item }}"}],
    },
    {"verb": "repeat", "count": 3, "steps": [{"verb": "log", "message": "x"}]},
    {
        "verb": "branch",
        "if": "sensor.a > 3",
        "steps": [{"verb": "log", "message": "more"}],
        "else": [{"verb": "log", "message": "less"}],
    },
    {"verb": "log", "message": "x", "retry": {"times": 0, "after_ms": 0, "factor": 1, "max_ms": 0}},
]
WHENS: list[list[JsonMap]] = [
    [{"kind": "cron", "expr": "15 8-18/2 * * 1-5"}],
    [{"kind": "cron", "expr": "30 18 * * *", "second": 15, "as": "half"}],
    [{"kind": "interval", "every_ms": 1_500}],
    [{"kind": "date", "at": "2027-03-01T09:00:00"}],
    [{"kind": "file", "glob": "in/a b/*.xml", "change": "deleted", "as": "gone"}],
    [{"kind": "event", "name": "paid", "data": {"x": 1}, "where": "trigger.data.x > 1"}],
    [{"kind": "run", "directive": "other", "outcome": "failed"}],
    [{"kind": "watch", "expr": "sensor.a > 3 for 5m", "check_ms": 120_000}, {"kind": "start"}],
    [
        {
            "kind": "webhook",
            "id": "bell",
            "auth": {"kind": "hmac", "header": "X-Sign", "secret": "A_KEY"},
        }
    ],
    [
        {"kind": "start"},
        {
            "kind": "api",
            "method": "PUT",
            "path": "/a/b",
            "auth": {"kind": "bearer", "secret": "A_KEY"},
            "reply_ms": 5_000,
        },
    ],
]
POLICIES: list[JsonMap] = [
    {"mode": "queued", "max": 7, "timeout_ms": 5_000, "keep_ms": 86_400_000},
    {"catch_up": {"policy": "all", "within_ms": 86_400_000, "max": 3}},
    {"catch_up": {"policy": "none"}, "limit": {"runs": 6, "per_ms": 3_600_000}},
    {"approve": {"when": "each run", "within_ms": 3_600_000, "else": "fail"}},
    {"needs": [{"directive": "other", "within_ms": 60_000}]},
    {"retry": {"times": 3, "after_ms": 1_000, "factor": 2, "max_ms": 600_000}},
    {
        "on_failure": [{"verb": "log", "message": "no"}],
        "on_recovery": [{"verb": "log", "message": "yes"}],
    },
]
LABELS: JsonMap = {
    "title": "My orchids",
    "description": "Wet.",
    "domain": "garden",
    "tags": ["a", "b"],
    "priority": 9,
    "enabled": False,
    "if": "sensor.a > 3",
    "read": {"depth": {"verb": "http", "method": "GET", "url": "https://q.example/s"}},
    "vars": {"a": {"b": [1]}},
    "location": [40.4, -3.7],
}


@pytest.mark.req("D08")
@pytest.mark.parametrize(
    "wanted",
    [
        *corpus(),
        *(directive(steps=[step]) for step in STEPS),
        *(directive(when=[*when]) for when in WHENS),
        *(directive(policies=policies) for policies in POLICIES),
        directive(when=[{"kind": "start"}], **LABELS),
    ],
    ids=lambda wanted: wanted.name,
)
def test_the_short_form_reads_back_to_the_same(wanted: CanonicalDirective) -> None:
    again = read_again(wanted)
    errors = [str(p) for p in again.problems if p.severity == "error" and p.code != "E314"]
    assert (errors, [q.id for q in again.questions if q.severity == "error"]) == ([], [])
    assert again.canonical is not None
    found, form = again.canonical.canonical(), wanted.canonical()
    # Secrets are named wherever they are used.
    for one in (found, form):
        one.pop("secrets", None)
    assert found == form
