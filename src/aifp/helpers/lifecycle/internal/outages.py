"""Failures that are no fault of the code: a host that others could not reach either."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from aifp.schemas.instants import from_text, to_text
from aifp.schemas.ports import Ctx, Row, SqlValue

# Two failures to reach a host belong together when no more than this lies between them.
TOGETHER = timedelta(minutes=30)

# When each host could not be reached.
Times = dict[str, list[datetime]]


async def runs_in_outages(
    ctx: Ctx, artifact_id: SqlValue, version_id: int, rows: Sequence[Row]
) -> set[int]:
    """Return which of the runs of a version failed because a host was down for others too."""
    failed = [row for row in rows if row["status"] == "failure"]
    if not failed:
        return set()
    first, last = str(failed[-1]["started_at"]), str(failed[0]["finished_at"])
    own = await ctx.directives.all(
        "unreached_by_version", version_id=version_id, since=first, until=last
    )
    if not own:
        return set()
    others = await ctx.directives.all(
        "unreached_by_others",
        artifact_id=artifact_id,
        since=to_text(from_text(first) - TOGETHER),
        until=to_text(from_text(last) + TOGETHER),
    )
    times = _times(others)
    return {int(str(row["run_id"])) for row in own if _is_shared(row, times)}


def _is_shared(row: Row, times: Times) -> bool:
    host, at = _host(str(row["url"])), from_text(str(row["started_at"]))
    return any(abs(at - other) <= TOGETHER for other in times.get(host or "", []))


def _times(rows: list[Row]) -> Times:
    times: Times = defaultdict(list)
    for row in rows:
        if host := _host(str(row["url"])):
            times[host].append(from_text(str(row["started_at"])))
    return times


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
