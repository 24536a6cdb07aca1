"""Derive helpers_parsed.json from the helper code: the code is the only source."""

import hashlib
import importlib
import inspect
import json
import pkgutil
import types
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

from pydantic import JsonValue, TypeAdapter

import aifp.helpers
from aifp.helpers.contract import Marks, is_internal, marks_of
from aifp.schemas.catalog import Catalog, HelperEntry, Hints
from aifp.schemas.common import Failure, JsonMap, Listed
from aifp.server.catalog.arguments import input_schema
from aifp.server.catalog.lean import lean, open_ended
from aifp.server.catalog.toolsets import phase_of, toolsets_of

Function = Callable[..., Any]


class CatalogFault(Exception):
    """The helper code cannot be described, or does not fit its description."""


def build_catalog(package: ModuleType = aifp.helpers) -> Catalog:
    """Describe every helper of a package of groups, in a stable order."""
    entries = sorted(_entries(package), key=lambda entry: (entry.group, entry.name))
    names = [entry.name for entry in entries]
    twins = sorted({name for name in names if names.count(name) > 1})
    if twins:
        raise CatalogFault(f"helper names must be unique: {', '.join(twins)}")
    return Catalog(helpers=tuple(entries))


def render(catalog: Catalog) -> str:
    """Return the exact text of helpers_parsed.json."""
    data = catalog.model_dump(mode="json")
    return json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def describe(function: Function, group: str, module: str) -> HelperEntry:
    """Describe one tool or private helper."""
    marks = marks_of(function)
    name, text = function.__name__, inspect.getdoc(function) or ""
    entry = HelperEntry(
        name=name,
        group=group,
        module=module,
        is_tool=marks is not None,
        description=text,
        phase=phase_of(name),
    )
    if marks is not None:
        entry = entry.model_copy(update=_tool_facts(function, module, marks))
    return entry.model_copy(update={"digest": _digest(entry)})


def _tool_facts(function: Function, module: str, marks: Marks) -> dict[str, object]:
    name = function.__name__
    return {
        "toolsets": toolsets_of(name, module, marks.toolset),
        "title": marks.title or _title(name),
        "effect": marks.effect,
        "asks": marks.asks,
        "hints": _hints(marks),
        "input_schema": input_schema(function),
        "output_schema": output_schema(function),
    }


def _title(name: str) -> str:
    words = name.removeprefix("user_directive_").replace("_", " ")
    return f"Directive: {words}" if name.startswith("user_directive_") else words.capitalize()


def _hints(marks: Marks) -> Hints:
    reads = marks.effect == "reads"
    return Hints(
        read_only=reads,
        destructive=marks.effect == "destroys",
        idempotent=reads if marks.repeatable is None else marks.repeatable,
        open_world=marks.opens_world,
    )


def output_schema(function: Function) -> JsonMap:
    """Return the schema of the answer as it travels: lists are wrapped, further keys allowed."""
    annotation = get_type_hints(function, include_extras=True)["return"]
    is_union = get_origin(annotation) in (Union, types.UnionType)
    arms = [arm for arm in (get_args(annotation) if is_union else (annotation,)) if arm != Failure]
    for arm in arms:
        if (items := _list_in(arm)) is not None:
            return _wrapped(open_ended(lean(TypeAdapter[Any](items).json_schema())))
    kept: Any = Union[tuple(arms)] if arms else Failure  # noqa: UP007 - of a run-time list
    schema = lean(TypeAdapter[Any](kept).json_schema(mode="serialization"))
    return {"type": "object", **open_ended(schema)}


def _list_in(arm: Any) -> Any:
    """Return the type of the list in an answer, None for an answer that is no list."""
    if get_origin(arm) in (list, tuple):
        return arm
    if not (isinstance(arm, type) and issubclass(arm, Listed)):
        return None
    return cast("type[Listed[Any]]", arm).model_fields["result"].annotation


def _wrapped(schema: JsonMap) -> JsonMap:
    defs = {"$defs": schema.pop("$defs")} if "$defs" in schema else {}
    number: JsonValue = {"type": "integer"}
    properties: JsonValue = {
        "result": schema,
        "count": number,
        "total": number,
        "truncated": {"type": "boolean"},
    }
    return {"type": "object", "properties": properties, "required": ["result"], **defs}


def _entries(package: ModuleType) -> Iterator[HelperEntry]:
    prefix = package.__name__ + "."
    for info in pkgutil.walk_packages(package.__path__, prefix):
        parts = info.name.removeprefix(prefix).split(".")
        if info.ispkg or len(parts) < 3 or parts[1] not in ("tools", "internal"):
            continue
        module = importlib.import_module(info.name)
        for function in _helpers(module, is_tools=parts[1] == "tools"):
            yield describe(function, parts[0], info.name)


def _helpers(module: ModuleType, *, is_tools: bool) -> Iterator[Function]:
    for name, function in inspect.getmembers(module, inspect.isfunction):
        if function.__module__ != module.__name__ or name.startswith("_"):
            continue
        marked = marks_of(function) is not None
        if marked != is_tools:
            raise CatalogFault(
                f"{module.__name__}.{name}: functions in tools/ are marked reads, writes or "
                "destroys, functions elsewhere are not"
            )
        if marked or is_internal(function):
            yield function


def _digest(entry: HelperEntry) -> str:
    text = json.dumps(entry.model_dump(mode="json", exclude={"digest"}), sort_keys=True)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:12]
