"""Nothing a person or a machine can write breaks the reader: it answers with problems."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.forms.keys import ACTIONS, LONG, SHORT, TRIGGERS
from aifp.helpers.user_directives.internal.language.forms.step_verbs import MAINS, parameters_of
from aifp.helpers.user_directives.internal.language.reader import interpret, read_file
from aifp.schemas.reading import Known
from aifp.schemas.words import SourceFormat

PHRASES = st.sampled_from(
    [
        "07:00", "at 7", "day at 18:00", "20m", "0 18 * * *", "state a.b to on", "a.b > 3",
        "call a.b", "GET https://x.example/", "wait 5m", "notify phone \"x\"", "none", "each run",
        "secret NAME", "1/hour", "3 times", "string = x", "time: 07:00", "{{ input.x }}", "UTC",
        "x", "", "If a.b > 3, call a.b", "When x fails, y", "parallel", "sunset - 20m",
    ]
)  # fmt: skip
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | PHRASES
KEYS = st.sampled_from(
    sorted(
        {*SHORT, *LONG, *MAINS, "type", "event", "all", "any"}
        | {key for keys in (*TRIGGERS.values(), *ACTIONS.values()) for key in keys}
        | {key for verb in MAINS for key in parameters_of(verb)}
    )
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
DIRECTIVES = st.dictionaries(KEYS, VALUES, max_size=6)
ANSWERS = st.dictionaries(
    st.sampled_from(["q.trigger", "q.action", "q.time_of_day", "q.split", "q.event", "q.auth",
                     "q.condition", "q.value_source", "q.params", "q.days_int", "q.shell",
                     "q.entity", "q.base_url", "q.placeholder", "q.call_target", "q.anchor"]),
    VALUES,
    max_size=6,
)  # fmt: skip
FORMATS: list[SourceFormat] = ["yaml", "json", "txt"]


def read_whole(data: bytes, kind: SourceFormat, answers: dict[str, JsonValue]) -> None:
    parsed = read_file(data, "f", kind)
    for draft in parsed.drafts:
        for known in (Known(), Known(entities=[], channels=[], secrets=[], connections=["x"])):
            found = interpret(draft, parsed.settings, known, answers, "f")
            open_ = [q for q in found.questions if q.severity == "error"]
            refused = [p for p in found.problems if p.severity == "error" and p.code != "E314"]
            assert (found.canonical is None) == bool(open_ or refused)


@pytest.mark.req("I08", "D36", "D37")
@given(raw=DIRECTIVES, answers=ANSWERS)
def test_any_directive_map_is_read_or_refused(
    raw: dict[str, JsonValue], answers: dict[str, JsonValue]
) -> None:
    data = json.dumps({"timezone": "UTC", "directives": {"a": raw}}).encode()
    read_whole(data, "json", answers)
    read_whole(data, "yaml", answers)


LINE_PARTS = st.sampled_from(
    ["At", "Every", "If", "When", "then", ",", ";", "[", "]", '"', "'", "if", "retry 2 times",
     "call a.b", "turn on light.x", "run", "name:", "07:00", "on weekdays", "a.b > 3", "for 5m",
     "turns on", "fails", "is", "  ", "\n", "\n  ", "#", "timezone: UTC", ".", "{", "}", "x"]
)  # fmt: skip


@pytest.mark.req("D36", "D37")
@given(parts=st.lists(LINE_PARTS | st.text(max_size=5), max_size=16), answers=ANSWERS)
def test_any_txt_line_is_read_or_refused(parts: list[str], answers: dict[str, JsonValue]) -> None:
    read_whole(" ".join(parts).encode("utf-8", "replace"), "txt", answers)


@pytest.mark.req("I05", "D36")
@pytest.mark.parametrize("kind", FORMATS)
@given(data=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_read_or_refused(kind: SourceFormat, data: bytes) -> None:
    read_whole(data, kind, {})
