"""The nearest known word to a mistyped one."""

from collections.abc import Iterable

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler

LONGEST_WORD = 80


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word with the fewest slips of the finger, if it is near enough."""
    if len(word) > LONGEST_WORD:
        return None
    found = ranked(word, known, 1)
    if not found:
        return None
    slips = DamerauLevenshtein.distance(word.lower(), found[0].lower())
    return found[0] if slips <= max(1, (len(word) + 1) // 3) else None


def ranked(word: str, known: Iterable[str], count: int) -> list[str]:
    """Return the nearest known words, best first."""
    choices = sorted(set(known))
    hits = process.extract(
        word.lower(),
        choices,
        scorer=DamerauLevenshtein.distance,
        processor=str.lower,
        limit=max(count * 4, 8),
    )
    hits.sort(key=lambda hit: (hit[1], -JaroWinkler.similarity(word, hit[0]), hit[0]))
    return [hit[0] for hit in hits[:count]]
