"""Derive helpers_parsed.json from the helper code: the code is the only source."""

import hashlib
import importlib
import inspect
import json
import pkgutil
import types
from collections.abc import Callable, Iterator, Sequence
from types import ModuleType
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

from pydantic import JsonValue, TypeAdapter

import aifp.helpers
from aifp.helpers.contract import Marks, is_internal, marks_of
from aifp.schemas.catalog import Catalog, HelperEntry, Hints, SystemDirective
from aifp.schemas.common import Failure, JsonMap, Listed, NotFound
from aifp.schemas.errors import Unavailable
from aifp.server.catalog.arguments import input_schema
from aifp.server.catalog.lean import lean, open_ended, unfolded_once
from aifp.server.catalog.load import Loader, load_tool
from aifp.server.catalog.reach import callers_of, databases_of
from aifp.server.catalog.system_directives import UnreadableDirective, system_directives
from aifp.server.catalog.toolsets import phase_of, toolsets_of
from aifp.server.db.core_rows import catalog_faults

Function = Callable[..., Any]


class CatalogFault(Exception):
    """The helper code cannot be described, or does not fit its description."""


def build_catalog(package: ModuleType = aifp.helpers) -> Catalog:
    """Describe every helper of a package of groups, in a stable order."""
    functions = sorted(_functions(package), key=lambda found: (found[1], found[0].__name__))
    entries = [describe(*found) for found in functions]
    try:
        directives = system_directives(package, entries)
    except UnreadableDirective as fault:
        raise CatalogFault(str(fault)) from None
    users = [_users(entry, directives) for entry in entries]
    told = [
        entry.model_copy(update=_used(function, entry, named))
        for (function, *_), entry, named in zip(functions, entries, users, strict=True)
    ]
    catalog = Catalog(helpers=tuple(told), directives=directives)
    if faults := catalog_faults(catalog):
        raise CatalogFault(f"names must be unique and known: {'; '.join(faults)}")
    return catalog


def _users(entry: HelperEntry, directives: tuple[SystemDirective, ...]) -> list[str]:
    """Return the system directives that have a step for a helper."""
    return [d.name for d in directives if entry.name in {step.helper for step in d.steps}]


def _used(function: Function, entry: HelperEntry, named: list[str]) -> dict[str, object]:
    """Return who uses a helper: clients, system directives, other code."""
    if entry.is_tool:
        return {"used_by": ("clients", *named)}
    callers = callers_of(function)
    return {
        "used_by": (*named, *callers) or ("nobody yet",),
        "is_sub_helper": not named and all(c.startswith("helpers/") for c in callers),
    }


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
        input_schema=unfolded_once(input_schema(function)),
        output_schema=unfolded_once(_returned(function)),
        error_handling=_error_handling(function, marks),
        target_database=databases_of(function),
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


def _error_handling(function: Function, marks: Marks | None) -> str:
    """Say how a helper answers what goes wrong, as its mark and its answer have it."""
    if marks is None:
        return "raises AifpError; what calls it answers"
    arms = _arms(function)
    absent = "; answers found:false for what is not there" if NotFound in arms else ""
    lists = any(_list_in(arm) is not None for arm in arms)
    wrong = "; answers an empty list with warnings to wrong values" if lists else absent
    return f"never raises; answers success:false with error and error_code{wrong}"


def _arms(function: Function) -> list[Any]:
    """Return the shapes of an answer that is no failure."""
    annotation = get_type_hints(function, include_extras=True)["return"]
    is_union = get_origin(annotation) in (Union, types.UnionType)
    return [arm for arm in (get_args(annotation) if is_union else (annotation,)) if arm != Failure]


def output_schema(function: Function) -> JsonMap:
    """Return the schema of the answer as it travels: lists are wrapped, further keys allowed."""
    arms = _arms(function)
    for arm in arms:
        if (items := _list_in(arm)) is not None:
            return _wrapped(
                open_ended(
                    lean(TypeAdapter[Any](items).json_schema(mode="serialization"), keep_null=True)
                )
            )
    kept: Any = Union[tuple(arms)] if arms else Failure  # noqa: UP007 - of a run-time list
    schema = lean(TypeAdapter[Any](kept).json_schema(mode="serialization"), keep_null=True)
    return {"type": "object", **open_ended(schema)}


def _list_in(arm: Any) -> Any:
    """Return the type of the list in an answer, None for an answer that is no list."""
    if get_origin(arm) in (list, tuple):
        return arm
    if not (isinstance(arm, type) and issubclass(arm, Listed)):
        return None
    return cast("type[Listed[Any]]", arm).model_fields["result"].annotation


def _returned(function: Function) -> JsonMap:
    """Return the schema of what code gets that calls a private helper."""
    hints = get_type_hints(function, include_extras=True)
    return lean(TypeAdapter[Any](hints["return"]).json_schema(mode="serialization"), keep_null=True)


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


def _functions(package: ModuleType) -> Iterator[tuple[Function, str, str]]:
    prefix = package.__name__ + "."
    for info in pkgutil.walk_packages(package.__path__, prefix):
        parts = info.name.removeprefix(prefix).split(".")
        if info.ispkg or len(parts) < 3 or parts[1] not in ("tools", "internal"):
            continue
        module = importlib.import_module(info.name)
        for function in _helpers(module, is_tools=parts[1] == "tools"):
            yield function, parts[0], info.name


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
    # Who uses a helper says nothing about the helper.
    own = entry.model_dump(mode="json", exclude={"digest", "used_by", "is_sub_helper"})
    text = json.dumps(own, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:12]


def faults_of(entries: Sequence[HelperEntry], loader: Loader = load_tool) -> list[str]:
    """Compare entries with their code: missing code and differing signatures are listed."""
    faults: list[str] = []
    for entry in entries:
        try:
            fresh = describe(loader(entry), entry.group, entry.module)
        except Unavailable as missing:
            faults.append(str(missing))
            continue
        told = {"used_by": entry.used_by, "is_sub_helper": entry.is_sub_helper}
        if fresh.model_copy(update=told) != entry:
            faults.append(f"{entry.name} differs from its entry: run sync-directives.py.")
    return faults
