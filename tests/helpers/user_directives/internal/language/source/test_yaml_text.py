import pytest

from aifp.helpers.user_directives.internal.language.source.encoding import decode
from aifp.helpers.user_directives.internal.language.source.nodes import (
    Builder,
    MapNode,
    Node,
    plain,
)
from aifp.helpers.user_directives.internal.language.source.refusal import SourceFault
from aifp.helpers.user_directives.internal.language.source.yaml_text import read_yaml
from aifp.schemas.common import JsonMap
from aifp.schemas.reading import Place
from tests.helpers.user_directives.internal.language.source.hostile import HOSTILE, Hostile


def nodes(text: str) -> MapNode:
    node = read_yaml(text, Builder())
    assert isinstance(node, MapNode)
    return node


def values(node: Node) -> JsonMap:
    value = plain(node, "", {})
    assert isinstance(value, dict)
    return value


def codes_of(data: bytes) -> tuple[str, ...]:
    builder = Builder()
    refused: list[str] = []
    try:
        read_yaml(decode(data), builder)
    except SourceFault as fault:
        refused = [fault.code]
    return (*(finding.fault.code for finding in builder.findings), *refused)


@pytest.mark.req("I01", "I02", "I03", "I04", "I05", "I06", "I07", "I08", "D36")
@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda hostile: hostile.name)
def test_a_hostile_file_ends_as_the_catalogue_says(hostile: Hostile) -> None:
    assert codes_of(hostile.data) == hostile.codes


def test_the_catalogue_has_37_hostile_files() -> None:
    assert len({hostile.name for hostile in HOSTILE}) == 37


CORE_VALUES: list[tuple[str, object]] = [
    ("18:00", "18:00"),
    ("6:30", "6:30"),
    ("08:00", "08:00"),
    ("on", "on"),
    ("off", "off"),
    ("yes", "yes"),
    ("NO", "NO"),
    ("0755", 755),
    ("1_000", "1_000"),
    ("2026-12-24", "2026-12-24"),
    ("null", None),
    ("Null", None),
    ("NULL", None),
    ("~", None),
    ("", None),
    ("true", True),
    ("True", True),
    ("TRUE", True),
    ("false", False),
    ("FALSE", False),
    ("tRue", "tRue"),
    ("12", 12),
    ("-3", -3),
    ("+4", 4),
    ("0o17", 15),
    ("0x1F", 31),
    ("0b1", "0b1"),
    ("1.5", 1.5),
    ("1e3", 1000.0),
    (".5", 0.5),
    ("-.5e-1", -0.05),
    ("1.", 1.0),
    (".", "."),
    ("9007199254740991", 9007199254740991),
    ("-9007199254740991", -9007199254740991),
    ("1.2.3", "1.2.3"),
    ("0 18 * * *", "0 18 * * *"),
]


@pytest.mark.req("I07")
@pytest.mark.parametrize(("text", "value"), CORE_VALUES)
def test_an_unquoted_text_has_its_yaml_1_2_value(text: str, value: object) -> None:
    [read] = values(nodes(f"key: {text}\n")).values()
    assert (read, type(read)) == (value, type(value))


@pytest.mark.req("I07")
@pytest.mark.parametrize(
    "key", ["on", "off", "yes", "NO", "1", "true", "0755", "18:00", "~", "1e3"]
)
def test_a_key_is_always_the_text_as_written(key: str) -> None:
    assert values(nodes(f"{key}: 1\n")) == {key: 1}


@pytest.mark.req("I07", "I08")
@pytest.mark.parametrize(
    "text",
    [".nan", ".NaN", ".inf", "-.Inf", "+.INF", "1e999", "-1e999", "9007199254740992",
     "-9007199254740992", "9" * 4301, "-" + "9" * 4301, "0x" + "f" * 20, str(2**63)],
)  # fmt: skip
def test_a_number_that_cannot_be_kept_is_out_of_range(text: str) -> None:
    assert codes_of(f"key: {text}".encode()) == ("E112",)


@pytest.mark.req("I03")
@pytest.mark.parametrize(
    "tag",
    ["!!python/object:os.system", "!!binary", "!!str", "!!int", "!!set", "!local", "!",
     "!<tag:example.org,2026:x>", "!!timestamp", "!include", "!secret"],
)  # fmt: skip
@pytest.mark.parametrize("value", ["x", "[x]", "{x: 1}"])
def test_any_tag_is_refused_with_its_line(tag: str, value: str) -> None:
    with pytest.raises(SourceFault) as refused:
        read_yaml(f"a: 1\nb: {tag} {value}\n", Builder())
    assert refused.value.code == "E107"
    assert refused.value.place.line == 2


def test_a_tag_directive_is_refused_and_yaml_1_2_is_accepted() -> None:
    assert codes_of(b"%TAG ! tag:x,2026:\n---\na: 1\n") == ("E107",)
    assert codes_of(b"%YAML 1.2\n---\na: 1\n") == ()
    assert codes_of(b"%YAML 1.1\n---\na: 1\n") == ("E111",)
    assert codes_of(b"%FOO bar\n---\na: 1\n") == ("E111",)


@pytest.mark.req("I06")
def test_a_key_used_twice_names_both_lines() -> None:
    builder = Builder()
    read_yaml("a:\n  b: 1\n  c: 2\n  b: 3\n", builder)
    [finding] = builder.findings
    assert finding.fault.code == "E108"
    assert finding.fault.names == {"k": "b", "n": 2}
    assert finding.spot.line == 4


def test_every_value_knows_its_place() -> None:
    places: dict[str, Place] = {}
    plain(nodes("a: 1\nb:\n  - x\n  - {c: 'y'}\nd: |\n  two\n  lines\n"), "", places)
    assert places["/a"] == Place(line=1, column=4)
    assert places["/a~key"] == Place(line=1, column=1)
    assert places["/b/0"] == Place(line=3, column=5)
    assert places["/b/1/c"] == Place(line=4, column=9, quoted=1)
    assert places["/d"].folded


@pytest.mark.req("I02")
def test_nesting_of_40_is_the_most() -> None:
    assert codes_of(b"[" * 40 + b"]" * 40) == ()
    assert codes_of(b"[" * 41 + b"]" * 41) == ("E103",)


@pytest.mark.req("I04")
def test_limits_hold_to_the_last_value() -> None:
    assert codes_of(b"[" + b"1," * 49_999 + b"]") == ()
    assert codes_of(b"[" + b"1," * 50_000 + b"]") == ("E104",)
    assert codes_of(b"- " + b"a" * 65_536) == ()
    assert codes_of(b"- " + b"a" * 65_537) == ("E105",)
    assert codes_of(b"k" * 200 + b": 1") == ()
    assert codes_of(b"k" * 201 + b": 1") == ("E208",)


HINTS = [
    ("cron: */5 * * * *", "quote cron text"),
    ("cron: @daily", "quote text that starts with `@`"),
    ("a: %x", "quote text that starts with `%`"),
    ("a:\n\tb: 1", "no tabs"),
    ("a: b: c", "needs quotes"),
    ("{api: POST /x/{id}, do: y}", "inside `{ }`"),
]


@pytest.mark.parametrize(("text", "hint"), HINTS)
def test_a_usual_slip_gets_its_mend(text: str, hint: str) -> None:
    with pytest.raises(SourceFault) as refused:
        read_yaml(text, Builder())
    assert hint in str(refused.value.names["hint"])


@pytest.mark.req("I24")
def test_characters_that_came_in_through_escapes_are_refused_too() -> None:
    assert codes_of(b'a: "x\\u202ey"') == ("E113",)
    assert codes_of(b'a: "x\\0y"') == ("E113",)
    assert codes_of('a: "x\u2028y"'.encode()) == ("E113",)


def test_an_empty_text_has_no_document() -> None:
    assert read_yaml("", Builder()) is None
    assert read_yaml("# only a comment\n", Builder()) is None
