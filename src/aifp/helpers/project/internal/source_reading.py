"""What a Python file says about its functions, read from its syntax tree; nothing is run."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from aifp.helpers.shared.hashing import sha256_of_bytes
from aifp.schemas.common import JsonMap

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
# A call as the source writes it: the module it is imported from, None for the own one.
Call = tuple[str | None, str]
# Functions with these names, and those that are handed the context, reach the outside.
ACTING = ("execute_", "effect_")
CONTEXT = "ctx"


@dataclass(frozen=True, slots=True)
class FunctionSource:
    """One function as its source says."""

    name: str
    signature: str
    purpose: str
    parameters: list[JsonMap]
    returns: str | None
    line: int
    source_hash: str
    acts: bool
    calls: frozenset[Call] = field(default_factory=lambda: frozenset[Call]())


def read_functions(source: str) -> list[FunctionSource]:
    """Return the functions and methods of a module; raises SyntaxError."""
    tree = ast.parse(source)
    imported = dict(_imports(tree))
    found = {name: (owner, node) for name, owner, node in _functions(tree)}
    return [
        _function(name, node, source, _calls(node, owner, imported))
        for name, (owner, node) in found.items()
    ]


def pure_functions(modules: Mapping[str, list[FunctionSource]]) -> set[tuple[str, str]]:
    """Return the functions, by module and name, that neither act nor call one that does."""
    known = {(module, one.name): one for module, found in modules.items() for one in found}
    pure = {key for key, one in known.items() if not one.acts}
    while spoilt := {key for key in pure if _targets(key[0], known[key], known) - pure}:
        pure -= spoilt
    return pure


def _targets(
    module: str, one: FunctionSource, known: Mapping[tuple[str, str], FunctionSource]
) -> set[tuple[str, str]]:
    return {target for target in called_by(module, one) if target in known}


def called_by(module: str, one: FunctionSource) -> list[tuple[str, str]]:
    """Return what a function of a module calls, by module and name, in order."""
    return sorted((origin or module, name) for origin, name in one.calls)


def _functions(tree: ast.Module) -> Iterator[tuple[str, str | None, FunctionNode]]:
    for node in tree.body:
        if isinstance(node, FunctionNode):
            yield node.name, None, node
        if isinstance(node, ast.ClassDef):
            methods = (part for part in node.body if isinstance(part, FunctionNode))
            yield from ((f"{node.name}.{one.name}", node.name, one) for one in methods)


def _imports(tree: ast.Module) -> Iterator[tuple[str, tuple[str, str | None]]]:
    """Yield each imported name with the last part of its module and its name there."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            module = node.module.rsplit(".", 1)[-1]
            yield from ((alias.asname or alias.name, (module, alias.name)) for alias in node.names)
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.asname or alias.name, (alias.name.rsplit(".", 1)[-1], None)


def _calls(
    node: FunctionNode, owner: str | None, imported: Mapping[str, tuple[str, str | None]]
) -> frozenset[Call]:
    calls = (part.func for part in ast.walk(node) if isinstance(part, ast.Call))
    return frozenset(call for func in calls if (call := _call(func, owner, imported)) is not None)


def _call(
    func: ast.expr, owner: str | None, imported: Mapping[str, tuple[str, str | None]]
) -> Call | None:
    match func:
        case ast.Name(id=name):
            module, original = imported.get(name, (None, name))
            return (module, original) if original else None
        case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=method) if owner:
            return None, f"{owner}.{method}"
        case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name in imported:
            return imported[name][0], attribute
        case _:
            return None


def _function(name: str, node: FunctionNode, source: str, calls: frozenset[Call]) -> FunctionSource:
    given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    text = ast.get_source_segment(source, node) or ""
    acts = node.name.startswith(ACTING) or any(argument.arg == CONTEXT for argument in given)
    return FunctionSource(
        name=name,
        signature=_signature(node),
        purpose=(ast.get_docstring(node) or "").split("\n", 1)[0],
        parameters=_parameters(node.args),
        returns=ast.unparse(node.returns) if node.returns else None,
        line=node.lineno,
        source_hash=sha256_of_bytes(text.encode("utf-8", "surrogatepass")),
        acts=acts,
        calls=calls,
    )


def _signature(node: FunctionNode) -> str:
    word = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return f"{word} {node.name}({ast.unparse(node.args)}){returns}"


def _parameters(args: ast.arguments) -> list[JsonMap]:
    plain = [*args.posonlyargs, *args.args]
    missing: list[ast.expr | None] = [None] * (len(plain) - len(args.defaults))
    found = [
        _parameter(argument, default, "positional")
        for argument, default in zip(plain, [*missing, *args.defaults], strict=True)
    ]
    if args.vararg:
        found.append(_parameter(args.vararg, None, "rest"))
    found += [
        _parameter(argument, default, "keyword")
        for argument, default in zip(args.kwonlyargs, args.kw_defaults, strict=True)
    ]
    if args.kwarg:
        found.append(_parameter(args.kwarg, None, "keywords"))
    return found


def _parameter(argument: ast.arg, default: ast.expr | None, kind: str) -> JsonMap:
    shown: JsonMap = {"name": argument.arg, "kind": kind}
    if argument.annotation:
        shown["type"] = ast.unparse(argument.annotation)
    if default is not None:
        shown["default"] = ast.unparse(default)
    return shown
