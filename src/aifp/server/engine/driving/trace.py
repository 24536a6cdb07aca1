"""The record of a run against the calls it makes now: same, new, or different."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from aifp.schemas.sandbox import HostCall
from aifp.server.engine.driving.keys import call_sha256, step_key
from aifp.server.engine.driving.rows import AttemptRow, StepRow


class Diverged(Exception):
    """The run makes another call than its record says."""


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One call with its number: `found` in this attempt, `earlier` in one before, or new.

    `unknown`: it was begun before and nobody knows what came of it.
    """

    seq: int
    call: HostCall
    sha256: str
    key: str
    found: StepRow | None = None
    earlier: StepRow | None = None
    unknown: bool = False


class Trace:
    """Numbers the calls of one attempt in plan order and finds each in the record.

    Within an attempt the calls must come again exactly as recorded. A new attempt may number
    them differently (a parallel branch that failed before now goes on), so there a call is known
    by its hash and by how often that hash has come up.
    """

    def __init__(
        self, run_key: str, attempt: int, rows: Sequence[StepRow], tries: Sequence[AttemptRow]
    ) -> None:
        self._run_key, self._attempt = run_key, attempt
        self._next = 1
        self._seen: Counter[str] = Counter()
        self._here = {row.seq: row for row in rows if row.attempt == attempt}
        failed = {(t.attempt, seq) for t in tries for seq in t.failed_steps}
        self._earlier = _by_occurrence(row for row in rows if row.attempt < attempt)
        self._done = {
            place: row
            for place, row in self._earlier.items()
            if row.status != "started" and (row.attempt, row.seq) not in failed
        }
        self._taken = {row.idempotency_key for row in self._done.values()}

    def plan(self, calls: Sequence[HostCall]) -> list[PlannedStep]:
        """Number one batch; raise Diverged at the first difference."""
        return [self._plan(call) for call in calls]

    def _plan(self, call: HostCall) -> PlannedStep:
        seq, sha = self._next, call_sha256(call)
        self._next += 1
        place = (sha, self._seen[sha])
        self._seen[sha] += 1
        found = self._here.get(seq)
        if found is None:
            key, before = self._key(seq, place), self._earlier.get(place)
            unknown = before is not None and before.status == "started"
            return PlannedStep(seq, call, sha, key, None, self._done.get(place), unknown)
        if found.call_sha256 != sha:
            raise Diverged(
                f"step {seq} was {found.function} ({found.call_sha256[:12]}) in the record and is "
                f"{call.function} ({sha[:12]}) now"
            )
        key = found.idempotency_key or self._key(seq, place)
        unknown = found.status == "started" and found.wake_at is None
        return PlannedStep(seq, call, sha, key, found, unknown=unknown)

    def _key(self, seq: int, place: tuple[str, int]) -> str:
        """Return the key of an earlier try of this very step, else one nobody has used."""
        earlier = self._earlier.get(place)
        if earlier and earlier.idempotency_key:
            return earlier.idempotency_key
        plain = step_key(self._run_key, str(seq))
        if plain not in self._taken:
            return plain
        return step_key(self._run_key, f"{self._attempt}.{seq}")


def _by_occurrence(rows: Iterable[StepRow]) -> Mapping[tuple[str, int], StepRow]:
    """Key each step by its hash and how many equal ones came before; later attempts win."""
    seen: Counter[tuple[int, str]] = Counter()
    found: dict[tuple[str, int], StepRow] = {}
    for row in rows:
        place = (row.attempt, row.call_sha256)
        found[row.call_sha256, seen[place]] = row
        seen[place] += 1
    return found
