import pytest
from hypothesis import given
from hypothesis import strategies as st

from aifp.helpers.user_directives.internal.language.faults import LanguageFault
from aifp.helpers.user_directives.internal.language.grammar.durations import write_duration
from aifp.helpers.user_directives.internal.language.grammar.policies import (
    parse_approve,
    parse_catch_up,
    parse_check,
    parse_limit,
    parse_need,
    parse_reply,
    parse_retry,
)
from aifp.schemas.canonical import ApproveEach, CatchUpRule, Limit, Need
from aifp.schemas.steps import Retry

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000


def retry(times: int, after: int, factor: float, most: int) -> Retry:
    return Retry(times=times, after_ms=after, factor=factor, max_ms=most)


def each_run(within: int, otherwise: str) -> ApproveEach:
    return ApproveEach.model_validate({"when": "each run", "within_ms": within, "else": otherwise})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no", None),
        ("None", None),
        ("3", retry(3, 10 * SECOND, 2, 10 * MINUTE)),
        ("1 time", retry(1, 10 * SECOND, 2, 10 * MINUTE)),
        ("2 times after 30s", retry(2, 30 * SECOND, 2, 10 * MINUTE)),
        ("20 TIMES after 1 minute x1.5 up to 1h", retry(20, MINUTE, 1.5, HOUR)),
        ("5 x 10 up to 1 day", retry(5, 10 * SECOND, 10, DAY)),
        ("5 after 1h", retry(5, HOUR, 2, HOUR)),
    ],
)
def test_retry_has_its_defaults_written_out(text: str, expected: Retry | None) -> None:
    assert parse_retry(text) == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "E601"),
        ("often", "E601"),
        ("3 after", "E310"),
        ("3 times later", "E601"),
        ("no thanks", "E601"),
        ("3.5 times", "E601"),
        ("0", "E602"),
        ("21 times", "E602"),
        ("3 x 11", "E602"),
        ("3 x 0.5", "E602"),
        ("3 after 10ms", "E602"),
        ("3 after 2 days", "E602"),
        ("3 up to 25h", "E602"),
    ],
)
def test_retry_outside_its_grammar_or_range_is_refused(text: str, code: str) -> None:
    with pytest.raises(LanguageFault) as caught:
        parse_retry(text)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("none", CatchUpRule(policy="none")),
        ("last", CatchUpRule(policy="last", within_ms=HOUR)),
        ("last within 90 minutes", CatchUpRule(policy="last", within_ms=90 * MINUTE)),
        ("all", CatchUpRule(policy="all", within_ms=HOUR, max=100)),
        ("all within 2d max 5", CatchUpRule(policy="all", within_ms=2 * DAY, max=5)),
        ("ALL MAX 1000", CatchUpRule(policy="all", within_ms=HOUR, max=1000)),
    ],
)
def test_catch_up_has_its_defaults_written_out(text: str, expected: CatchUpRule) -> None:
    assert parse_catch_up(text) == expected


@pytest.mark.parametrize(
    "text", ["", "some", "none within 1h", "last max 5", "all max 0", "all max 1001"]
)
def test_catch_up_outside_its_grammar_is_refused(text: str) -> None:
    with pytest.raises(LanguageFault, match="E603"):
        parse_catch_up(text)


@pytest.mark.parametrize(
    ("text", "runs", "per"),
    [
        ("1/hour", 1, HOUR),
        ("30 per 10 minutes", 30, 10 * MINUTE),
        ("2 / 1 s", 2, SECOND),
        ("5 PER DAY", 5, DAY),
        ("9/31d", 9, 31 * DAY),
    ],
)
def test_a_limit_is_runs_per_window(text: str, runs: int, per: int) -> None:
    assert parse_limit(text) == Limit(runs=runs, per_ms=per)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("often", "E604"),
        ("0/hour", "E604"),
        ("1 hour", "E604"),
        ("1/fortnight", "E604"),
        ("1/hour please", "E604"),
        ("1/32 days", "E311"),
        ("1/500 ms", "E311"),
    ],
)
def test_a_limit_outside_its_grammar_is_refused(text: str, code: str) -> None:
    with pytest.raises(LanguageFault) as caught:
        parse_limit(text)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("once", None),
        ("each run", each_run(12 * HOUR, "skip")),
        ("each run within 6h else fail", each_run(6 * HOUR, "fail")),
        ("Each Run else skip", each_run(12 * HOUR, "skip")),
    ],
)
def test_approval_is_once_or_for_each_run(text: str, expected: ApproveEach | None) -> None:
    assert parse_approve(text) == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("never", "E605"),
        ("no", "E605"),
        ("each run else ask", "E605"),
        ("once more", "E605"),
        ("each run within 30s", "E311"),
        ("each run within 31 days", "E311"),
    ],
)
def test_approval_cannot_be_switched_off(text: str, code: str) -> None:
    with pytest.raises(LanguageFault) as caught:
        parse_approve(text)
    assert caught.value.code == code


def test_a_need_waits_an_hour_unless_told() -> None:
    assert parse_need("import_invoices") == Need(directive="import_invoices", within_ms=HOUR)
    assert parse_need("a within 2h") == Need(directive="a", within_ms=2 * HOUR)
    for text in ("", "Not A Name", "a within", "a after 2h"):
        with pytest.raises(LanguageFault):
            parse_need(text)


def test_a_check_is_a_duration_from_a_second_to_a_day() -> None:
    assert parse_check("every 2m") == parse_check("2 minutes") == 2 * MINUTE
    for text, code in (("500ms", "E311"), ("2d", "E311"), ("often", "E310"), ("5m 5", "E310")):
        with pytest.raises(LanguageFault) as caught:
            parse_check(text)
        assert caught.value.code == code


def test_a_reply_is_accepted_at_once_or_waits_up_to_a_minute() -> None:
    assert parse_reply("accepted") is None
    assert parse_reply("result") == 10 * SECOND
    assert parse_reply("result within 60s") == MINUTE
    for text, code in (("result within 61s", "E311"), ("soon", "E205"), ("result now", "E205")):
        with pytest.raises(LanguageFault) as caught:
            parse_reply(text)
        assert caught.value.code == code


@pytest.mark.req("I13")
@given(st.integers(1, 20), st.integers(1, DAY // SECOND), st.integers(1, 10), st.integers(1, 24))
def test_a_written_retry_reads_back(times: int, after: int, factor: int, hours: int) -> None:
    text = f"{times} times after {write_duration(after * SECOND)} x{factor} up to {hours}h"
    assert parse_retry(text) == retry(times, after * SECOND, factor, hours * HOUR)


@pytest.mark.req("I08")
@given(st.text("0123456789/x. perlastinonetimesupwithmaxaf", max_size=40))
def test_any_text_gives_a_policy_or_a_coded_fault(text: str) -> None:
    for parse in (
        parse_retry,
        parse_catch_up,
        parse_limit,
        parse_approve,
        parse_need,
        parse_check,
        parse_reply,
    ):
        try:
            parse(text)
        except LanguageFault as fault:
            assert fault.code.startswith("E")
