"""The host calls of a source, with what can be read from their literal arguments."""

import ast
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from aifp.helpers.user_directives.internal.code_rules.calls import contexts_of

HOST_FUNCTIONS = frozenset({"http", "notify", "command", "file", "state", "tool"})
FIRST = {"http": "method", "file": "op", "tool": "name"}
ANY = "*"
COMPUTED = "{{ computed }}"
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class HostUse:
    """One host call in a source: what it reaches as far as its text says, None when computed."""

    function: str
    method: str | None
    target: str | None
    secrets: tuple[str, ...]
    line: int
    arguments: tuple[str, ...] = ()
    folder: str = ""
    variables: tuple[str, ...] = ()


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
    if name == "command":
        return _command(call, named, constants)
    first = _argument(call, named, 0, FIRST.get(name, "channel"))
    second = _argument(call, named, 1, {"http": "url", "file": "path"}.get(name, "message"))
    if name in {"http", "file"}:
        method, target = _text(first, constants), _text(second, constants)
    else:
        method, target = None, _text(first, constants)
    secrets = tuple(sorted(_secrets(call)))
    return HostUse(name, method, target, secrets, call.lineno)


def _command(
    call: ast.Call, named: Mapping[str, ast.expr], constants: Mapping[str, str]
) -> HostUse:
    """Return a program's run; what is computed stands as a template, as in a directive."""
    argv = _unrendered(_argument(call, named, 0, "argv"))
    words = argv.elts if isinstance(argv, ast.List | ast.Tuple) else []
    computed = any(isinstance(word, ast.Starred) for word in words) or not words
    program = None if computed else _text(words[0], constants)
    env, cwd = _unrendered(named.get("env")), named.get("cwd")
    names = env.keys if isinstance(env, ast.Dict) else []
    return HostUse(
        "command",
        None,
        program if program and ANY not in program else None,
        (),
        call.lineno,
        tuple(_word(word, constants) for word in words[1:]),
        _word(cwd, constants) if cwd else "",
        tuple(sorted(str(n.value) for n in names if isinstance(n, ast.Constant))),
    )


def _unrendered(node: ast.expr | None) -> ast.expr | None:
    """Return what a call of ctx.render is given."""
    match node:
        case ast.Call(func=ast.Attribute(attr="render", value=ast.Name()), args=[inner, *_]):
            return inner
        case _:
            return node


def _word(node: ast.expr, constants: Mapping[str, str]) -> str:
    """Return one argument of a program, with a template in the place of what is computed."""
    match _unrendered(node):
        case ast.Constant(value=str(text)):
            return text
        case ast.Constant(value=int() | float() as number):
            return json.dumps(number)
        case ast.Name(id=name) if name in constants:
            return constants[name]
        case ast.JoinedStr(values=values):
            return "".join(_word(part, constants) for part in values)
        case _:
            return COMPUTED


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
