import re

import pytest

from aifp.helpers.user_directives.internal.language.faults import LanguageFault
from aifp.helpers.user_directives.internal.language.messages import (
    MESSAGES,
    problem_of,
    severity_of,
)
from aifp.schemas.reading import Place

RANGES = (
    "E101-115 E201-209 E301-305 E307-307 E310-314 E320-324 E330-335 E401-409 E501-514 E601-608"
    " E701-705 E801-801 E803-805 W101-102 W201-201 W301-303 W401-402 W501-502 W801-801 W803-803"
)
CODES = [
    f"{first[0]}{number}"
    for first, last in (part.split("-") for part in RANGES.split())
    for number in range(int(first[1:]), int(last) + 1)
]
PLACE = Place(line=3, column=7)


@pytest.mark.req("D36")
def test_the_catalogue_is_whole_and_has_nothing_else() -> None:
    assert set(MESSAGES) == set(CODES)


@pytest.mark.parametrize("code", CODES)
def test_every_message_can_be_told_with_and_without_its_names(code: str) -> None:
    wanted = re.findall(r"(?<!\{)\{(\w+)\}", MESSAGES[code].text + (MESSAGES[code].hint or ""))
    full = problem_of(LanguageFault(code, 0, **dict.fromkeys(wanted, "X")), "f.yaml", PLACE)
    assert "?" not in full.text
    assert full.severity == severity_of(code)
    assert problem_of(LanguageFault(code), "f.yaml", PLACE).code == code


def test_a_problem_is_told_in_one_line() -> None:
    fault = LanguageFault("E201", k="tirgger", nearest="trigger")
    assert str(problem_of(fault, "f.yaml", PLACE)) == (
        "f.yaml:3:7: E201 unknown key tirgger. Hint: did you mean trigger?"
    )


def test_the_column_points_at_the_character_of_a_text() -> None:
    fault = LanguageFault("E402", 5, c="#")
    assert problem_of(fault, "f", PLACE).column == 12
    assert problem_of(fault, "f", PLACE.model_copy(update={"quoted": 1})).column == 13
    folded = problem_of(fault, "f", PLACE.model_copy(update={"folded": True}))
    assert (folded.column, folded.text) == (7, "unexpected character # (character 6)")


@pytest.mark.req("I24")
def test_what_a_message_quotes_is_short_and_visible() -> None:
    problem = problem_of(LanguageFault("E407", x="a\u202eb" + "x" * 500), "f", PLACE)
    assert "\\u202e" in problem.text
    assert len(problem.text) < 150
