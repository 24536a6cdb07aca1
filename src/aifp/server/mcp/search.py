"""Find tools by words: rare words and words of the name count most, small misspellings pass.

A wish that is like a phrase for one of the system directives brings its tool to the front.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from rapidfuzz import fuzz, process

from aifp.schemas.catalog import HelperEntry, Intent

_WORD = re.compile(r"[a-z0-9]+")
_NAME_WEIGHT = 3.0
_NEAR = 84
# An exact name goes before a phrase, a phrase before any number of words.
_EXACT, _MEANT = 1000.0, 100.0
_IGNORED = frozenset(
    ("a", "an", "and", "are", "by", "for", "from", "get", "in", "is", "of", "on", "or", "the", "to")
)


class ToolIndex:
    """Words of every tool, counted once."""

    def __init__(
        self, entries: Iterable[HelperEntry], intents: Mapping[str, Intent] | None = None
    ) -> None:
        self._intents = intents or {}
        self._entries = sorted(entries, key=lambda entry: entry.name)
        self._weights = [_weights(entry) for entry in self._entries]
        spread = Counter(word for weights in self._weights for word in weights)
        self._rarity = {
            word: math.log(1 + len(self._entries) / count) for word, count in spread.items()
        }

    def search(self, query: str, limit: int) -> list[HelperEntry]:
        """Return the best fitting tools; an exact name comes first."""
        words = self._known(_words(query))
        scored = [
            (self._score(entry, weights, words, query), entry.name, entry)
            for entry, weights in zip(self._entries, self._weights, strict=True)
        ]
        found = sorted((item for item in scored if item[0] > 0), key=lambda i: (-i[0], i[1]))
        return [entry for _, _, entry in found[:limit]]

    def _score(
        self, entry: HelperEntry, weights: dict[str, float], words: set[str], query: str
    ) -> float:
        exact = _EXACT if entry.name == query.strip() else 0.0
        meant = _MEANT * _likeness(query, self._intents.get(entry.name))
        return exact + meant + sum(weights.get(word, 0.0) * self._rarity[word] for word in words)

    def _known(self, words: Sequence[str]) -> set[str]:
        """Replace each word by the words tools use: itself, its beginnings, or the nearest."""
        return {known for word in words for known in self._meant(word)}

    def _meant(self, word: str) -> list[str]:
        if word in self._rarity:
            return [word]
        if begun := [known for known in self._rarity if known.startswith(word[:5])]:
            return begun
        near = process.extractOne(word, list(self._rarity), score_cutoff=_NEAR)
        return [near[0]] if near else []


def _likeness(query: str, intent: Intent | None) -> float:
    """Return how much a wish is like one of the phrases; below the threshold it is not."""
    if intent is None:
        return 0.0
    nearest = max(fuzz.token_sort_ratio(query.lower(), phrase) for phrase in intent.phrases) / 100
    return nearest if nearest >= intent.threshold else 0.0


def _weights(entry: HelperEntry) -> dict[str, float]:
    weights: dict[str, float] = {}
    for word in _words(entry.description):
        weights[word] = 1.0
    for word in _words(entry.name + " " + " ".join(entry.toolsets)):
        weights[word] = _NAME_WEIGHT
    return weights


def _words(text: str) -> list[str]:
    found = _WORD.findall(text.lower().replace("_", " "))
    return [word for word in found if word not in _IGNORED]
