"""Policies written as one text: retry, catch_up, limit, approve, needs, check, reply."""

from aifp.helpers.user_directives.internal.language.faults import LanguageFault
from aifp.helpers.user_directives.internal.language.grammar.cursor import Cursor, pattern
from aifp.helpers.user_directives.internal.language.grammar.durations import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    UNIT_MS,
    need_duration,
    take_duration,
)
from aifp.helpers.user_directives.internal.language.names import NAME
from aifp.schemas.canonical import ApproveEach, CatchUpRule, Limit, Need
from aifp.schemas.steps import Retry

_INTEGER = pattern(r"[0-9]{1,9}(?![0-9.])")
_NUMBER = pattern(r"[0-9]{1,9}(?:\.[0-9]{1,9})?(?![0-9.])")
_BY = pattern(r"x\s*(?=[0-9])")
_PER = pattern(r"/|per(?![a-z0-9_])")
_UNIT = pattern(r"[a-z]+")
_WORD = pattern(r"[^\s]+")
_MOST_TIMES, _MOST_FACTOR = 20, 10
_DEFAULT_MISSED, _MOST_MISSED = 100, 1_000


def parse_retry(text: str) -> Retry | None:
    """Read `3 times after 10s x 2 up to 10m`; `no` and `none` are no retry."""
    cursor = Cursor(text)
    if cursor.keyword("no", "none"):
        cursor.finish("E601")
        return None
    times = _integer(cursor, "E601")
    cursor.keyword("times", "time")
    after = need_duration(cursor) if cursor.keyword("after") else 10 * SECOND
    factor = _number(cursor) if cursor.take(_BY) else 2
    most = need_duration(cursor) if cursor.keyword("up to") else max(10 * MINUTE, after)
    cursor.finish("E601")
    retry = Retry(times=times, after_ms=after, factor=factor, max_ms=most)
    return _within_range(retry, text)


def parse_catch_up(text: str) -> CatchUpRule:
    """Read `none`, `last within 1h` or `all within 1d max 100`."""
    cursor = Cursor(text)
    policy = cursor.keyword("none", "last", "all")
    if policy == "none":
        cursor.finish("E603")
        return CatchUpRule(policy="none")
    if policy is None:
        raise cursor.fault("E603")
    within = _within(cursor, HOUR, SECOND)
    most = _most_missed(cursor) if policy == "all" else None
    cursor.finish("E603")
    return CatchUpRule(policy="last" if most is None else "all", within_ms=within, max=most)


def parse_limit(text: str) -> Limit:
    """Read `1/hour` or `30 per 10 minutes`."""
    cursor = Cursor(text)
    runs = _integer(cursor, "E604")
    if runs < 1 or not cursor.take(_PER):
        raise cursor.fault("E604", x=text.strip())
    at = cursor.skip()
    count = cursor.take(_INTEGER)
    unit = cursor.take(_UNIT)
    if unit is None or unit[0].lower() not in UNIT_MS:
        raise Cursor(text, at).fault("E604")
    cursor.finish("E604")
    per = (int(count[0]) if count else 1) * UNIT_MS[unit[0].lower()]
    if not SECOND <= per <= 31 * DAY:
        raise LanguageFault("E311", at, lo="1s", hi="31d")
    return Limit(runs=runs, per_ms=per)


def parse_approve(text: str) -> ApproveEach | None:
    """Read `once` or `each run within 12h else skip`; once is the default and gives None."""
    cursor = Cursor(text)
    if cursor.keyword("once"):
        cursor.finish("E605")
        return None
    if not cursor.keyword("each run"):
        raise cursor.fault("E605")
    within = _within(cursor, 12 * HOUR, MINUTE, 30 * DAY)
    otherwise = "skip"
    if cursor.keyword("else"):
        otherwise = cursor.keyword("skip", "fail")
        if otherwise is None:
            raise cursor.fault("E605")
    cursor.finish("E605")
    answer = "fail" if otherwise == "fail" else "skip"
    return ApproveEach.model_validate({"when": "each run", "within_ms": within, "else": answer})


def parse_need(text: str) -> Need:
    """Read `other_directive within 1h`."""
    cursor = Cursor(text)
    start = cursor.skip()
    name = cursor.take(_WORD)
    if name is None or not NAME.fullmatch(name[0]):
        raise LanguageFault("E608", start, x=name[0] if name else text)
    within = _within(cursor, HOUR, SECOND)
    cursor.finish("E310")
    return Need(directive=name[0], within_ms=within)


def parse_check(text: str) -> int:
    """Read `every 5m` or `5m`: how often a watched condition is tested, in ms."""
    cursor = Cursor(text)
    cursor.keyword("every")
    ms = need_duration(cursor, SECOND, DAY)
    cursor.finish("E310")
    return ms


def parse_reply(text: str) -> int | None:
    """Read `accepted` (None) or `result within 10s`, in ms."""
    cursor = Cursor(text)
    if cursor.keyword("accepted"):
        cursor.finish("E205")
        return None
    if not cursor.keyword("result"):
        raise cursor.fault("E205", k=text.strip(), nearest="accepted or result within 10s")
    ms = _within(cursor, 10 * SECOND, 1, MINUTE)
    if not cursor.done():
        raise cursor.fault("E205", k=cursor.near(), nearest="result within 10s")
    return ms


def _within(cursor: Cursor, default: int, low: int, high: int | None = None) -> int:
    if not cursor.keyword("within"):
        return default
    ms = take_duration(cursor, low) if high is None else take_duration(cursor, low, high)
    if ms is None:
        raise cursor.fault("E310")
    return ms


def _integer(cursor: Cursor, code: str) -> int:
    found = cursor.take(_INTEGER)
    if found is None:
        raise cursor.fault(code)
    return int(found[0])


def _number(cursor: Cursor) -> int | float:
    found = cursor.take(_NUMBER)
    if found is None:
        raise cursor.fault("E601")
    value = float(found[0])
    return int(value) if value.is_integer() else value


def _within_range(retry: Retry, text: str) -> Retry:
    delays = SECOND <= retry.after_ms <= DAY and SECOND <= retry.max_ms <= DAY
    if not 1 <= retry.times <= _MOST_TIMES or not 1 <= retry.factor <= _MOST_FACTOR or not delays:
        raise LanguageFault("E602", x=text.strip())
    return retry


def _most_missed(cursor: Cursor) -> int:
    if not cursor.keyword("max"):
        return _DEFAULT_MISSED
    start = cursor.skip()
    most = _integer(cursor, "E603")
    if not 1 <= most <= _MOST_MISSED:
        raise Cursor(cursor.text, start).fault("E603")
    return most
