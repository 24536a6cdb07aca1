"""The order of steps: ids are unique, needs name other steps, nothing waits for itself."""

from collections.abc import Callable, Sequence

from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.faults import LanguageFault
from aifp.schemas.common import JsonMap

Note = Callable[[str, LanguageFault], None]
Placed = tuple[str, JsonMap]


def check_order(steps: Sequence[Placed], note: Note) -> None:
    """Note repeated ids, unknown needs and cycles among the steps of one list."""
    known = _ids(steps, note)
    sound = True
    for path, step in steps:
        for need in _needs(step):
            if need not in known or need == step.get("id"):
                note(f"{path}/needs", LanguageFault("E510", id=step.get("id") or need))
                sound = False
    if sound and (cycle := _cycle(edges_of([step for _, step in steps]))):
        first, second = (_name(steps[index][1], index) for index in cycle[:2])
        note(f"{steps[cycle[0]][0]}/needs", LanguageFault("E607", a=first, b=second))


def edges_of(steps: Sequence[JsonMap]) -> list[list[int]]:
    """Return for each step the steps it comes after; without `needs` it is the one before it."""
    places = {step["id"]: index for index, step in enumerate(steps) if "id" in step}
    return [
        [places[need] for need in _needs(step)] if "needs" in step else [index - 1] * (index > 0)
        for index, step in enumerate(steps)
    ]


def _ids(steps: Sequence[Placed], note: Note) -> set[JsonValue]:
    seen: dict[str, int] = {}
    for index, (path, step) in enumerate(steps, 1):
        name = step.get("id")
        if isinstance(name, str) and seen.setdefault(name, index) != index:
            note(f"{path}/id", LanguageFault("E204", n=name, file="step", line=seen[name]))
    return {*seen}


def _needs(step: JsonMap) -> list[str]:
    needs = step.get("needs")
    return [need for need in needs if isinstance(need, str)] if isinstance(needs, list) else []


def _cycle(edges: list[list[int]]) -> list[int]:
    """Return a cycle of two or more steps, or nothing: take away what waits for nothing left."""
    left = set(range(len(edges)))
    while free := {index for index in left if not left & set(edges[index])}:
        left -= free
    walk: list[int] = []
    at = min(left, default=-1)
    while at >= 0 and at not in walk:
        walk.append(at)
        at = next(after for after in edges[at] if after in left)
    return walk[walk.index(at) :] if walk else []


def _name(step: JsonMap, index: int) -> str:
    return str(step.get("id") or f"step {index + 1}")
