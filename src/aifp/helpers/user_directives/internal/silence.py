"""Directives that have been silent for long, and whether their due times meant them to be."""

import json
from datetime import datetime, timedelta

from pydantic import ValidationError

from aifp.helpers.user_directives.internal.directive_rows import brief_of
from aifp.helpers.user_directives.internal.language.due.next_due import next_of
from aifp.schemas.analytics import StaleDirective
from aifp.schemas.canonical import CanonicalDirective
from aifp.schemas.instants import from_text
from aifp.schemas.ports import Ctx, Row, SqlValue

OUTSIDE = ("activated_at", "last_execution")
DAY = timedelta(days=1)


async def stale_directives(ctx: Ctx, days: int) -> list[StaleDirective]:
    """Return who has not begun a run for longer than so many days, or never since activation."""
    now, found = ctx.clock.now(), list[StaleDirective]()
    for row in await ctx.directives.all("directives_by_last_run"):
        last, activated = _instant(row["last_execution"]), _instant(row["activated_at"])
        never_run = last is None or (activated is not None and last < activated)
        if never_run or (last is not None and now - last > days * DAY):
            since = max((at for at in (last, activated) if at is not None), default=None)
            found.append(_stale(row, now, since, never_run=never_run))
    return found


def _stale(row: Row, now: datetime, since: datetime | None, *, never_run: bool) -> StaleDirective:
    brief = brief_of({key: value for key, value in row.items() if key not in OUTSIDE})
    last = _instant(row["last_execution"])
    return StaleDirective(
        **dict(brief),
        last_execution=str(row["last_execution"]) if last else None,
        days_since=round((now - last) / DAY, 1) if last else None,
        never_run=never_run,
        on_schedule=row["status"] == "active" and _is_planned(row, since, now),
    )


def _is_planned(row: Row, since: datetime | None, now: datetime) -> bool:
    """Say whether no due time passed between the last run, or the activation, and now."""
    if since is None:
        return False
    try:
        directive = CanonicalDirective.model_validate(json.loads(str(row["configuration_json"])))
    except ValidationError:
        return False
    due = next_of(directive, since)
    return due is not None and due >= now


def _instant(text: SqlValue) -> datetime | None:
    return from_text(str(text)) if text else None
