"""How implementation code is built: typed functions, frozen classes, definitions only."""

import ast
from collections.abc import Collection, Iterator

from aifp.helpers.user_directives.internal.code_rules.violations import Violation

Function = ast.FunctionDef | ast.AsyncFunctionDef
UNTYPED = frozenset({"self", "cls"})
DATA_WORDS = "NamedTuple TypedDict Enum IntEnum StrEnum Flag IntFlag Protocol ABC Exception"
DATA_BASES = frozenset(DATA_WORDS.split())
DEFINITIONS = ast.Import | ast.ImportFrom | Function | ast.ClassDef | ast.Assign | ast.AnnAssign
MUTABLE = ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp


def entry_violations(tree: ast.Module, entries: Collection[str]) -> Iterator[Violation]:
    """Yield each entry point that is missing or cannot be called with ctx alone."""
    functions = {n.name: n for n in tree.body if isinstance(n, Function)}
    for name in entries:
        found = functions.get(name)
        if found is None:
            yield Violation(1, "entry", f"the entry point `def {name}(ctx: Ctx)` is missing")
        elif isinstance(found, ast.AsyncFunctionDef):
            yield Violation(found.lineno, "entry", f"{name} must be a plain function, not async")
        elif not _takes_ctx_alone(found):
            yield Violation(found.lineno, "entry", f"{name} takes exactly one argument, ctx")


def _takes_ctx_alone(function: Function) -> bool:
    names = [a.arg for a in (*function.args.posonlyargs, *function.args.args)]
    required = [d for d in function.args.kw_defaults if d is None]
    return names == ["ctx"] and not required


def hint_violations(tree: ast.Module) -> Iterator[Violation]:
    """Yield each function whose arguments or result have no type."""
    for function in _functions(tree):
        a = function.args
        extra = [x for x in (a.vararg, a.kwarg) if x]
        for argument in (*a.posonlyargs, *a.args, *a.kwonlyargs, *extra):
            if argument.annotation is None and argument.arg not in UNTYPED:
                text = f"argument {argument.arg} of {function.name} needs a type"
                yield Violation(argument.lineno, "type hints", text)
        if function.returns is None:
            yield Violation(
                function.lineno, "type hints", f"{function.name} needs a return type after `->`"
            )


def frozen_violations(tree: ast.Module) -> Iterator[Violation]:
    """Yield each class whose objects can change, and each changeable default."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and not _is_frozen(node):
            text = f"class {node.name} holds data that can change: use @dataclass(frozen=True)"
            yield Violation(node.lineno, "frozen data", text)
    for function in _functions(tree):
        for default in (*function.args.defaults, *function.args.kw_defaults):
            if isinstance(default, MUTABLE):
                text = f"a default of {function.name} is kept between calls: use None or a tuple"
                yield Violation(default.lineno, "frozen data", text)


def definition_violations(tree: ast.Module) -> Iterator[Violation]:
    """Yield each statement of the module that does something when it is imported."""
    for node in tree.body:
        text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if not (text or isinstance(node, DEFINITIONS)):
            what = "a module holds imports, constants, classes and functions only"
            yield Violation(node.lineno, "definitions", what)


def _is_frozen(node: ast.ClassDef) -> bool:
    bases = {_last_name(base) for base in node.bases}
    if bases & DATA_BASES or any(name.endswith(("Error", "Exception")) for name in bases):
        return True
    return any(_freezes(decorator) for decorator in node.decorator_list)


def _freezes(decorator: ast.expr) -> bool:
    if not isinstance(decorator, ast.Call) or _last_name(decorator.func) != "dataclass":
        return False
    values = {keyword.arg: keyword.value for keyword in decorator.keywords}
    frozen = values.get("frozen")
    return isinstance(frozen, ast.Constant) and frozen.value is True


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Subscript):
        return _last_name(node.value)
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _functions(tree: ast.Module) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))
