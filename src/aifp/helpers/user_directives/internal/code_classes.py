"""How dangerous code is by its text: its imports, and its host calls as far as they are literal."""

import ast
from collections import Counter
from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from aifp.helpers.user_directives.internal.call_classes import class_of_call, worst
from aifp.helpers.user_directives.internal.code_rules.imports import imported_modules
from aifp.schemas.common import JsonMap
from aifp.schemas.words import EffectClass

HOST = frozenset({"http", "notify", "command", "file", "state", "tool", "ask_worker"})
PARAMETERS: dict[str, tuple[str, ...]] = {
    "http": ("method", "url"),
    "notify": ("channel", "message"),
    "file": ("op", "path"),
    "state": ("op", "key"),
    "tool": ("name",),
    "command": ("argv",),
}
# Doors through which a host call can be reached without being written as one.
DOOR_WORDS = "getattr vars eval exec globals locals attrgetter methodcaller"
DOORS = frozenset(DOOR_WORDS.split())
HIDDEN = frozenset({"__getattribute__", "__getattr__", "__dict__"})
DELETIONS = frozenset({"unlink", "rmtree", "rmdir"})
DATABASE_WORDS = """sqlite3 psycopg psycopg2 asyncpg pymysql MySQLdb sqlalchemy pymongo redis dbm
    shelve smtplib sendgrid twilio stripe braintree paypalrestsdk"""
OUTSIDE_WORDS = """subprocess socket ssl ftplib telnetlib requests httpx httpx2 aiohttp urllib3
    paramiko boto3 os shutil pathlib ctypes multiprocessing http imaplib poplib urllib.request"""
IMPORTS: dict[str, EffectClass] = {
    **dict.fromkeys(DATABASE_WORDS.split(), "destructive"),
    **dict.fromkeys(OUTSIDE_WORDS.split(), "side_effects"),
}
GUEST = "aifp_guest"
# Stands for the beginning of a text that is computed; no word of any call.
COMPUTED = "*"


def class_of_source(source: str, called: Mapping[str, EffectClass]) -> EffectClass:
    """Return the class of a source; what cannot be read is unknown."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "unknown"
    return worst([*_of_imports(tree), *_Walk(tree, called).classes()])


def _of_imports(tree: ast.Module) -> Iterator[EffectClass]:
    for _, module in imported_modules(tree):
        for name in (module, module.split(".")[0]):
            if name in IMPORTS:
                yield IMPORTS[name]


class _Walk:
    """One walk through a tree; it knows the module's texts and what is no context of a run."""

    def __init__(self, tree: ast.Module, called: Mapping[str, EffectClass]) -> None:
        self._tree, self._called = tree, called
        self._texts = dict(_constants(tree))
        self._others = set(_imported_names(tree)) | _own_instances(tree)

    def classes(self) -> Iterator[EffectClass]:
        """Yield the class of each call, and unknown for each way around one."""
        calls = {node.func for node in ast.walk(self._tree) if isinstance(node, ast.Call)}
        for node in ast.walk(self._tree):
            match node:
                case ast.Call(func=ast.Attribute(attr=name)) if self._is_host(node.func):
                    yield class_of_call(name, self._arguments(name, node), self._called)
                case ast.Call(func=ast.Attribute(attr=name)) if name in DELETIONS:
                    yield "destructive"
                case ast.Attribute(ctx=ast.Load()) if node not in calls and self._is_host(node):
                    yield "unknown"
                case ast.Attribute(attr=name) | ast.Name(id=name) if name in DOORS | HIDDEN:
                    yield "unknown"
                case ast.MatchClass(kwd_attrs=names) if HOST & {*names}:
                    yield "unknown"
                case _:
                    pass

    def _is_host(self, node: ast.expr) -> bool:
        """Say whether an attribute may be a host function: whatever the context is called."""
        match node:
            case ast.Attribute(value=ast.Name(id=owner), attr=name):
                return name in HOST and owner not in self._others
            case ast.Attribute(attr=name):
                return name in HOST
            case _:
                return False

    def _arguments(self, name: str, call: ast.Call) -> JsonMap:
        given = dict(zip(PARAMETERS.get(name, ()), call.args, strict=False))
        given |= {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
        return {word: self._value(node) for word, node in given.items()}

    def _value(self, node: ast.expr) -> JsonValue:
        match node:
            case ast.List(elts=parts) | ast.Tuple(elts=parts):
                return [self._value(part) for part in parts]
            case ast.Constant(value=str(text)):
                return text
            case ast.Name(id=name):
                return self._texts.get(name)
            case ast.JoinedStr(values=parts):
                return "".join(self._text(part) for part in parts)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self._text(left) + self._text(right)
            case _:
                return None

    def _text(self, node: ast.expr) -> str:
        value = self._value(node)
        return value if isinstance(value, str) else COMPUTED


def _constants(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield the texts that a module names once and for all."""
    bound = Counter(_bound_names(tree))
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str(text))):
                if bound[name] == 1:
                    yield name, text
            case _:
                pass


def _bound_names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                yield name
            case _:
                pass


def _imported_names(tree: ast.Module) -> Iterator[str]:
    """Yield the names of imported things; of those from the sandbox any may be a context."""
    for node, module in imported_modules(tree):
        if module.split(".")[0] != GUEST:
            yield from (alias.asname or alias.name.split(".")[0] for alias in node.names)


def _own_instances(tree: ast.Module) -> set[str]:
    """Return the names of an object in its own class; one with a base may be a context."""
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    return set() if any(node.bases for node in classes) else {"self", "cls"}
