"""A host that does not answer is left alone for a while, by every directive."""

from dataclasses import dataclass
from datetime import datetime, timedelta

# So many failed connections in a row open the circuit.
FAILURES = 5
# How long it stays open first; each further failure doubles it.
FIRST, LONGEST = timedelta(seconds=30), timedelta(minutes=10)


@dataclass(slots=True)
class Circuit:
    """What one host has shown lately."""

    failures: int = 0
    open_until: datetime | None = None


class Circuits:
    """Counts failed connections by host; kept in memory, a restart begins anew."""

    def __init__(self) -> None:
        self._hosts: dict[str, Circuit] = {}

    def open_until(self, host: str, now: datetime) -> datetime | None:
        """Return until when a host is left alone; None when it may be called."""
        circuit = self._hosts.get(host)
        if circuit is None or circuit.open_until is None or circuit.open_until <= now:
            return None
        return circuit.open_until

    def failed(self, host: str, now: datetime) -> bool:
        """Count a failed connection; True when it opens the circuit for the first time."""
        circuit = self._hosts.setdefault(host, Circuit())
        circuit.failures += 1
        over = circuit.failures - FAILURES
        if over < 0:
            return False
        circuit.open_until = now + min(FIRST * 2 ** min(over, 10), LONGEST)
        return over == 0

    def answered(self, host: str) -> bool:
        """Forget the failures of a host; True when its circuit had opened."""
        circuit = self._hosts.pop(host, None)
        return circuit is not None and circuit.failures >= FAILURES
