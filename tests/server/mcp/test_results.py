import json
from typing import Any

import pytest

from aifp.schemas.common import Failure, Listed, NotFound, Record
from aifp.server.mcp.results import MAX_BYTES, answer_of, fitting, to_wire


class Row(Record):
    """A row with a text and a default."""

    text: str
    number: int = 0


def size(data: object) -> int:
    return len(json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode())


@pytest.mark.req("D59")
def test_absence_is_data_and_defaults_are_sent() -> None:
    assert answer_of(NotFound()).data == {"found": False}
    assert answer_of(Row(text="a")).data == {"text": "a", "number": 0}
    assert not answer_of(NotFound()).is_error


def test_a_refusal_is_marked_as_an_error() -> None:
    answer = answer_of(Failure(error="No.", error_code="not_found"))
    assert to_wire(answer).is_error
    assert answer.data == {
        "success": False,
        "error": "No.",
        "error_code": "not_found",
        "details": {},
    }


def test_an_empty_list_is_wrapped() -> None:
    assert answer_of([]).data == {"result": [], "count": 0, "total": 0, "truncated": False}


@pytest.mark.req("I26")
def test_a_list_of_long_rows_is_cut_at_100_kb_and_says_how_many_there_are() -> None:
    data = answer_of([Row(text="ü" * 2000) for _ in range(100)]).data
    assert size(data) <= MAX_BYTES
    assert data["total"] == 100 and data["truncated"] is True
    assert data["count"] == len(data["result"])  # pyright: ignore[reportArgumentType]
    assert "of 100" in str(data["note"])


@pytest.mark.req("I26")
def test_one_giant_row_is_shortened_instead_of_dropped() -> None:
    data = answer_of([Row(text="x" * 1_000_000)]).data
    assert size(data) <= MAX_BYTES and data["count"] == 1
    assert "1000000 characters" in str(data["result"])


@pytest.mark.req("I26")
def test_an_object_with_many_long_lists_is_cut() -> None:
    data = answer_of({f"k{n}": ["x" * 1000] * 200 for n in range(20)}).data
    assert size(data) <= MAX_BYTES and data["truncated"] is True


@pytest.mark.req("I26")
def test_a_list_that_is_cut_within_a_structure_says_how_much_of_it_is_left() -> None:
    rows = answer_of([Row(text="x" * 100)] * 50).data
    data = fitting({"run": {"id": 1}, "steps": rows, "text": "short"}, 4000)
    assert size(data) <= 4000 and data["truncated"] is True and "4 kB" in str(data["note"])
    assert (data["run"], data["text"]) == ({"id": 1}, "short")
    steps: Any = data["steps"]
    assert 0 < len(steps["result"]) == steps["count"] < steps["total"] == 50
    assert steps["truncated"] is True and f"{steps['count']} of 50" in str(steps["note"])
    assert fitting(rows, size(rows)) == rows


@pytest.mark.req("I26")
def test_what_fits_when_it_is_cut_to_the_shortest_is_not_refused() -> None:
    texts = {f"k{number}": "x" * 1000 for number in range(220)}
    data = fitting(dict(texts))
    assert size(data) <= MAX_BYTES and data["truncated"] is True
    assert data.keys() >= texts.keys()


def test_an_object_with_too_many_keys_is_refused() -> None:
    answer = answer_of({f"key number {n}": n for n in range(10_000)})
    assert answer.is_error and answer.data["error_code"] == "limit_exceeded"


def test_numbers_that_json_lacks_become_null() -> None:
    assert answer_of({"a": float("nan"), "b": float("inf")}).data == {"a": None, "b": None}


@pytest.mark.req("D60")
def test_a_part_of_a_list_says_how_long_the_whole_is() -> None:
    last = answer_of(Listed(result=[Row(text="c")], total=3, before=2))
    assert (last.data["count"], last.data["total"], last.data["truncated"]) == (1, 3, False)
    first = answer_of(Listed(result=[Row(text="a")], total=3)).data
    assert (first["count"], first["total"], first["truncated"]) == (1, 3, True)
    assert "1 of 3" in str(first["note"])
    beyond = answer_of(Listed[Row](result=[], total=3, before=9)).data
    assert (beyond["count"], beyond["total"], beyond["truncated"]) == (0, 3, False)


@pytest.mark.req("D60")
def test_more_than_500_items_are_never_sent() -> None:
    for whole in ([Row(text="a")] * 600, Listed(result=[Row(text="a")] * 600, total=600)):
        data = answer_of(whole).data
        assert (data["count"], data["total"], data["truncated"]) == (500, 600, True)


@pytest.mark.req("D64")
def test_a_list_that_was_refused_is_empty_and_marked() -> None:
    refused = answer_of(Listed[Row](result=[], total=0, warnings=["path: outside"], refused=True))
    assert refused.is_error and refused.data["warnings"] == ["path: outside"]
    told = answer_of(Listed(result=[Row(text="a")], total=1, warnings=["limit: taken 500"]))
    assert not told.is_error and told.data["warnings"] == ["limit: taken 500"]
