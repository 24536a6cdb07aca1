"""Texts with `{{ }}`, checked and rendered; the guest carries this file: only stdlib and Jinja2."""

import functools
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from math import isfinite
from typing import Any
from urllib.parse import quote

from jinja2 import StrictUndefined, TemplateError, Undefined, UndefinedError, nodes
from jinja2.environment import TemplateExpression
from jinja2.filters import FILTERS
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
Part = tuple[TemplateExpression, frozenset[str]]  # an expression and the names it starts from

MAX_SOURCE_BYTES, MAX_RESULT_BYTES, MAX_NUMBER = 4_096, 65_536, 1e300
# Chains such as `x|lower|lower...` nest without parentheses; deep trees exhaust the stack.
MAX_PARENTHESES, MAX_TREE_DEPTH = 30, 80
LIMIT = "template_limit"
ROOTS = {"input", "vars", "trigger", "run", "steps", "read", "item", "memory", "state"}
FIELDS = {
    "run": {"id", "key", "directive", "due", "started", "date", "time", "timestamp", "attempt",
            "error"},
    "trigger": {"id", "kind", "entity", "from", "to", "value", "payload", "data", "path"},
}  # fmt: skip
_ARITHMETIC = (nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.Neg, nodes.Pos)
_HARMLESS = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.List, nodes.Dict, nodes.Pair,
    nodes.Concat, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Keyword,
    nodes.Const, nodes.Name, nodes.Filter,
)  # fmt: skip
_DATE_LAYOUT = re.compile(r"(?:[^%]|%[aAbBcdHIjmMpSuVwxXyYGzZ%])*")
_RENDER_FAULTS = (
    TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError,
    AssertionError, RecursionError, MemoryError,
)  # fmt: skip


class TemplateFault(Exception):
    """A template that is refused (E701-E705), or that broke a rule or limit when rendered."""

    def __init__(self, code: str, what: str) -> None:
        super().__init__(f"{code} {what}")
        self.code, self.what = code, what


def is_template(text: str) -> bool:
    """Say whether a text holds anything that looks like a template."""
    return "{{" in text or "{%" in text or "{#" in text


def check_template(text: str) -> None:
    """Refuse a text unless every part of it is on the allow list; a plain text passes."""
    if is_template(text):
        _compiled(text)


def template_names(text: str) -> frozenset[str]:
    """Return the names a template starts from, such as `vars` and `steps`."""
    return frozenset(
        name for part in _compiled(text) if isinstance(part, tuple) for name in part[1]
    )


def render(value: Json, names: Mapping[str, Json]) -> Json:
    """Render every text inside a JSON value; a text that is one `{{ }}` keeps its JSON type."""
    match value:
        case str() if is_template(value):
            parts = [p if isinstance(p, str) else _value(p, names) for p in _compiled(value)]
            return _capped(parts[0] if len(parts) == 1 else "".join(map(as_text, parts)))
        case list():
            return [render(item, names) for item in value]
        case dict():
            return {key: render(item, names) for key, item in value.items()}
        case _:
            return value


def render_url(url: str, names: Mapping[str, Json]) -> str:
    """Render an address; each value is percent-encoded as one path segment or query part."""
    parts = [
        p if isinstance(p, str) else quote(as_text(_value(p, names)), safe="")
        for p in (_compiled(url) if is_template(url) else [url])
    ]
    rendered: str = _capped("".join(parts))
    if rendered != url and {".", ".."} & set(rendered.partition("?")[0].split("/")):
        raise TemplateFault("E703", "a path segment of dots")
    return rendered


def as_text(value: Json) -> str:
    """Return a JSON value as text: true, null and maps as JSON writes them, texts as they are."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _value(part: Part, names: Mapping[str, Json]) -> Json:
    expression, wanted = part
    try:
        return _plain(expression({name: _plain(names[name]) for name in wanted if name in names}))
    except _RENDER_FAULTS as fault:
        code = "E705" if isinstance(fault, UndefinedError) else "E703"
        raise TemplateFault(code, str(fault)[:200]) from None


def _plain(value: Any) -> Any:
    """Copy plain data; any other object is refused, so that none is ever within reach."""
    kind: object = type(value)  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, Undefined):
        str(value)  # raises with the name
    if kind is dict and all(type(key) is str for key in value):
        return {key: _plain(item) for key, item in value.items()}
    if kind is list:
        return [_plain(item) for item in value]
    if kind not in {str, int, float, bool, type(None)} or (kind is float and not isfinite(value)):
        raise TemplateFault("E703", f"{type(value).__name__} is not plain data")
    return value


@functools.lru_cache(maxsize=256)
def _compiled(text: str) -> tuple[str | Part, ...]:
    return tuple(
        part.data if isinstance(part, nodes.TemplateData) else _expression(part)
        for output in _checked(text).find_all(nodes.Output)
        for part in output.nodes
    )


def _expression(part: nodes.Expr) -> Part:
    body = nodes.Assign(nodes.Name("result", "store"), part, lineno=1)
    wanted = frozenset(name.name for name in body.find_all(nodes.Name)) & ROOTS
    source = nodes.Template([_JoinTexts().visit(body)], lineno=1).set_environment(_ENVIRONMENT)
    template = _ENVIRONMENT.from_string(source)  # pyright: ignore[reportArgumentType]
    return TemplateExpression(template, undefined_to_none=False), wanted


def _checked(text: str) -> nodes.Template:
    if len(text.encode("utf-8", "surrogatepass")) > MAX_SOURCE_BYTES:
        raise TemplateFault("E701", "a source over 4 KiB")
    try:
        _check_tokens(text)
        tree = _ENVIRONMENT.parse(text)
    except (TemplateError, RecursionError, ValueError) as fault:
        raise TemplateFault("E701", str(fault)[:200]) from None
    level: list[nodes.Node] = [tree]
    for _ in range(MAX_TREE_DEPTH):
        for node in level:
            _check_node(node)
        level = [child for node in level for child in node.iter_child_nodes()]
    if level:
        raise TemplateFault("E701", "a template this deep")
    return tree


def _check_tokens(text: str) -> None:
    depth = 0
    for _, kind, value in _ENVIRONMENT.lex(text):
        if kind.startswith(("block", "comment", "raw")):
            raise TemplateFault("E702", value)
        depth += (kind == "operator") * ((value in "([{") - (value in ")]}"))
        if depth > MAX_PARENTHESES:
            raise TemplateFault("E701", "more than 30 parentheses")


def _check_node(node: nodes.Node) -> None:
    match node:
        case nodes.Name() if node.name not in ROOTS:
            raise TemplateFault("E705", node.name)
        case nodes.Getattr():
            _check_key(node.node, node.attr)
        case nodes.Getitem(arg=nodes.Const(value=str() | int() as key)):
            _check_key(node.node, key)
        case nodes.Filter() if node.name not in ALLOWED_FILTERS or node.dyn_args or node.dyn_kwargs:
            raise TemplateFault("E704", node.name)
        case _ if not _is_allowed(node):
            raise TemplateFault("E703", type(node).__name__.lower())
        case _:
            pass


def _check_key(owner: nodes.Node, key: str | int) -> None:
    unknown = isinstance(owner, nodes.Name) and key not in FIELDS.get(owner.name, {key})
    if unknown or str(key).startswith("_"):
        raise TemplateFault("E705", str(key))


def _is_allowed(node: nodes.Node) -> bool:
    match node:
        case nodes.Const(value=int() | float() as number):
            return abs(number) <= MAX_NUMBER
        case nodes.Test():
            return node.name in {"defined", "none"}
        case nodes.CondExpr():
            return node.expr2 is not None
        case _ if isinstance(node, _ARITHMETIC):
            values = [getattr(n, "value", n) for n in node.iter_child_nodes()]
            return not any(isinstance(value, str | nodes.List | nodes.Concat) for value in values)
        case _:
            return isinstance(node, _HARMLESS)


def _capped(value: Any, size: int | None = None) -> Any:
    if size is None and not isinstance(value, Undefined):
        size = len(as_text(value).encode("utf-8", "surrogatepass"))
    if size is not None and size > MAX_RESULT_BYTES:
        raise TemplateFault(LIMIT, "a result over 64 KiB")
    return value


def _number(value: Any) -> int | float:
    if type(_plain(value)) not in {int, float} or abs(value) > MAX_NUMBER:
        raise TypeError("only numbers can be calculated with")
    return value


def _total(value: Sequence[Any]) -> int | float:
    return sum(map(_number, value))


def _replaced(value: Any, old: str, new: str, count: int = -1) -> str:
    text = as_text(value)
    _capped(text, len(text) + text.count(old) * (len(new) - len(old)))
    return text.replace(old, new, count)


def _joined(value: Sequence[Any], separator: str = "") -> str:
    parts = [as_text(_plain(part)) for part in value]
    _capped(parts, sum(map(len, parts)) + len(separator) * len(parts))
    return separator.join(parts)


def _rounded(value: Any, digits: int = 0) -> int | float:
    return round(_number(value), max(0, min(digits, 15)) or None)


def _date(value: str, layout: str = "%Y-%m-%d") -> str:
    if not _DATE_LAYOUT.fullmatch(layout):
        raise ValueError("date takes single letters such as %d.%m.%Y")
    return datetime.fromisoformat(value).strftime(layout)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _limited(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def limited(*args: Any, **kwargs: Any) -> Any:
        result = function(*args, **kwargs)
        return _capped(list(result) if hasattr(result, "__next__") else result)

    return limited


_OWN: dict[str, Callable[..., Any]] = {
    "replace": _replaced, "join": _joined, "round": _rounded, "sum": _total, "string": as_text,
    "tojson": _json, "date": _date,
}  # fmt: skip
_STOCK = [
    "default", "lower", "upper", "title", "capitalize", "trim", "truncate", "int", "float", "abs",
    "length", "first", "last", "sort", "unique", "min", "max", "urlencode",
]  # fmt: skip
ALLOWED_FILTERS = frozenset((*_OWN, *_STOCK))


class _JoinTexts(NodeTransformer):
    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
        self.generic_visit(node)  # a filter writes values as JSON does and stops at the limit
        return nodes.Filter(nodes.List(node.nodes), "~", [], [], None, None, lineno=1)


class _Environment(ImmutableSandboxedEnvironment):
    """Jinja2 with nothing in it: plain key lookup, numbers-only arithmetic, the filters above."""

    intercepted_binops = frozenset("+-*/")

    def __init__(self) -> None:
        super().__init__(undefined=StrictUndefined, keep_trailing_newline=True, optimized=False)
        self.globals.clear()
        filters = {name: FILTERS[name] for name in _STOCK} | _OWN | {"~": _joined}
        self.filters = {name: _limited(function) for name, function in filters.items()}
        self.tests = {name: self.tests[name] for name in ("defined", "none")}

    def getitem(self, obj: Any, argument: Any) -> Any:
        kind: object = type(obj)  # pyright: ignore[reportUnknownVariableType]
        keys = obj if kind is dict else range(len(obj) if kind is list else 0)
        return obj[argument] if argument in keys else self.undefined(name=str(argument))

    getattr = getitem  # pyright: ignore[reportAssignmentType, reportIncompatibleMethodOverride]

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        return _number(self.binop_table[operator](_number(left), _number(right)))


_ENVIRONMENT = _Environment()
