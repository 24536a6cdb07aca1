import pytest
from hypothesis import given
from hypothesis import strategies as st

from aifp.helpers.user_directives.internal.language.names import NAME, is_name, name_and_title

NAMES = [
    ("water_tomatoes", "water_tomatoes", None),
    ("Aquarium night light", "aquarium_night_light", "Aquarium night light"),
    ("Café Crème", "cafe_creme", "Café Crème"),
    ("Cafe\u0301", "cafe", "Café"),
    ("2nd floor", "d_2nd_floor", "2nd floor"),
    ("con", "d_con", "con"),
    ("COM1", "d_com1", "COM1"),
    (".", "d_cdb4ee2a", "."),
    ("__proto__", "proto", "__proto__"),
    ("x" * 64, "x" * 64, None),
    ("x" * 300, "x" * 60, "x" * 300),
    ("Freezer & fridge!", "freezer_fridge", "Freezer & fridge!"),
]


@pytest.mark.req("I24")
@pytest.mark.parametrize(("text", "name", "title"), NAMES)
def test_a_text_that_is_no_name_becomes_the_title(text: str, name: str, title: str | None) -> None:
    assert name_and_title(text) == (name, title)


@pytest.mark.req("I24")
def test_composed_and_decomposed_twins_get_the_same_name() -> None:
    assert name_and_title("é-zone")[0] == name_and_title("e\u0301-zone")[0]


@pytest.mark.req("I24")
@given(st.text(min_size=1))
def test_every_text_gets_a_valid_name(text: str) -> None:
    name, title = name_and_title(text)
    assert NAME.fullmatch(name)
    assert (title is None) == is_name(text)
