"""The 39 cron texts: what each means was worked out by hand, not asked of a library."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aifp.helpers.user_directives.internal.language.faults import LanguageFault
from aifp.helpers.user_directives.internal.language.grammar.cron import parse_cron

# Text: its normal form and its first days from 2027-01-01 on.
TAKEN: dict[str, tuple[str, list[str]]] = {
    "0 0 * * 7": ("0 0 * * 0", ["2027-01-03", "2027-01-10"]),
    "0 0 29 2 *": ("0 0 29 2 *", ["2028-02-29", "2032-02-29"]),
    "@daily": ("0 0 * * *", ["2027-01-01", "2027-01-02"]),
    "0 18 * * MON-FRI": ("0 18 * * 1-5", ["2027-01-01", "2027-01-04"]),
    "0 0 L * *": ("0 0 L * *", ["2027-01-31", "2027-02-28"]),
    "0 0 * * 5#3": ("0 0 * * 5#3", ["2027-01-15", "2027-02-19"]),
}
# Text: the code, and where in the text the fault stands.
REFUSED: dict[str, tuple[str, int]] = {
    "60 * * * *": ("E321", 0),
    "* 24 * * *": ("E321", 2),
    "0 0 0 * *": ("E321", 4),
    "0 0 32 * *": ("E321", 4),
    "0 0 1 13 *": ("E321", 6),
    "0 0 * * 8": ("E321", 8),
    "0 0 30 2 *": ("E324", 0),
    "0 0 31 4,6,9,11 *": ("E324", 0),
    "*/0 * * * *": ("E322", 0),
    "*/61 * * * *": ("E322", 0),
    "5-1 * * * *": ("E323", 0),
    "1,,2 * * * *": ("E321", 0),
    "": ("E320", 0),
    "0 18 * *": ("E320", 0),
    "0 0 18 * * *": ("E320", 0),
    "0 0 18 * * * 2027": ("E320", 0),
    "@reboot": ("E320", 0),
    "@every 5m": ("E320", 0),
    "a b c d e": ("E321", 0),
    "MON * * * *": ("E321", 0),
    "0 0 * * FRI-MON": ("E323", 8),
    "0 0 15W * *": ("E321", 4),
    "0 0 * * 5#6": ("E321", 8),
    "-1 * * * *": ("E321", 0),
    "1e3 * * * *": ("E321", 0),
    "\u0660 \u0661\u0668 * * *": ("E321", 0),
    "; rm -rf /": ("E320", 0),
    "0 18 * * * root": ("E320", 0),
    "H * * * *": ("E321", 0),
    "1-59/0 * * * *": ("E322", 0),
    "*/1000000000 * * * *": ("E322", 0),
    "9" * 5_000 + " * * * *": ("E321", 0),
    "," * 100_000 + " * * * *": ("E321", 0),
}
NORMAL = {
    "07 09,08 * * *": "7 8,9 * * *",
    "0,1,2,5 * * * *": "0-2,5 * * * *",
    "5,4 1,2,3 * * *": "4,5 1-3 * * *",
    "0-59 * * * *": "0-59 * * * *",
    "*/15 * * * *": "*/15 * * * *",
    "0-59/15 2 * * *": "0-59/15 2 * * *",
    "00-059/015 2 * * *": "0-59/15 2 * * *",
    "5,*/20 * * * *": "5,*/20 * * * *",
    "05,*/020 * * * *": "5,*/20 * * * *",
    "0 0 * * mon,*/2": "0 0 * * 1,*/2",
    "5-5/2 * * * *": "5 * * * *",
    "0 0 * jan,DEC *": "0 0 * 1,12 *",
    "0 0 * jan-mar/2 *": "0 0 * 1-3/2 *",
    "0 0 * * 5-7": "0 0 * * 0,5,6",
    "0 0 * * 0-7": "0 0 * * 0-6",
    "0 0 * * sun,mon": "0 0 * * 0,1",
    "0 0 * * FriL": "0 0 * * 5L",
    "0 0 * * 7L": "0 0 * * 0L",
    "0 0 * * tue#2": "0 0 * * 2#2",
    "0 0 1,l * *": "0 0 1,L * *",
    "  0   18 * * 1-5  ": "0 18 * * 1-5",
    "@Hourly": "0 * * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "*/60 * * * *": "*/60 * * * *",
}
ALSO_REFUSED = {
    "5/15 * * * *": "E321",
    "0 0 L/2 * *": "E321",
    "0 0 * * L": "E321",
    "L 0 * * *": "E321",
    "0 0 LW * *": "E321",
    "0 0 ? * *": "E321",
    "0 0 * * fri-sun": "E323",
    "0 0 * * 1#0": "E321",
    "0 0 * * mon#": "E321",
    "0 0 1 1 1.5": "E321",
    "*/ * * * *": "E321",
    "1- * * * *": "E321",
    "** * * * *": "E321",
    "* */25 * * *": "E322",
    "0 0 */32 * *": "E322",
    "0 0 * */13 *": "E322",
    "0 0 * * */8": "E322",
    "0 0 30,31 feb *": "E324",
    "0 0 */31 2 5#2": "E324",
}


def matching_days(expr: str, count: int) -> list[str]:
    """Walk the days of 2027 to 2032 by the plain meaning of the TAKEN texts."""
    _, _, day, month, weekday = expr.split(" ")
    found: list[str] = []
    ordinal = date(2027, 1, 1).toordinal()
    while len(found) < count:
        today, tomorrow = date.fromordinal(ordinal), date.fromordinal(ordinal + 1)
        fits_day = {"*": True, "L": tomorrow.day == 1, "29": today.day == 29}[day]
        fits_weekday = {
            "*": True,
            "0": today.isoweekday() == 7,
            "1-5": today.isoweekday() <= 5,
            "5#3": today.isoweekday() == 5 and 15 <= today.day <= 21,
        }[weekday]
        if fits_day and fits_weekday and month in ("*", str(today.month)):
            found.append(today.isoformat())
        ordinal += 1
    return found


def test_there_are_39_texts() -> None:
    assert len(TAKEN) + len(REFUSED) == 39


@pytest.mark.req("I10")
@pytest.mark.parametrize("text", TAKEN)
def test_a_good_cron_text_has_its_documented_meaning(text: str) -> None:
    expr, days = TAKEN[text]
    assert parse_cron(text).expr == expr
    assert matching_days(expr, len(days)) == days


@pytest.mark.req("I10")
@pytest.mark.parametrize("text", REFUSED, ids=lambda t: t[:20] or "empty")
def test_a_bad_cron_text_is_refused_with_a_reason_and_a_place(text: str) -> None:
    with pytest.raises(LanguageFault) as refused:
        parse_cron(text)
    assert (refused.value.code, refused.value.offset) == REFUSED[text]
    assert all(len(str(name)) <= 40 for name in refused.value.names.values())


@pytest.mark.req("I10")
@pytest.mark.parametrize("text", NORMAL)
def test_equal_meanings_have_one_normal_form(text: str) -> None:
    assert parse_cron(text).expr == NORMAL[text]
    assert parse_cron(NORMAL[text]).expr == NORMAL[text]


@pytest.mark.req("I10")
@pytest.mark.parametrize("text", ALSO_REFUSED)
def test_what_other_cron_dialects_know_is_refused(text: str) -> None:
    with pytest.raises(LanguageFault) as refused:
        parse_cron(text)
    assert refused.value.code == ALSO_REFUSED[text]


@given(st.text(alphabet="0123456789*/-,L#monfri @", max_size=40))
def test_any_text_is_read_to_a_fixed_point_or_refused(text: str) -> None:
    try:
        expr = parse_cron(text).expr
    except LanguageFault as refused:
        assert refused.code in {"E320", "E321", "E322", "E323", "E324"}
    else:
        assert parse_cron(expr).expr == expr
