"""Whole files: the examples of the format, both ways of writing them, and what is reported."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import pytest
import rfc8785
from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.reader import interpret, read_file
from aifp.helpers.user_directives.internal.language.source.nodes import Builder, plain
from aifp.helpers.user_directives.internal.language.source.yaml_text import read_yaml
from aifp.schemas.common import JsonMap
from aifp.schemas.reading import Interpretation, Known, ParsedFile

FIXTURES = Path(__file__).parents[4] / "fixtures" / "language"
FILES = ("short_forms.yaml", "long_form.yaml")
NO_ANSWERS: Mapping[str, JsonValue] = {}


def fixture(name: str) -> bytes:
    return (FIXTURES / name).read_bytes()


def expected() -> dict[str, JsonMap]:
    lines = [*fixture("canonical.jsonl").splitlines(), fixture("night_dew.json")]
    return {directive["name"]: directive for directive in map(json.loads, lines)}


def read_all(
    parsed: ParsedFile,
    answers: Mapping[str, JsonValue] = NO_ANSWERS,
    known: Known | None = None,
) -> dict[str, Interpretation]:
    return {
        draft.name: interpret(draft, parsed.settings, known or Known(), answers, parsed.source_file)
        for draft in parsed.drafts
    }


def canonical_bytes(found: Interpretation) -> bytes:
    assert found.canonical, [str(p) for p in found.problems] + [q.id for q in found.questions]
    return rfc8785.dumps(found.canonical.canonical())


@pytest.mark.req("D36", "D37")
@pytest.mark.parametrize("file", FILES)
def test_the_examples_of_the_format_have_their_canonical_bytes(file: str) -> None:
    parsed = read_file(fixture(file), file)
    assert parsed.problems == []
    for name, found in read_all(parsed).items():
        assert canonical_bytes(found) == rfc8785.dumps(expected()[name])
        assert found.questions == []


@pytest.mark.req("D36")
@pytest.mark.parametrize("file", FILES)
def test_yaml_and_json_of_the_same_content_are_the_same_directives(file: str) -> None:
    root = read_yaml(fixture(file).decode(), Builder())
    assert root
    content = plain(root, "", {})
    from_yaml = read_all(read_file(fixture(file), "a.yaml"))
    for indent in (None, 2):
        data = json.dumps(content, indent=indent, ensure_ascii=False).encode()
        from_json = read_all(read_file(data, "a.json"))
        assert [canonical_bytes(f) for f in from_json.values()] == [
            canonical_bytes(f) for f in from_yaml.values()
        ]


def test_a_sun_start_without_a_location_is_told_although_its_form_is_known() -> None:
    parsed = read_file(fixture("short_forms.yaml"), "f.yaml")
    found = read_all(parsed)["greenhouse_vents"]
    assert [p.code for p in found.problems] == ["E314"]
    with_place = fixture("short_forms.yaml").replace(
        b"timezone:", b"location: {lat: 40.4, lon: -3.7}\ntimezone:", 1
    )
    found = read_all(read_file(with_place, "f.yaml"))["greenhouse_vents"]
    assert found.problems == []
    assert found.canonical
    assert found.canonical.location == (40.4, -3.7)


def test_a_home_assistant_item_is_told_to_come_later_and_hides_nothing() -> None:
    parsed = read_file(fixture("home_assistant_form.yaml"), "ha.yaml")
    [found] = read_all(parsed).values()
    assert [p.code for p in found.problems] == ["E803"]
    assert found.canonical is None
    assert "aquarium_night_light" in expected()


TXT_SAME = ("water_tomatoes", "parcel_check", "freezer_warm", "night_dew")
TXT_ASKS = {
    "every_evening_water_the_orchids": {"q.time_of_day", "q.action"},
    "at_7_run_the_sprinklers": {"q.ampm", "q.action"},
    "when_the_postman_rings_turn_on_light_porch": {"q.split"},
    "rebuild_the_photo_index": {"q.action"},
}


@pytest.mark.req("D36", "D37")
def test_the_txt_sample_gives_the_canonical_forms_and_the_questions_of_the_format() -> None:
    parsed = read_file(fixture("sample.txt"), "sample.txt")
    found = read_all(parsed)
    assert [p.code for p in parsed.problems] == ["W201"] * 4
    assert set(found) == {*TXT_SAME, *TXT_ASKS}
    for name in TXT_SAME:
        assert canonical_bytes(found[name]) == rfc8785.dumps(expected()[name])
        assert (found[name].problems, found[name].questions) == ([], [])
    for name, questions in TXT_ASKS.items():
        assert {q.id for q in found[name].questions} == questions
        assert found[name].canonical is None
        assert found[name].problems == []


ANSWERS: dict[str, dict[str, JsonValue]] = {
    "every_evening_water_the_orchids": {
        "q.time_of_day": "19:00",
        "q.action": {"call": "irrigation.start", "with": {"zone": "orchids"}},
    },
    "at_7_run_the_sprinklers": {"q.ampm": "07:00", "q.action": "call irrigation.start"},
    "when_the_postman_rings_turn_on_light_porch": {
        "q.split": "the postman rings | turn on light.porch",
        "q.event": "webhook postman",
    },
    "rebuild_the_photo_index": {"q.action": "run bin/rebuild-index"},
}


@pytest.mark.req("D37")
@pytest.mark.parametrize("name", ANSWERS)
def test_answers_close_the_questions_of_the_txt_sample(name: str) -> None:
    parsed = read_file(fixture("sample.txt"), "sample.txt")
    found = read_all(parsed, ANSWERS[name])[name]
    assert canonical_bytes(found)
    assert found.questions == []


@pytest.mark.req("D36")
def test_a_file_is_known_by_its_hash_and_its_drafts_by_their_source_text() -> None:
    data = fixture("short_forms.yaml")
    parsed = read_file(data, "f.yaml")
    assert parsed.sha256 == hashlib.sha256(data).hexdigest()
    assert parsed.drafts[1].raw_content.startswith("parcel_check:")
    assert parsed.drafts[1].raw_content.endswith("GET https://parcels.example.net/v1/open")
    assert [d.index for d in parsed.drafts] == list(range(10))


@pytest.mark.req("D36")
def test_one_bad_directive_does_not_hide_the_others() -> None:
    text = """
timezone: UTC
directives:
  good: {every: 1h, do: call a.b}
  number: {every: 1h, priority: 99999999999999999999, do: call a.b}
  twice: {every: 1h, every: 2h, do: call a.b}
  text: hello
  slip: {evry: 1h, do: call a.b}
  last: {at: 25:00, cron: "61 * * * *", do: call a.b}
"""
    parsed = read_file(text.encode(), "f.yaml")
    found = read_all(parsed)
    told = [*parsed.problems, *(p for f in found.values() for p in f.problems)]
    assert [(p.code, p.line, p.column) for p in told] == [
        ("E112", 5, 33),
        ("E108", 6, 22),
        ("E203", 7, 9),
        ("E201", 8, 10),
        ("E301", 9, 14),
        ("E321", 9, 28),
    ]
    assert found["good"].canonical


@pytest.mark.req("D36")
def test_at_most_100_problems_of_a_file_are_reported() -> None:
    lines = "".join(f"x{n}: 1\n" for n in range(300))
    parsed = read_file(lines.encode(), "f.yaml")
    assert len(parsed.problems) == 100
    keys = ", ".join(f"x{n}: 1" for n in range(300))
    parsed = read_file(f"directives: {{a: {{{keys}, do: call a.b}}}}".encode(), "f.yaml")
    assert len(read_all(parsed)["a"].problems) == 100


@pytest.mark.req("I24")
def test_names_that_become_the_same_collide() -> None:
    names = ("Café", "cafe\u0301", "cafe")
    text = "directives:\n" + "".join(f"  {name}: {{do: call a.b}}\n" for name in names)
    parsed = read_file(text.encode(), "f.yaml")
    assert [(p.code, p.line) for p in parsed.problems] == [("E204", 3), ("E204", 4)]
    assert "cafe is used in f.yaml:2" in parsed.problems[0].text
    assert [d.name for d in parsed.drafts] == ["cafe"]


@pytest.mark.req("I24")
def test_a_name_of_another_file_is_taken() -> None:
    parsed = read_file(b"directives: {a: {do: call a.b}}", "f.yaml")
    known = Known(project_timezone="UTC", directives={"a": "other.yaml:7"})
    [problem] = read_all(parsed, known=known)["a"].problems
    assert str(problem) == (
        "f.yaml:1:14: E204 name a is used in other.yaml:7. Hint: names are unique in the project."
    )
    own = Known(project_timezone="UTC", directives={"a": "f.yaml:1"})
    assert read_all(parsed, known=own)["a"].problems == []


@pytest.mark.req("I24")
@pytest.mark.parametrize(
    ("name", "code"),
    [("a\u200cb", "E113"), ("a\u200db", "E113"), ("", "E203"), ("  ", "E203"), ("x" * 201, "E208")],
)
def test_a_name_that_deceives_or_says_nothing_is_refused(name: str, code: str) -> None:
    data = json.dumps({"directives": {name: {"do": "call a.b"}}}).encode()
    assert [p.code for p in read_file(data, "f.json").problems] == [code]


@pytest.mark.req("I24")
@pytest.mark.parametrize(
    ("name", "made"),
    [("CON", "d_con"), (".", "d_cdb4ee2a"), ("__proto__", "proto"), ("\U0001f355 pizza", "pizza")],
)
def test_an_odd_name_becomes_a_safe_one_with_the_original_as_title(name: str, made: str) -> None:
    data = json.dumps({"timezone": "UTC", "directives": {name: {"do": "call a.b"}}}).encode()
    found = read_all(read_file(data, "f.json"))[made]
    assert found.canonical
    assert found.canonical.title == name


TOPS = [
    (b"", "E209"),
    (b"timezone: UTC\n", "E209"),
    (b"directives: {}\n", "E209"),
    (b"directives: hello\n", "E203"),
    (b"42\n", "E209"),
    (b"direktives: {a: {do: call a.b}}\n", "E201"),
    (b"directives: {a: {do: call a.b}}\nlocation: {lat: 91, lon: 0}\n", "E203"),
    (b"directives: {a: {do: call a.b}}\nlocation: {lat: 1}\n", "E203"),
    (b"directives: {a: {do: call a.b}}\nformat: 2\n", "E203"),
    (b"directives: {a: {do: call a.b}}\ntimezone: Mars/X\n", "E307"),
    (b"directives: {a: {do: call a.b}}\ntimezone: 5\n", "E203"),
    (b"directives: {a: {do: call a.b}}\ndefaults: {retyr: 3}\n", "E201"),
    (b"directives: {a: {do: call a.b}}\nvars: 3\n", "E203"),
    (b"directives: [{do: call a.b}]\n", "E203"),
    (b"directives: {a: {do: call a.b}}\n_note: mine\n", "W102"),
    (b"directives: [" + b"{name: a}," * 1_001 + b"]", "E208"),
]


@pytest.mark.req("D36", "I11")
@pytest.mark.parametrize(("data", "code"), TOPS, ids=lambda value: str(value)[:40])
def test_what_is_wrong_at_the_top_level_is_told(data: bytes, code: str) -> None:
    assert [p.code for p in read_file(data, "f.yaml").problems] == [code]


def test_a_list_of_directives_alone_is_a_file() -> None:
    parsed = read_file(b"- {name: a, do: call a.b}\n- {name: b, do: call a.b}\n", "f.yaml")
    assert [d.name for d in parsed.drafts] == ["a", "b"]


def test_default_policies_of_the_file_hold_unless_the_directive_has_its_own() -> None:
    text = (
        "timezone: UTC\ndefaults: {retry: 3 times, timeout: 5m, mode: queued, max: 5}\n"
        "directives:\n  a: {every: 1h, do: call a.b}\n"
        "  b: {every: 1h, retry: none, mode: single, policies: {timeout: 10s}, do: call a.b}\n"
    )
    found = read_all(read_file(text.encode(), "f.yaml"))
    assert found["a"].canonical
    assert found["b"].canonical
    assert found["a"].canonical.canonical()["policies"] == {
        "mode": "queued",
        "max": 5,
        "timeout_ms": 300_000,
        "retry": {"times": 3, "after_ms": 10_000, "factor": 2, "max_ms": 600_000},
    }
    assert found["b"].canonical.canonical()["policies"] == {"timeout_ms": 10_000}


def test_a_fault_in_the_defaults_is_told_at_its_own_place() -> None:
    text = "timezone: UTC\ndefaults: {retry: often}\ndirectives:\n  a: {do: call a.b}\n"
    [problem] = read_all(read_file(text.encode(), "f.yaml"))["a"].problems
    assert (problem.code, problem.line, problem.column) == ("E601", 2, 19)


def test_free_texts_are_listed_as_todo_among_the_actions_of_a_line() -> None:
    text = b"timezone: UTC\na: At 07:00 water the plants; wait 5m; close the tap\n"
    [found] = read_all(read_file(text, "f.txt")).values()
    assert found.action == "todo: water the plants; wait: 5m; todo: close the tap"
    assert (found.trigger, found.type) == ("time: 07:00", "schedule")


def test_a_when_part_that_cannot_be_read_yet_is_shown_as_written() -> None:
    [found] = read_all(read_file(b"a: When it rains, call a.b\n", "f.txt")).values()
    assert found.trigger == "When it rains, call a.b"
    [found] = read_all(read_file(b"a: Every day call a.b\n", "f.txt")).values()
    assert (found.trigger, found.type) == ("every: day", "schedule")
