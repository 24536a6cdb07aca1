"""Two changes of one text brought together line by line, where they do not meet."""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from aifp.helpers.lifecycle.internal.diffs import lines_of
from aifp.schemas.differences import Merged, Overlap
from aifp.schemas.errors import LimitExceeded

# Longer texts take too long to compare line by line.
MAX_LINES = 5_000
Lines = Sequence[str]


@dataclass(frozen=True, slots=True)
class Same:
    """Lines that all three texts have: where they begin in each, and how many they are."""

    base: int
    disk: int
    proposal: int
    length: int


def merge(base: str, disk: str, proposal: str) -> Merged:
    """Put what was changed on disk and what is proposed into one text; overlaps are marked."""
    texts = [lines_of(text) for text in (base, disk, proposal)]
    if max(map(len, texts)) > MAX_LINES:
        raise LimitExceeded(f"Texts of more than {MAX_LINES} lines are not merged; do it by hand.")
    merged: list[str] = []
    overlaps: list[Overlap] = []
    at = (0, 0, 0)
    for same in _shared(*texts):
        parts = _between(texts, at, (same.base, same.disk, same.proposal))
        _add(merged, overlaps, at[0], parts)
        merged += texts[0][same.base : same.base + same.length]
        at = tuple(start + same.length for start in (same.base, same.disk, same.proposal))
    return Merged(text="".join(merged), overlaps=overlaps)


def _between(
    texts: Sequence[Lines], start: tuple[int, ...], end: tuple[int, ...]
) -> tuple[Lines, Lines, Lines]:
    base, disk, proposal = (text[a:b] for text, a, b in zip(texts, start, end, strict=True))
    return base, disk, proposal


def _add(
    merged: list[str], overlaps: list[Overlap], line: int, parts: tuple[Lines, Lines, Lines]
) -> None:
    """Take the side that changed something; where both did, and otherwise, mark the place."""
    base, disk, proposal = parts
    if disk in (base, proposal):
        merged += proposal
    elif proposal == base:
        merged += disk
    else:
        merged += _marked(base, disk, proposal)
        texts = ["".join(part) for part in parts]
        overlaps.append(Overlap(line=line + 1, baseline=texts[0], disk=texts[1], proposal=texts[2]))


def _marked(base: Lines, disk: Lines, proposal: Lines) -> list[str]:
    parts = [
        ("<<<<<<< on disk\n", disk),
        ("||||||| baseline\n", base),
        ("=======\n", proposal),
    ]
    told = [line for mark, lines in parts for line in (mark, *map(_ended, lines))]
    return [*told, ">>>>>>> proposal\n"]


def _ended(line: str) -> str:
    return line if line.endswith("\n") else f"{line}\n"


def _shared(base: Lines, disk: Lines, proposal: Lines) -> Iterator[Same]:
    """Yield the runs of lines that both sides left as they were, in order, and the end."""
    left, right = _kept(base, disk), _kept(base, proposal)
    i = j = 0
    while i < len(left) and j < len(right):
        start = max(left[i].a, right[j].a)
        end = min(left[i].a + left[i].size, right[j].a + right[j].size)
        if start < end:
            yield Same(
                base=start,
                disk=left[i].b + start - left[i].a,
                proposal=right[j].b + start - right[j].a,
                length=end - start,
            )
        if left[i].a + left[i].size < right[j].a + right[j].size:
            i += 1
        else:
            j += 1
    yield Same(len(base), len(disk), len(proposal), 0)


def _kept(base: Lines, other: Lines) -> list[difflib.Match]:
    matcher = difflib.SequenceMatcher(None, base, other)
    return [block for block in matcher.get_matching_blocks() if block.size]
