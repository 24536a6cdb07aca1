"""What a helper reaches and who takes it, read from the code: nothing is run."""

import ast
import importlib.util
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

# How code names the databases of its context.
DATABASES = {
    "directives": "user_directives",
    "project": "project",
    "preferences": "user_preferences",
    "core": "aifp_core",
}
CONTEXT = frozenset({"ctx", "_ctx", "databases"})
HELPERS = "aifp.helpers"
PACKAGE = Path(__file__).parents[2]
DEFINING = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Definition:
    """One function or class: the databases it names, and where what it uses lies."""

    databases: frozenset[str]
    uses: frozenset[Place]


def databases_of(function: Callable[..., Any]) -> str | None:
    """Return the databases that a helper reaches by itself or through what it calls."""
    found: set[str] = set()
    seen: set[Place] = set()
    waiting = [(function.__module__, function.__name__)]
    while waiting:
        place = waiting.pop()
        definition = _definitions(place[0]).get(place[1])
        if place in seen or definition is None:
            continue
        seen.add(place)
        found |= definition.databases
        waiting += definition.uses - seen
    return ", ".join(name for name in DATABASES.values() if name in found) or None


def callers_of(function: Callable[..., Any]) -> tuple[str, ...]:
    """Return the files of the package that take a helper from its module."""
    place = (function.__module__, function.__name__)
    return tuple(name for name, taken in _package().items() if place in taken)


def _named_databases(node: ast.AST) -> Iterator[str]:
    for child in ast.walk(node):
        match child:
            case ast.Attribute(value=ast.Name(id=owner) | ast.Attribute(attr=owner), attr=name):
                if owner in CONTEXT and name in DATABASES:
                    yield DATABASES[name]
            case _:
                pass


@cache
def _definitions(module: str) -> dict[str, Definition]:
    """Return what a module holds; outside the helpers nothing is looked at but the start."""
    spec = importlib.util.find_spec(module)
    tree = ast.parse(Path(spec.origin).read_bytes() if spec and spec.origin else b"")
    taken = {name: place for name, place in _imports(tree) if place[0].startswith(HELPERS)}
    own = {node.name: node for node in tree.body if isinstance(node, DEFINING)}
    known = {name: (module, name) for name in own} | taken
    return {name: _definition(node, known) for name, node in own.items()}


def _definition(node: ast.AST, known: dict[str, Place]) -> Definition:
    used = {child.id for child in ast.walk(node) if isinstance(child, ast.Name)}
    places = frozenset(known[name] for name in used if name in known)
    return Definition(frozenset(_named_databases(node)), places)


@cache
def _package() -> dict[str, frozenset[Place]]:
    """Return what each file of the package takes from the helpers."""
    found: dict[str, frozenset[Place]] = {}
    for file in sorted(PACKAGE.glob("**/*.py")):
        text = file.read_bytes()
        if HELPERS.encode() in text:
            places = frozenset(place for _, place in _imports(ast.parse(text)))
            found[file.relative_to(PACKAGE).as_posix()] = places
    return found


def _imports(tree: ast.Module) -> Iterator[tuple[str, Place]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                yield alias.asname or alias.name, (node.module, alias.name)
