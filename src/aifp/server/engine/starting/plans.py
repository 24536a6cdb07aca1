"""The directives that the engine watches, as plans in memory."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from aifp.helpers.shared.preferences import narrow_directive, preferences_by_name
from aifp.helpers.shared.zones import project_zone
from aifp.schemas.canonical import CanonicalDirective
from aifp.schemas.instants import from_text
from aifp.schemas.ports import Databases, Row, SqlValue
from aifp.schemas.preferences import Preferences
from aifp.schemas.starts import Named

S = TypeVar("S", bound=Named)

BREAKER = "breaker"
NOTHING = Preferences()
# From so many on, one query for all is cheaper than one for each.
MANY = 50


@dataclass(frozen=True, slots=True)
class Plan:
    """One directive as the engine sees it, as narrow as the user prefers it.

    `since` is the last instant already processed, `shown_due` the next due time in its row.
    """

    directive_id: int
    directive: CanonicalDirective
    version: int
    cause: str | None
    since: datetime
    day_zone: ZoneInfo
    shown_due: str | None
    stamp: tuple[object, ...]
    wish: Preferences

    @property
    def name(self) -> str:
        """Return the directive's name."""
        return self.directive.name

    @property
    def is_paused(self) -> bool:
        """Say whether the system has paused the directive."""
        return self.stamp[0] == "paused"

    def starts(self, kind: type[S]) -> Iterator[tuple[int, S]]:
        """Yield the starts of one kind with their place in the directive."""
        for place, start in enumerate(self.directive.when):
            if isinstance(start, kind):
                yield place, start


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A watched directive whose stored form is none: it can have no plan."""

    directive_id: int
    name: str
    fault: str


@dataclass(frozen=True, slots=True)
class Change:
    """What a refresh found: plans that are new or different, ids that are gone, and damage."""

    changed: tuple[Plan, ...]
    gone: tuple[int, ...]
    unreadable: tuple[Unreadable, ...] = ()


class Plans:
    """All watched directives, kept equal to the database by `refresh`."""

    def __init__(self, databases: Databases) -> None:
        self._directives, self._project = databases.directives, databases.project
        self._preferences = databases.preferences
        self._by_id: dict[int, Plan] = {}
        self._unreadable: dict[int, tuple[object, ...]] = {}
        self.loaded = False

    def __iter__(self) -> Iterator[Plan]:
        return iter(tuple(self._by_id.values()))

    def get(self, directive_id: int) -> Plan | None:
        """Return one plan, or None."""
        return self._by_id.get(directive_id)

    def processed(self, plan: Plan, until: datetime) -> Plan:
        """Remember that everything up to an instant has its record."""
        moved = replace(plan, since=until)
        self._by_id[plan.directive_id] = moved
        return moved

    def clear(self) -> None:
        """Drop every plan, so that the next refresh reads all of them again."""
        self._by_id.clear()
        self._unreadable.clear()

    def forget(self, directive_id: int) -> None:
        """Drop a plan, so that the next refresh reads it again."""
        self._by_id.pop(directive_id, None)

    async def refresh(self, now: datetime) -> Change:
        """Read what changed since the last time."""
        rows = {int(r["id"] or 0): r for r in await self._directives.all("watched_directives")}
        gone = {known for known in self._by_id if known not in rows}
        general, own = await preferences_by_name(self._preferences)
        wishes = {known: own.get(str(row["name"]), general) for known, row in rows.items()}
        stale = [row for known, row in rows.items() if self._is_stale(row, wishes[known])]
        zone = await project_zone(self._project) if stale else ZoneInfo("UTC")
        texts = await self._configurations(stale)
        made = [_plan(row, texts[row["id"]], now, zone) for row in stale if row["id"] in texts]
        damaged = [plan for plan in made if isinstance(plan, Unreadable)]
        plans = [plan for plan in made if isinstance(plan, Plan)]
        changed = [_preferred(plan, wishes[plan.directive_id]) for plan in plans]
        for bad in damaged:
            self._unreadable[bad.directive_id] = stamp_of(rows[bad.directive_id])
        gone |= {bad.directive_id for bad in damaged}
        for directive_id in gone:
            self._by_id.pop(directive_id, None)
        self._by_id.update((plan.directive_id, plan) for plan in changed)
        self.loaded = True
        return Change(tuple(changed), tuple(gone), tuple(damaged))

    def _is_stale(self, row: Row, wish: Preferences) -> bool:
        directive_id, stamp = int(row["id"] or 0), stamp_of(row)
        known = self._by_id.get(directive_id)
        if known is None:
            return self._unreadable.get(directive_id) != stamp
        return known.stamp != stamp or known.wish != wish

    async def _configurations(self, stale: list[Row]) -> dict[SqlValue, Row]:
        """Read the texts of some directives; of many all at once, as at a start."""
        if len(stale) > MANY:
            found = await self._directives.all("configurations_to_watch")
            return {row["id"]: row for row in found}
        texts: dict[SqlValue, Row] = {}
        for row in stale:
            one = await self._directives.one("configuration_to_watch", id=row["id"])
            if one is not None:
                texts[row["id"]] = one
        return texts


def _plan(row: Row, stored: Row, now: datetime, zone: ZoneInfo) -> Plan | Unreadable:
    directive_id = int(row["id"] or 0)
    try:
        directive = CanonicalDirective.model_validate_json(str(stored["configuration_json"]))
    except ValueError as fault:
        return Unreadable(directive_id, str(stored["name"]), str(fault)[:500])
    return Plan(
        directive_id=directive_id,
        directive=directive,
        version=int(row["version"] or 0),
        cause=cause_of(row),
        since=processed_until(row, now),
        day_zone=zone,
        shown_due=_shown_due(row),
        stamp=stamp_of(row),
        wish=NOTHING,
    )


def _preferred(plan: Plan, wish: Preferences) -> Plan:
    return replace(plan, directive=narrow_directive(plan.directive, wish), wish=wish)


def _shown_due(row: Row) -> str | None:
    """Return the next due time in the schedule row; empty text where there is no row yet."""
    if not row["is_scheduled"]:
        return ""
    return str(row["next_due_at"]) if row["next_due_at"] else None


def stamp_of(row: Row) -> tuple[object, ...]:
    """Return what tells one state of a directive row from another."""
    words = ("status", "pause_cause", "status_reason", "version", "canonical_sha256")
    return (*(row[word] for word in words), row["activated_at"])


def is_watched(row: Row) -> bool:
    """Say whether what happens to a directive needs a record; a pause by the user does not."""
    match row["status"]:
        case "active" | "error":
            return True
        case "paused":
            return (row["pause_cause"] or "user") != "user"
        case _:
            return False


def cause_of(row: Row) -> str | None:
    """Return why due times are skipped now, or None when they start runs."""
    match row["status"]:
        case "active":
            return None
        case "paused":
            return _detailed(str(row["pause_cause"] or "user"), row["status_reason"])
        case "error":
            return _detailed("error", row["status_reason"])
        case status:
            # Its text or code changed while the run waited: the old one is not what shall run.
            return f"directive {status}"


def processed_until(row: Row, now: datetime) -> datetime:
    """Return the instant up to which nothing is due any more."""
    known = [str(text) for text in (row["last_due_at"], row["activated_at"]) if text]
    return max((from_text(text) for text in known), default=now)


def with_missing(word: str, reason: str) -> str:
    """Name what is missing, as the refusal of the gate tells it after `needs:`."""
    _, told, missing = reason.partition(" needs: ")
    return f"{word}: {missing.removesuffix('.')}" if told else word


def _detailed(word: str, reason: object) -> str:
    """Say in short why the system holds a directive back."""
    text = str(reason or "")
    match word:
        case "error":
            return BREAKER if text.startswith(BREAKER) else text or word
        case "dependency_missing":
            return with_missing(word, text)
        case _:
            return word
