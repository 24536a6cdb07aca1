"""Which callers a new version breaks, found on the syntax tree: nothing is run."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

Function = ast.FunctionDef | ast.AsyncFunctionDef
# The first parameter of this name is the door to the world, and no argument of a caller.
CONTEXT = "ctx"
# Keys of a dict that are seen, and whether it may have others.
Keys = tuple[set[str], bool]


@dataclass(frozen=True, slots=True)
class Promise:
    """What callers of a function rely on.

    keys: the keys of what it returns, where they can be read. open: it returns something else too,
    so that keys may be there which nobody can read.
    """

    parameters: frozenset[str]
    required: frozenset[str]
    keys: frozenset[str]
    open: bool


def broken_callers(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """Return what a caller of the old files misses in the new ones, as lines for people."""
    found: list[str] = []
    for path in sorted(old):
        before = promises_of(old[path])
        after = promises_of(new[path]) if path in new else {}
        if before is None:
            continue
        if after is None:
            found.append(f"{path} is not valid Python")
            continue
        found += [line for name in before for line in _broken(name, before[name], after.get(name))]
    return found


def promises_of(source: str) -> dict[str, Promise] | None:
    """Return what callers of a module may rely on, by function; None where it cannot be read."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return {
        node.name: _promise(node)
        for node in tree.body
        if isinstance(node, Function) and not node.name.startswith("_")
    }


def _broken(name: str, before: Promise, after: Promise | None) -> Iterator[str]:
    if after is None:
        yield f"the function {name} is removed"
        return
    for parameter in sorted(before.parameters - after.parameters):
        yield f"{name} has no parameter {parameter} any more"
    for parameter in sorted(after.required - before.required):
        yield f"{name} needs the parameter {parameter} now"
    if not after.open:
        for key in sorted(before.keys - after.keys):
            yield f"{name} does not return {key} any more"


def _promise(node: Function) -> Promise:
    args = node.args
    placed = [*args.posonlyargs, *args.args]
    first = 1 if placed and placed[0].arg == CONTEXT else 0
    without_default = placed[first : len(placed) - len(args.defaults)]
    named = [
        arg for arg, default in zip(args.kwonlyargs, args.kw_defaults, strict=True) if not default
    ]
    more = [f"*{args.vararg.arg}"] if args.vararg else []
    more += [f"**{args.kwarg.arg}"] if args.kwarg else []
    keys, is_open = _returned(node)
    return Promise(
        parameters=frozenset([*(a.arg for a in [*placed[first:], *args.kwonlyargs]), *more]),
        required=frozenset(arg.arg for arg in [*without_default, *named]),
        keys=keys,
        open=is_open,
    )


def _returned(function: Function) -> tuple[frozenset[str], bool]:
    """Return the keys of the dicts a function returns, and whether it returns more than those."""
    known = _variables(function)
    values = [node.value for node in _own_nodes(function) if isinstance(node, ast.Return)]
    found = [_keys(value, known) for value in values if value is not None]
    keys = frozenset(key for keys, _ in found for key in keys)
    return keys, any(is_open for _, is_open in found)


def _variables(function: Function) -> dict[str, Keys]:
    """Return the keys of each variable that holds one dict and gets only keys that are seen."""
    found: dict[str, list[Keys]] = {}
    for node in _own_nodes(function):
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ):
                found.setdefault(name, []).append(_keys(value, {}))
            case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=name), slice=key)]):
                constant = isinstance(key, ast.Constant) and isinstance(key.value, str)
                keys = (
                    {str(key.value)} if isinstance(key, ast.Constant) and constant else set[str]()
                )
                found.setdefault(name, []).append((keys, not constant))
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name))):
                # A method of a dict may set any key.
                found.setdefault(name, []).append((set(), True))
            case _:
                pass
    return {
        name: ({key for keys, _ in parts for key in keys}, any(is_open for _, is_open in parts))
        for name, parts in found.items()
    }


def _keys(value: ast.expr, known: Mapping[str, Keys]) -> Keys:
    if isinstance(value, ast.Name):
        return known.get(value.id, (set(), True))
    if not isinstance(value, ast.Dict):
        return set(), True
    keys = [key.value for key in value.keys if isinstance(key, ast.Constant)]
    return {key for key in keys if isinstance(key, str)}, len(keys) < len(value.keys)


def _own_nodes(function: Function) -> Iterator[ast.AST]:
    """Yield the nodes of a function without those of functions inside it."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            waiting += ast.iter_child_nodes(node)
