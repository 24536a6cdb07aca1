"""The host calls of a source, with what can be read from their literal arguments."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from aifp.helpers.user_directives.internal.code_rules.calls import contexts_of

HOST_FUNCTIONS = frozenset({"http", "notify", "file", "state"})
ANY = "*"
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class HostUse:
    """One host call in a source: what it reaches as far as its text says, None when computed."""

    function: str
    method: str | None
    target: str | None
    secrets: tuple[str, ...]
    line: int


def host_uses(source: str) -> Iterator[HostUse]:
    """Yield every host call of a source."""
    tree = ast.parse(source)
    constants = _constants(tree)
    for function in (node for node in ast.walk(tree) if isinstance(node, Function)):
        contexts = contexts_of(function)
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and (name := _host_function(node.func, contexts)):
                yield _use(name, node, constants)


def _host_function(node: ast.expr, contexts: frozenset[str]) -> str | None:
    match node:
        case ast.Attribute(value=ast.Name(id=name), attr=attr):
            return attr if name in contexts and attr in HOST_FUNCTIONS else None
        case ast.Attribute(value=ast.Attribute(value=ast.Name(id=name), attr="aio"), attr=attr):
            return attr if name in contexts and attr in HOST_FUNCTIONS else None
        case _:
            return None


def _use(name: str, call: ast.Call, constants: Mapping[str, str]) -> HostUse:
    named = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    first = _argument(call, named, 0, {"http": "method", "file": "op"}.get(name, "channel"))
    second = _argument(call, named, 1, {"http": "url", "file": "path"}.get(name, "message"))
    if name in {"http", "file"}:
        method, target = _text(first, constants), _text(second, constants)
    else:
        method, target = None, _text(first, constants)
    secrets = tuple(sorted(_secrets(call)))
    return HostUse(name, method, target, secrets, call.lineno)


def _argument(
    call: ast.Call, named: Mapping[str, ast.expr], place: int, name: str
) -> ast.expr | None:
    return call.args[place] if len(call.args) > place else named.get(name)


def _text(node: ast.expr | None, constants: Mapping[str, str]) -> str | None:
    """Return a text with `*` for its computed parts; None when its beginning is computed."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Name(id=name):
            return constants.get(name)
        case ast.FormattedValue(value=inner):
            return _text(inner, constants)
        case ast.JoinedStr() | ast.BinOp(op=ast.Add()):
            return _joined([_text(part, constants) or ANY for part in _pieces(node)])
        case ast.Call(func=ast.Attribute(attr="render", value=ast.Name()), args=[inner, *_]):
            return _rendered(_text(inner, constants))
        case _:
            return None


def _pieces(node: ast.JoinedStr | ast.BinOp) -> list[ast.expr]:
    return node.values if isinstance(node, ast.JoinedStr) else [node.left, node.right]


def _rendered(text: str | None) -> str | None:
    if text is None:
        return None
    pieces = [piece.split("}}")[-1] for piece in text.split("{{")]
    return _joined([p for piece in pieces for p in (piece, ANY)][:-1])


def _joined(parts: list[str]) -> str | None:
    text = "".join(parts)
    return None if text.startswith(ANY) else text


def _secrets(call: ast.Call) -> Iterator[str]:
    """Yield the secrets a call names: `secret NAME` texts and maps with a `secret` key."""
    for node in (part for keyword in call.keywords for part in ast.walk(keyword.value)):
        match node:
            case ast.Constant(value=str(text)) if text.startswith("secret "):
                yield text.removeprefix("secret ").strip()
            case ast.Dict(keys=keys, values=values):
                for key, value in zip(keys, values, strict=True):
                    yield from _named(key, value)
            case _:
                pass


def _named(key: ast.expr | None, value: ast.expr) -> Iterator[str]:
    match key, value:
        case ast.Constant(value="secret"), ast.Constant(value=str(name)):
            yield name
        case _:
            pass


def _constants(tree: ast.Module) -> dict[str, str]:
    """Return the module's text constants by name."""
    found: dict[str, str] = {}
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str(text))):
                found[name] = text
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.Constant(value=str(text))):
                found[name] = text
            case _:
                pass
    return found
