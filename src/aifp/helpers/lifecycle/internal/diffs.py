"""What changed between two texts, as people read it and by numbers."""

import difflib
from collections.abc import Mapping, Sequence
from itertools import takewhile

from aifp.schemas.differences import Diff, DiffStats

# Lines added and removed, beyond which a change is significant.
SIGNIFICANT = 10
# Beyond this many lines the changed middle is told as one: comparing each line takes too long.
COMPARED = 5_000

Opcode = tuple[str, int, int, int, int]


def compute_diff(old: str, new: str, old_name: str = "old", new_name: str = "new") -> Diff:
    """Compare two texts."""
    return compute_diffs({"": old}, {"": new}, old_name, new_name)


def compute_diffs(
    old: Mapping[str, str], new: Mapping[str, str], old_name: str = "old", new_name: str = "new"
) -> Diff:
    """Compare the files of two versions, by path; a file that one of them lacks is empty there."""
    text, counts = "", [0, 0, 0]
    for path in sorted({*old, *new}):
        before, after = lines_of(old.get(path, "")), lines_of(new.get(path, ""))
        opcodes = _opcodes(before, after)
        counts = [have + more for have, more in zip(counts, _counted(opcodes), strict=True)]
        text += _unified(before, after, opcodes, (f"{old_name}/{path}", f"{new_name}/{path}"))
    added, removed, changed = counts
    return Diff(
        diff=text,
        stats=DiffStats(lines_added=added, lines_removed=removed, lines_changed=changed),
        significant=added + removed > SIGNIFICANT,
    )


def lines_of(text: str) -> list[str]:
    """Return the lines of a text with their ends; only a newline ends one."""
    parts = text.split("\n")
    return [f"{part}\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _opcodes(before: Sequence[str], after: Sequence[str]) -> list[Opcode]:
    """Return which lines to replace by which; equal beginnings and ends are cut off first."""
    pairs = zip(before, after, strict=False)
    head = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    left = min(len(before), len(after)) - head
    backwards = zip(reversed(before), reversed(after), strict=False)
    tail = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], backwards))
    tail = min(tail, left)
    middle = _middle(before[head : len(before) - tail], after[head : len(after) - tail])
    found: list[Opcode] = [("equal", 0, head, 0, head)] if head else []
    found += [(tag, a + head, b + head, c + head, d + head) for tag, a, b, c, d in middle]
    if tail:
        found.append(("equal", len(before) - tail, len(before), len(after) - tail, len(after)))
    return found


def _middle(before: Sequence[str], after: Sequence[str]) -> list[Opcode]:
    if not before and not after:
        return []
    if max(len(before), len(after)) > COMPARED:
        tag = "insert" if not before else "replace" if after else "delete"
        return [(tag, 0, len(before), 0, len(after))]
    return list(difflib.SequenceMatcher(None, before, after).get_opcodes())


def _counted(opcodes: Sequence[Opcode]) -> list[int]:
    """Return how many lines came, went, and were replaced one by one."""
    sizes = [(tag, d - c, b - a) for tag, a, b, c, d in opcodes if tag != "equal"]
    added, removed = sum(size[1] for size in sizes), sum(size[2] for size in sizes)
    return [added, removed, sum(min(came, went) for _, came, went in sizes)]


def _unified(
    before: Sequence[str], after: Sequence[str], opcodes: list[Opcode], names: tuple[str, str]
) -> str:
    if all(tag == "equal" for tag, *_ in opcodes):
        return ""
    matcher: difflib.SequenceMatcher[str] = difflib.SequenceMatcher(None, [], [])
    # What is compared already is grouped with three lines around it, as diff does.
    vars(matcher)["opcodes"] = opcodes
    told = [f"--- {names[0]}\n", f"+++ {names[1]}\n"]
    for group in matcher.get_grouped_opcodes():
        told += [_place(group), *_group(before, after, group)]
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in told)


def _place(group: Sequence[Opcode]) -> str:
    first, last = group[0], group[-1]
    return f"@@ -{_range(first[1], last[2])} +{_range(first[3], last[4])} @@\n"


def _range(start: int, end: int) -> str:
    length = end - start
    if length == 1:
        return f"{start + 1}"
    return f"{start + 1 if length else start},{length}"


def _group(before: Sequence[str], after: Sequence[str], group: Sequence[Opcode]) -> list[str]:
    told: list[str] = []
    for tag, a, b, c, d in group:
        if tag == "equal":
            told += [f" {line}" for line in before[a:b]]
            continue
        told += [f"-{line}" for line in before[a:b]] + [f"+{line}" for line in after[c:d]]
    return told
