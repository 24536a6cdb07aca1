"""Addresses: literal text with values in it, each encoded as one part."""

import re

from aifp.helpers.user_directives.internal.generation.growth import Scope, rendered
from aifp.helpers.user_directives.internal.generation.layout import (
    Call,
    Expression,
    Literal,
    Raw,
    text_literal,
)
from aifp.helpers.user_directives.internal.generation.names import free_name, short_name
from aifp.helpers.user_directives.internal.language.forms.step_templates import has_dot_segment
from aifp.schemas.errors import InvalidArgument

TEMPLATE = re.compile(r"\{\{.*?\}\}")
Assignments = tuple[tuple[str, Expression], ...]


def address(url: str, scope: Scope) -> tuple[Assignments, Expression]:
    """Return the values of an address as assignments, and the address that holds them."""
    templates = TEMPLATE.findall(url)
    if not templates:
        return (), Literal(url)
    if has_dot_segment(url):
        raise InvalidArgument(f"{url} has a part of dots alone; write the path without it.")
    scope.growth.helpers.add("url_part")
    names: list[str] = []
    for template in templates:
        words = re.findall(r"[a-z_]\w*", template)
        wish = short_name(words[1] if len(words) > 1 else words[0]) + "_part"
        names.append(free_name(wish, names))
    made = tuple(
        (f"{name} = ", Call("url_part", (rendered(template, scope),)))
        for name, template in zip(names, templates, strict=True)
    )
    pieces = [piece.replace("{", "{{").replace("}", "}}") for piece in TEMPLATE.split(url)]
    holes = [f"{{{name}}}" for name in names]
    text = "".join(a + b for a, b in zip(pieces, [*holes, ""], strict=True))
    return made, Raw("f" + text_literal(text))
