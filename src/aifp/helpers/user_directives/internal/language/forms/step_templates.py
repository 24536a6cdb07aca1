"""Where templates may stand in a step, and that each is on the allow list."""

import re
from collections.abc import Iterator

from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.faults import LanguageFault
from aifp.helpers.user_directives.internal.language.source.nodes import pointer
from aifp.helpers.user_directives.internal.language.templates import (
    TemplateFault,
    check_template,
    is_template,
)
from aifp.schemas.common import JsonMap

# Canonical fields of action data; `values` are those of set and remember.
TEMPLATED = frozenset(
    (
        "headers", "query", "json", "form", "body", "file", "with", "args", "env", "cwd", "stdin",
        "message", "title", "data", "input", "path", "prompt", "values", "each", "url",
    )
)  # fmt: skip
# Steps inside a step are checked by themselves.
_STEPS = frozenset(("steps", "options", "branches", "else"))
_TEMPLATE = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_HOST = re.compile(r"https?://[^/?#]*", re.IGNORECASE)

Found = Iterator[tuple[str, LanguageFault]]


def template_faults(fields: JsonMap) -> Found:
    """Find templates that are refused; places are JSON pointers from the canonical field on."""
    for field, value in fields.items():
        path = pointer("", field)
        if field in TEMPLATED:
            yield from _checked(value, path, field)
        elif field not in _STEPS:
            yield from _refused(value, path, field)
    url = fields.get("url")
    host = _HOST.match(url) if isinstance(url, str) else None
    if host and is_template(host[0]):
        yield "/url", LanguageFault("E509", field="scheme and host")
    if isinstance(url, str) and has_dot_segment(url):
        yield "/url", LanguageFault("E703", x="a path segment of dots")


def has_dot_segment(url: str) -> bool:
    """Say whether a value put into an address may leave a path segment of dots alone."""
    if not is_template(url):
        return False
    segments = _TEMPLATE.sub("", url).partition("?")[0].split("/")
    return not {".", ".."}.isdisjoint(segments)


def _checked(value: JsonValue, path: str, field: str) -> Found:
    match value:
        case str():
            yield from _one_text(value, path)
        case list():
            for index, item in enumerate(value):
                yield from _checked(item, pointer(path, index), field)
        case dict():
            yield from _checked_map(value, path, field)
        case _:
            pass


def _checked_map(value: JsonMap, path: str, field: str) -> Found:
    for key, item in value.items():
        inside = pointer(path, key)
        if is_template(key):
            yield inside, LanguageFault("E509", field=f"a key of {field}")
        if key == "secret" and isinstance(item, str) and is_template(item):
            yield inside, LanguageFault("E509", field="the name of a secret")
        else:
            yield from _checked(item, inside, field)


def _one_text(text: str, path: str) -> Found:
    try:
        check_template(text)
    except TemplateFault as fault:
        yield path, LanguageFault(fault.code, x=fault.what.partition("\n")[0])


def _refused(value: JsonValue, path: str, field: str) -> Found:
    texts = [value] if isinstance(value, str) else []
    if isinstance(value, list | dict):
        parts = value if isinstance(value, list) else [*value.keys(), *value.values()]
        for part in parts:
            yield from _refused(part, path, field)
    if any("{{" in text for text in texts):
        yield path, LanguageFault("E509", field=field)
