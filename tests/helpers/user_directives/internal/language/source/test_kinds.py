import pytest

from aifp.helpers.user_directives.internal.language.source.kinds import file_kind
from aifp.schemas.words import SourceFormat

CASES: list[tuple[str, SourceFormat | None, str, SourceFormat]] = [
    ("a.yaml", None, "{}", "yaml"),
    ("a.YML", None, "", "yaml"),
    ("a.json", None, "- x", "json"),
    ("a.txt", None, "{}", "txt"),
    ("dir.yaml/a.text", None, "{}", "txt"),
    ("a", "txt", "{}", "txt"),
    ("a", None, '  {"directives": []}', "json"),
    ("a", None, "[1]", "json"),
    ("a.conf", None, "timezone: UTC\ndirectives:\n", "yaml"),
    ("a", None, "# list\n- name: x\n", "yaml"),
    ("a", None, "At 07:00 call a.b\n", "txt"),
    ("a", None, "x: At 07:00 call a.b\n", "txt"),
]


@pytest.mark.req("D36")
@pytest.mark.parametrize(("name", "asked", "text", "kind"), CASES)
def test_the_kind_comes_from_the_suffix_else_as_asked_else_from_the_content(
    name: str, asked: SourceFormat | None, text: str, kind: SourceFormat
) -> None:
    assert file_kind(name, asked, text) == kind
