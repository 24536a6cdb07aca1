"""Decide what a sync writes, before it writes: everything that reads files or takes time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from aifp.helpers.lifecycle.internal.contents import (
    Content,
    content_of_known,
    tool_content,
    why_no_tool,
)
from aifp.helpers.lifecycle.internal.deletion import analyze_deleted_tool
from aifp.helpers.lifecycle.internal.differing import Differences, differences, is_mass
from aifp.helpers.lifecycle.internal.folder import Disk, Seen, look_at, new_looks, seen_files
from aifp.helpers.lifecycle.internal.known_files import Known, known_files
from aifp.helpers.lifecycle.internal.standing_alerts import Refused, Standing, standing_alerts
from aifp.helpers.lifecycle.internal.tool_alerts import ALL_TOOLS, MASS_DELETION, mass_deletion
from aifp.helpers.shared.alerts import dedupe_key
from aifp.schemas.alerts import NewAlert
from aifp.schemas.instants import from_text
from aifp.schemas.ports import Ctx

# A file counts as deleted when two looks so far apart do not find it (L10): editors that save by
# renaming leave a moment without one.
GRACE_S = 2.0


@dataclass(frozen=True, slots=True)
class Scan:
    """What is known and what is there, at one moment, and in what the two differ."""

    at: datetime
    known: list[Known]
    seen: Seen
    disk: Disk
    found: Differences

    def vanishing(self) -> list[Known]:
        """Return what is missed, and not for long enough to be gone."""
        return [one for one in self.found.missing if not is_gone(one, self.at)]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be written.

    contents: what lies in the files that are new or changed, by the path of the main one.
    awaited: missed for the first time. deleted: missed long enough, with what that means to
    people; none when so much is gone that something else must have happened. is_waiting: some are
    missed, and not for long enough.
    """

    scan: Scan
    found: Differences
    contents: dict[str, Content]
    awaited: list[Known]
    deleted: list[tuple[Known, NewAlert | None]]
    standing: Standing
    is_waiting: bool

    @property
    def is_empty(self) -> bool:
        """Say whether there is nothing to write."""
        seen, disk = self.scan.seen, self.scan.disk
        changes = self.contents or self.awaited or self.deleted or self.found.back
        looks = new_looks(disk, seen) or seen.looks.keys() - disk.found.keys()
        return not (changes or self.found.restored or looks) and self.standing.is_empty


async def refresh(ctx: Ctx) -> Scan:
    """Look at what is known and what is there; raises when the tools cannot be looked at."""
    known = await known_files(ctx.directives)
    seen = await seen_files(ctx.directives)
    at, disk = ctx.clock.now(), await look_at(ctx, known, seen)
    return Scan(at, known, seen, disk, differences(known, disk))


async def plan_sync(
    ctx: Ctx,
    scan: Scan,
    *,
    missed_before: frozenset[int] = frozenset(),
    unsettled: Callable[[str], bool] = lambda _: False,
    keep: bool = True,
) -> Plan:
    """Decide what to write; missed_before: what an earlier look of this call did not find."""
    found = scan.found.without(unsettled)
    refused = await _refused(ctx, scan, found)
    gone = [one for one in found.missing if one.id in missed_before or is_gone(one, scan.at)]
    gone_ids = {one.id for one in gone}
    awaited = [
        one for one in found.missing if one.id not in gone_ids and not one.row["missing_since"]
    ]
    all_of = sum(one.is_present for one in scan.known)
    mass = mass_deletion(gone, all_of) if is_mass(len(gone), all_of) else None
    if mass is not None and await _was_acknowledged(ctx):
        mass = None
    marked = gone if mass is None else []
    return Plan(
        scan,
        found,
        await _contents(ctx, scan, found, refused, keep=keep),
        awaited,
        [(one, (await analyze_deleted_tool(ctx, one.row)).alert) for one in marked],
        await standing_alerts(ctx.directives, scan.known, scan.disk, refused, mass),
        is_waiting=len(gone) < len(found.missing),
    )


async def _refused(ctx: Ctx, scan: Scan, found: Differences) -> Refused:
    unread = {path: ("tool_unreadable", str(why)) for path, why in scan.disk.unreadable.items()}
    if not found.new:
        return unread
    taken = frozenset(str(row["name"]) for row in await ctx.core.all("core_tool_names"))
    whys = {path: why_no_tool(path, scan.disk, taken) for path in found.new}
    return {**unread, **{path: why for path, why in whys.items() if why is not None}}


async def _contents(
    ctx: Ctx,
    scan: Scan,
    found: Differences,
    refused: Refused,
    *,
    keep: bool,
) -> dict[str, Content]:
    contents: dict[str, Content] = {}
    for path in found.new:
        content = None if path in refused else await tool_content(ctx, scan.disk, path, keep=keep)
        if content is not None:
            contents[path] = content
    for one in (*found.changed, *found.unread):
        content = await content_of_known(ctx, scan.disk, one, keep=keep)
        if content is not None:
            contents[str(one.row["main_path"])] = content
    return contents


def is_gone(one: Known, at: datetime) -> bool:
    """Say whether a file that is missed was missed long enough before."""
    since = one.row["missing_since"]
    return since is not None and at - from_text(str(since)) >= timedelta(seconds=GRACE_S)


async def _was_acknowledged(ctx: Ctx) -> bool:
    key = dedupe_key(MASS_DELETION, ALL_TOOLS)
    row = await ctx.directives.one("alert_in_force", dedupe_key=key)
    return row is not None and row["state"] == "acknowledged"
