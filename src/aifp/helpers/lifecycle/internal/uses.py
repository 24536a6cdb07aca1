"""How much an artifact was used, and how well that went."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from aifp.schemas.common import JsonMap
from aifp.schemas.instants import from_text, to_text
from aifp.schemas.ports import Reader, Row


@dataclass(frozen=True, slots=True)
class Uses:
    """The uses of one artifact over its whole life; they outlive its runs."""

    executions: int = 0
    successes: int = 0
    last_used: datetime | None = None
    mean_ms: float | None = None

    @property
    def rate(self) -> Fraction | None:
        """Return the exact success rate, unrounded; None without any use."""
        return Fraction(self.successes, self.executions) if self.executions else None

    def unused_for(self, now: datetime) -> timedelta | None:
        """Return how long it was not used; None if it never was."""
        return now - self.last_used if self.last_used else None

    def facts(self) -> JsonMap:
        """Return the numbers as alerts and events keep them."""
        return {
            "total_executions": self.executions,
            "success_rate": None if self.rate is None else float(self.rate),
            "last_used": to_text(self.last_used) if self.last_used else None,
        }


async def uses_of(db: Reader, artifact_id: object) -> Uses:
    """Return the uses of an artifact."""
    row = await db.one("uses_of_artifact", id=str(artifact_id))
    return uses_from(row) if row else Uses()


def uses_from(row: Row) -> Uses:
    """Read uses from a row with executions, successes, timed_runs, duration_ms and last_used."""
    timed = int(str(row["timed_runs"]))
    return Uses(
        executions=int(str(row["executions"])),
        successes=int(str(row["successes"])),
        last_used=from_text(str(row["last_used"])) if row["last_used"] else None,
        mean_ms=int(str(row["duration_ms"])) / timed if timed else None,
    )


def exactly(threshold: float) -> Fraction:
    """Return a threshold as it is written: 0.85 is 17/20, and not the double beside it."""
    return Fraction(repr(threshold))
