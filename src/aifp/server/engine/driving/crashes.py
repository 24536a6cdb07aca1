"""Which directives are inside a drive now, so that one death of the engine counts once."""

from collections import Counter


class CrashWatch:
    """Counts each directive when the first of its drives begins; forgets with the last."""

    def __init__(self) -> None:
        self._inside: Counter[int] = Counter()

    def enter(self, directive_id: int) -> bool:
        """Say whether this drive is the one that counts."""
        self._inside[directive_id] += 1
        return self._inside[directive_id] == 1

    def alone(self, directive_id: int) -> bool:
        """Say whether only one drive of the directive is inside."""
        return self._inside[directive_id] == 1

    def leave(self, directive_id: int) -> bool:
        """Say whether no drive of the directive is left, so that its count may be cleared."""
        self._inside[directive_id] -= 1
        return self._inside[directive_id] <= 0
