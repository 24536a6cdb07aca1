"""sleep(seconds or until): wait; over a second the run is parked and costs a row."""

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from pydantic import Field, JsonValue

from aifp.helpers.user_directives.internal.language.due.next_due import next_due
from aifp.schemas.common import JsonMap, Record
from aifp.schemas.errors import InvalidArgument, LimitExceeded
from aifp.schemas.starts import CronStart, DateStart
from aifp.server.engine.driving.grants import Grants
from aifp.server.engine.host.faults import Wait
from aifp.server.engine.host.tools import Call, Tools, read_arguments

PARKED_OVER = timedelta(seconds=1)


class SleepArguments(Record):
    """What sleep takes: one of both."""

    seconds: float | None = Field(None, ge=0, allow_inf_nan=False)
    until: str | None = None


def is_write(arguments: JsonMap) -> bool:
    """Say no: waiting changes nothing."""
    return False


def is_repeatable(arguments: JsonMap) -> bool:
    """Say yes: a wait that was begun goes on."""
    return True


async def do(call: Call, grants: Grants, tools: Tools) -> JsonValue:
    """Wait here when it is short; otherwise let the run go on later."""
    if call.wake_at is not None:
        return None
    left = wake_time(call, tools) - call.now
    if left > PARKED_OVER:
        raise Wait(call.now + left)
    tools.budget.waited(left.total_seconds())
    await tools.ctx.clock.wait(asyncio.Event(), left.total_seconds())
    return None


def wake_time(call: Call, tools: Tools) -> datetime:
    """Return when the wait ends; it must not be longer than the directive says."""
    asked = read_arguments(SleepArguments, call.arguments)
    if (asked.seconds is None) == (asked.until is None):
        raise InvalidArgument("sleep takes either seconds or until.")
    if asked.seconds is None:
        wake = instant_of(asked.until or "", call.now, tools.facts.zone)
    else:
        wake = call.now + timedelta(seconds=min(asked.seconds, 1e9))
    longest = timedelta(milliseconds=tools.facts.longest_sleep_ms)
    if wake - call.now > longest:
        raise LimitExceeded(
            f"This run may sleep at most {longest}. A longer `wait` in the directive allows more."
        )
    return wake


def instant_of(text: str, now: datetime, zone: ZoneInfo) -> datetime:
    """Read a local time of day, a local date and time, or an instant with its offset."""
    try:
        if len(text) in (5, 8) and text[2] == ":":
            hour, minute, *second = (int(part) for part in text.split(":"))
            expr = f"{minute} {hour} * * *"
            start = CronStart(kind="cron", expr=expr, second=second[0] if second else 0)
        elif (moment := datetime.fromisoformat(text)).tzinfo:
            return moment.astimezone(UTC)
        else:
            start = DateStart(kind="date", at=moment.isoformat(timespec="seconds"))
        return next_due(start, str(zone), now) or now
    except ValueError as fault:
        raise InvalidArgument(f"until: {text!r} is not a time such as 17:00.") from fault
