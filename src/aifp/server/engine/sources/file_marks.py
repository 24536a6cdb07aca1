"""What a folder looked like and what it looks like now: pure comparison with settling."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

Change = Literal["created", "changed", "deleted"]
# Size and time of the last change; None where there is no file.
Look = tuple[int, int] | None
# A file counts when it has not changed for so long (directive-format 4).
STABLE_S = 1.0


@dataclass(frozen=True, slots=True)
class FileChange:
    """One difference between what is known and what is there."""

    path: str
    change: Change
    before: Look
    after: Look


def differences(known: Mapping[str, Look], found: Mapping[str, Look]) -> Iterator[FileChange]:
    """Yield every file that appeared, changed or went away, in order of its path."""
    for path in sorted(known.keys() | found.keys()):
        before, after = known.get(path), found.get(path)
        if before != after:
            yield FileChange(path, _change(before, after), before, after)


def _change(before: Look, after: Look) -> Change:
    if before is None:
        return "created"
    return "deleted" if after is None else "changed"


class Patience:
    """Lets a change through when it has stood still for a while."""

    def __init__(self, stable_s: float = STABLE_S) -> None:
        self._stable_s = stable_s
        self._since: dict[tuple[object, ...], tuple[Look, float]] = {}

    def is_stable(self, key: tuple[object, ...], look: Look, monotonic: float) -> bool:
        """Say whether a look has been the same long enough; remember it if not."""
        seen, since = self._since.get(key, (None, monotonic))
        if key not in self._since or seen != look:
            self._since[key] = (look, monotonic)
            return self._stable_s <= 0
        return monotonic - since >= self._stable_s

    def forget(self, key: tuple[object, ...]) -> None:
        """Drop what was remembered of one change."""
        self._since.pop(key, None)

    def keep_only(self, keys: set[tuple[object, ...]]) -> None:
        """Drop what no longer differs."""
        self._since = {key: value for key, value in self._since.items() if key in keys}

    @property
    def waits(self) -> bool:
        """Say whether something has to be looked at again soon."""
        return bool(self._since)
