"""Sample data that the texts of a directive can be rendered with."""

from collections.abc import Iterable, Iterator
from typing import cast

from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.mentions import (
    Path,
    paths_in,
    step_paths,
    texts_in,
)
from aifp.helpers.user_directives.internal.language.nested_steps import every_step
from aifp.helpers.user_directives.internal.language.templates import (
    TemplateFault,
    is_template,
    render,
)
from aifp.schemas.canonical import CanonicalDirective, InputField
from aifp.schemas.common import JsonMap
from aifp.schemas.steps import RepeatStep, Step

# Tried in this order until a text renders: some need a number, some a list.
CANDIDATES: tuple[JsonValue, ...] = ("sample", 3, ["one", "two"], {"key": "value"}, True)
DATA = ("input", "trigger", "run", "vars", "read", "memory")
BY_TYPE: dict[str, JsonValue] = {
    "string": "sample",
    "integer": 3,
    "number": 1.5,
    "boolean": True,
    "list": ["one", "two"],
    "map": {"key": "value"},
}


def sample_data(directive: CanonicalDirective, steps: list[Step]) -> JsonMap:
    """Return data for every value that the steps name, shaped so that their texts render."""
    world: JsonMap = {root: {} for root in (*DATA, "steps", "state")}
    world["run"] = _run(directive.name)
    world["input"] = {name: _declared(field) for name, field in directive.input.items()}
    everything = [s.wire() for s in steps]
    for path in sorted((p for s in steps for p in step_paths(s)), key=str):
        plant(world, path, CANDIDATES[0])
    for text in texts_in(cast(JsonValue, everything)):
        if is_template(text):
            _suit(world, text)
    for loop in (s for s in every_step(steps) if isinstance(s, RepeatStep) and s.each is not None):
        _listed(world, loop)
    world["vars"] = {**cast(JsonMap, world["vars"]), **directive.vars}
    return world


def plant(world: JsonMap, path: Path, value: JsonValue, *, over: bool = False) -> None:
    """Put a value at a path, making maps on the way; what is there stays unless `over`."""
    place: JsonValue = world
    for key, following in zip(path, [*path[1:], None], strict=True):
        last = following is None
        if not isinstance(place, dict):
            return
        if last and (over or str(key) not in place):
            place[str(key)] = value
        elif not last and not isinstance(place.get(str(key)), dict):
            place[str(key)] = {}
        place = place[str(key)]


def _suit(world: JsonMap, text: str) -> None:
    """Change the sample values of a text until it renders."""
    paths = [p for p in sorted(paths_in(text), key=str) if p[0] != "run"]
    for candidate in (None, *CANDIDATES):
        trial = _copied(world)
        for path in paths if candidate is not None else ():
            plant(trial, path, candidate, over=True)
        if _renders(text, trial):
            world.update(trial)
            return


def _listed(world: JsonMap, loop: RepeatStep) -> None:
    """Let what a loop goes over be a list of what its steps read from `item`."""
    item = world.get("item", "sample")
    for path in paths_in(loop.each):
        plant(world, path, [item, item], over=True)


def _renders(text: str, world: JsonMap) -> bool:
    try:
        render(text, world)
    except TemplateFault:
        return False
    return True


def _copied(value: JsonMap) -> JsonMap:
    return {k: _copied(v) if isinstance(v, dict) else v for k, v in value.items()}


def _declared(field: InputField) -> JsonValue:
    if field.default is not None:
        return field.default
    if field.one_of:
        return field.one_of[0]
    return field.min if field.min is not None else BY_TYPE[field.type]


def _run(name: str) -> JsonMap:
    return {
        "id": 1,
        "key": "0" * 64,
        "directive": name,
        "due": "2026-01-05T08:00:00.000Z",
        "started": "2026-01-05T08:00:00.000Z",
        "date": "2026-01-05",
        "time": "08:00",
        "timestamp": 1767600000,
        "attempt": 1,
        "error": "sample error",
    }


def named_roots(paths: Iterable[Path]) -> Iterator[str]:
    """Yield the parts of the run's data that these paths begin with, in a fixed order."""
    roots = {path[0] for path in paths}
    return (root for root in DATA if root in roots)
