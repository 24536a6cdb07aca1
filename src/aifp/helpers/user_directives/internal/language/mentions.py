"""Which values of the run the texts of a step look at."""

from collections.abc import Iterator

from jinja2 import Environment, TemplateSyntaxError, nodes
from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.expressions.names import names_of
from aifp.helpers.user_directives.internal.language.expressions.parser import parse_expression
from aifp.helpers.user_directives.internal.language.templates import is_template
from aifp.schemas.common import Record
from aifp.schemas.errors import InvalidArgument

CONDITION_FIELDS = frozenset({"if", "while", "until"})
Path = tuple[str | int, ...]
Lookup = nodes.Name | nodes.Getattr | nodes.Getitem

# Only reads the syntax; rendering and its rules lie in language/templates.py.
_syntax = Environment(autoescape=True)


def texts_in(value: JsonValue) -> Iterator[str]:
    """Yield every text inside a JSON value, in order."""
    match value:
        case str():
            yield value
        case dict():
            for part in value.values():
                yield from texts_in(part)
        case list():
            for part in value:
                yield from texts_in(part)
        case _:
            pass


def has_template(value: JsonValue) -> bool:
    """Say whether any text inside a value has to be rendered."""
    return any(is_template(text) for text in texts_in(value))


def paths_in(value: JsonValue) -> set[Path]:
    """Return every run value that the templates inside a value name, such as (vars, rates)."""
    texts = (text for text in texts_in(value) if is_template(text))
    return {path for text in texts for path in _template_paths(text)}


def condition_paths(expression: str) -> set[Path]:
    """Return every run value that a condition names."""
    paths = names_of(parse_expression(expression)).run_paths
    return {path for text in paths for path in _template_paths(f"{{{{ {text} }}}}")}


def step_paths(step: Record) -> set[Path]:
    """Return every run value that a step and the steps inside it name."""
    return _wire_paths(step.wire())


def _wire_paths(value: JsonValue) -> set[Path]:
    if isinstance(value, list):
        return {path for part in value for path in _wire_paths(part)}
    if not isinstance(value, dict):
        return paths_in(value)
    conditions = {k: v for k, v in value.items() if k in CONDITION_FIELDS and isinstance(v, str)}
    found = {path for text in conditions.values() for path in condition_paths(str(text))}
    rest = (part for key, part in value.items() if key not in conditions)
    return found | {path for part in rest for path in _wire_paths(part)}


def _template_paths(text: str) -> set[Path]:
    try:
        tree = _syntax.parse(text)
    except TemplateSyntaxError as fault:
        raise InvalidArgument(f"The template {text!r} cannot be read: {fault.message}.") from None
    found = list(tree.find_all((nodes.Name, nodes.Getattr, nodes.Getitem)))
    inner = {id(node.node) for node in found if not isinstance(node, nodes.Name)}
    return {path for node in found if id(node) not in inner and (path := _path(node))}


def _path(node: nodes.Node) -> Path:
    """Return a name with its keys; nothing for a key of a computed value."""
    if isinstance(node, nodes.Name):
        return (node.name,)
    if not isinstance(node, nodes.Getattr | nodes.Getitem):
        return ()
    before = _path(node.node)
    key = node.attr if isinstance(node, nodes.Getattr) else _constant(node.arg)
    return (*before, key) if before and key is not None else before


def _constant(node: nodes.Node) -> str | int | None:
    value: object = node.value if isinstance(node, nodes.Const) else None
    return value if isinstance(value, str | int) else None
