"""Where a problem is told to stand: file, line and column, down to the character of a text."""

import pytest

from aifp.helpers.user_directives.internal.language.reader import interpret, read_file
from aifp.schemas.reading import Known


def told(text: str, file: str) -> list[str]:
    parsed = read_file(text.encode(), file)
    found = list(parsed.problems)
    for draft in parsed.drafts:
        found += interpret(draft, parsed.settings, Known(), {}, file).problems
    return [f"{p.line}:{p.column} {p.code} {p.path}" for p in found]


YAML = [
    ("if: a.b > cpu", "4:17 E407 /if"),
    ("if: 'a.b > cpu'", "4:18 E407 /if"),
    ("if: [a.c > 1, a.b > cpu]", "4:27 E407 /if/1"),
    ("if:\n        any:\n          - a.b > cpu", "6:19 E407 /if/any/0"),
    ("at: [07:00, 25:00]", "4:19 E301 /at/1"),
    ("on: state a.b to on for 5 x", "4:31 E310 /on"),
    ('cron: "61 * * * *"', "4:14 E321 /cron"),
    ("tiemout: 5m", "4:7 E201 /tiemout"),
    ("policies: {tiemout: 5m}", "4:18 E201 /policies/tiemout"),
]


@pytest.mark.req("D36")
@pytest.mark.parametrize(("line", "expected"), YAML)
def test_a_problem_in_yaml_points_at_its_character(line: str, expected: str) -> None:
    text = f"timezone: UTC\ndirectives:\n  a:\n      {line}\n      do: call a.b\n"
    assert told(text, "f.yaml") == [expected]


def test_a_text_over_several_lines_tells_the_number_of_the_character() -> None:
    text = "timezone: UTC\ndirectives:\n  a:\n    if: >\n      a.b >\n      cpu\n    do: call a.b\n"
    parsed = read_file(text.encode(), "f.yaml")
    [problem] = interpret(parsed.drafts[0], parsed.settings, Known(), {}, "f.yaml").problems
    assert problem.text.endswith("(character 7)")


@pytest.mark.req("D36")
def test_a_problem_in_json_points_at_its_character() -> None:
    text = """{"timezone": "UTC", "directives": {"a": {
  "if": "a.b > cpu",
  "timout": "5m",
  "at": ["07:00", "25:00"],
  "do": {"http": "GET https://x.example/", "heders": {}}}}}
"""
    assert told(text, "f.json") == [
        "2:16 E407 /if",
        "3:4 E201 /timout",
        "4:20 E301 /at/1",
        "5:45 E201 /do/heders",
    ]


@pytest.mark.req("D36")
def test_a_problem_in_a_long_form_points_into_the_users_own_keys() -> None:
    text = """timezone: UTC
directives:
  - name: a
    trigger: {type: time, time: "25:00"}
    action: {type: api_call, url: "ftp://x.example/"}
"""
    assert told(text, "f.yaml") == ["4:34 E301 /trigger/time", "5:36 E503 /action/url"]


@pytest.mark.req("D36")
def test_a_problem_in_a_txt_line_points_at_its_column() -> None:
    text = "timezone: UTC\na: If a.b > {{ x }}, call a.b [limit often; chek 5m]\n"
    assert told(text, "f.txt") == ["2:13 E409 /if", "2:38 E604 /limit", "2:45 E205 /chek"]
