"""The strict schema of a whole configuration: what is unknown or wrong, by its JSON path."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, cast, get_args

from pydantic import BaseModel, JsonValue, ValidationError
from pydantic_core import ErrorDetails

from aifp.helpers.user_directives.internal.language.suggestions import nearest
from aifp.schemas.canonical import (
    ApproveEach,
    CanonicalDirective,
    CatchUpRule,
    InputField,
    Limit,
    Need,
    Policies,
)
from aifp.schemas.common import JsonMap
from aifp.schemas.errors import InvalidArgument
from aifp.schemas.starts import Auth, CalendarStep, Start
from aifp.schemas.steps import Option, Retry, Step

SHOWN = 10
Model = type[BaseModel]
# Which record stands under a key, where no word inside tells it.
UNDER: dict[str, Model] = {
    "policies": Policies,
    "retry": Retry,
    "catch_up": CatchUpRule,
    "limit": Limit,
    "approve": ApproveEach,
    "needs": Need,
    "auth": Auth,
    "step": CalendarStep,
    "options": Option,
    "input": InputField,
}


def _by_word(union: Any, word: str) -> dict[str, Model]:
    models = cast("tuple[Model, ...]", get_args(get_args(union)[0]))
    return {get_args(model.model_fields[word].annotation)[0]: model for model in models}


VERBS, KINDS = _by_word(Step, "verb"), _by_word(Start, "kind")


def strict_configuration(given: JsonMap) -> CanonicalDirective:
    """Return a configuration as the directive it is; every fault of it is named."""
    try:
        return CanonicalDirective.model_validate_json(json.dumps(given), strict=True)
    except ValidationError as wrong:
        faults = list(dict.fromkeys(_fault(given, error) for error in wrong.errors()))
    more = f" And {len(faults) - SHOWN} more." if len(faults) > SHOWN else ""
    raise InvalidArgument(
        f"This is no configuration, nothing was changed. {'; '.join(faults[:SHOWN])}.{more}",
        faults=faults[: SHOWN * 10],
    )


def changed_paths(before: JsonValue, after: JsonValue, path: str = "") -> Iterator[str]:
    """Yield the dotted paths at which two configurations differ, as deep as they can be told."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted({*before, *after}):
            yield from changed_paths(before.get(key), after.get(key), f"{path}.{key}")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from changed_paths(old, new, f"{path}.{index}")
    elif before != after:
        yield path.removeprefix(".")


def _fault(given: JsonMap, error: ErrorDetails) -> str:
    path, parent = _place(given, error["loc"])
    pointer = "".join(f"/{part}" for part in path)
    if error["type"] != "extra_forbidden":
        return f"{pointer or '/'}: {error['msg'][:1].lower()}{error['msg'][1:]}"
    key = str(path[-1])
    known = sorted(_known_names(parent, path[:-1]))
    near = nearest(key, known)
    hint = f"did you mean {near}?" if near else f"known: {', '.join(known)}"
    return f"{pointer}: {key} is not known here; {hint}"


def _place(given: JsonMap, loc: Sequence[int | str]) -> tuple[list[int | str], JsonValue]:
    """Return the path of a fault in what was given, without the words that tell kinds apart."""
    path: list[int | str] = []
    value: JsonValue = given
    parent: JsonValue = given
    for part in loc:
        if has(value, part):
            parent, value = value, inner(value, part)
        elif isinstance(value, dict) and part not in (value.get("verb"), value.get("kind")):
            return [*path, part], value
        else:
            continue
        path.append(part)
    return path, parent


def has(value: JsonValue, part: int | str) -> bool:
    """Say whether a list is so long, or a map has such a key."""
    match value:
        case list():
            return isinstance(part, int) and part < len(value)
        case dict():
            return part in value
        case _:
            return False


def inner(value: JsonValue, part: int | str) -> JsonValue:
    """Return the item of a list or the value of a key."""
    match value:
        case list() if isinstance(part, int):
            return value[part]
        case dict():
            return value.get(str(part))
        case _:
            return None


def _known_names(parent: JsonValue, path: Sequence[int | str]) -> set[str]:
    model = _model_of(parent, path)
    return {field.serialization_alias or name for name, field in model.model_fields.items()}


def _model_of(parent: JsonValue, path: Sequence[int | str]) -> Model:
    if isinstance(parent, dict) and (model := VERBS.get(str(parent.get("verb")))):
        return model
    if path[-1:] != ["auth"] and isinstance(parent, dict) and "kind" in parent:
        return KINDS.get(str(parent["kind"]), CanonicalDirective)
    if path[:1] == ["input"]:
        return InputField
    named = [str(part) for part in path if isinstance(part, str)]
    return UNDER.get(named[-1], CanonicalDirective) if named else CanonicalDirective
