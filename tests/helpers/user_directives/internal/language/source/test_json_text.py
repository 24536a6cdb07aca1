import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aifp.helpers.user_directives.internal.language.source.encoding import decode
from aifp.helpers.user_directives.internal.language.source.json_text import read_json
from aifp.helpers.user_directives.internal.language.source.nodes import Builder, plain
from aifp.helpers.user_directives.internal.language.source.refusal import SourceFault
from aifp.schemas.reading import Place


def codes_of(data: bytes) -> tuple[str, ...]:
    builder = Builder()
    refused: list[str] = []
    try:
        read_json(decode(data), builder)
    except SourceFault as fault:
        refused = [fault.code]
    return (*(finding.fault.code for finding in builder.findings), *refused)


REFUSED = [
    (b'{"a": 1, "a": 2}', "E108"),
    (b'{"a": 1} // end', "E111"),
    (b'/* x */ {"a": 1}', "E111"),
    (b'{"a": 1,}', "E111"),
    (b"[1,]", "E111"),
    (b"{a: 1}", "E111"),
    (b"{'a': 1}", "E111"),
    (b'{"a": NaN}', "E112"),
    (b'{"a": Infinity}', "E112"),
    (b'{"a": -Infinity}', "E112"),
    (b'{"a": 1e999}', "E112"),
    (b'{"a": 9007199254740992}', "E112"),
    (b'{"a": ' + b"9" * 4301 + b"}", "E112"),
    (b'{"a": 0755}', "E111"),
    (b'{"a": +1}', "E111"),
    (b'{"a": .5}', "E111"),
    (b'{"a": 1.}', "E111"),
    (b'{"a": 1e}', "E111"),
    (b'{"a": -}', "E111"),
    (b'{"a": "\\ud800"}', "E111"),
    (b'{"a": "\\udc00\\ud800"}', "E111"),
    (b'{"a": "\\x41"}', "E111"),
    (b'{"a": "\\u00g0"}', "E111"),
    (b'{"a": "x\ny"}', "E111"),
    (b'{"a": "x\ty"}', "E111"),
    (b'{"a": "x', "E111"),
    (b'{"a"', "E111"),
    (b"", "E111"),
    (b"{} {}", "E111"),
    (b'{"a": True}', "E111"),
    (b'{"a": "\\u202e"}', "E113"),
    (b'{"a": "\\u0000"}', "E113"),
    (b'{"a": "\\u200b"}', "E113"),
    (b"[" * 41 + b"]" * 41, "E103"),
    (b"[" * 100_000, "E103"),
    (b'{"a":' * 1_000, "E103"),
    (b"[" + b"1," * 50_001 + b"1]", "E104"),
    (b'["' + b"a" * 65_537 + b'"]', "E105"),
]


@pytest.mark.req("I02", "I04", "I06", "I08", "D36")
@pytest.mark.parametrize(("data", "code"), REFUSED, ids=lambda value: str(value)[:30])
def test_what_is_not_strict_json_is_refused(data: bytes, code: str) -> None:
    assert codes_of(data) == (code,)


@pytest.mark.req("I06")
def test_a_key_used_twice_names_both_lines() -> None:
    builder = Builder()
    read_json('{"a": {"b": 1,\n"c": 2,\n"b": 3}}', builder)
    [finding] = builder.findings
    assert finding.fault.names == {"k": "b", "n": 1}
    assert finding.spot.line == 3


def test_every_value_knows_its_place() -> None:
    places: dict[str, Place] = {}
    plain(read_json('{\n  "a": [1,\n    "x\\n"]\n}', Builder()), "", places)
    assert places["/a~key"] == Place(line=2, column=3, quoted=1)
    assert places["/a/0"] == Place(line=2, column=9)
    assert places["/a/1"] == Place(line=3, column=5, quoted=1, folded=True)


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf"]), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf"]), max_size=8),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(JSON_VALUES)
def test_any_json_value_is_read_as_python_reads_it(value: object) -> None:
    builder = Builder()
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False, indent=1)):
        assert plain(read_json(text, builder), "", {}) == value
    assert builder.findings == []


@pytest.mark.req("I08")
@given(st.integers())
def test_an_integer_is_kept_exactly_or_refused(number: int) -> None:
    expected = () if abs(number) <= 2**53 - 1 else ("E112",)
    assert codes_of(f"[{number}]".encode()) == expected


@pytest.mark.req("I04")
def test_the_50001st_value_is_one_too_many_and_commas_in_texts_are_none() -> None:
    assert codes_of(b"[" + b"1," * 49_998 + b"1]") == ()
    assert codes_of(b"[" + b"1," * 49_999 + b"1]") == ("E104",)
    assert codes_of(b'["' + b"," * 60_000 + b'"]') == ()
