"""The parts of an http step, and values that stand for secrets."""

import re
from collections.abc import Iterator

from pydantic import JsonValue, ValidationError

from aifp.helpers.user_directives.internal.language.faults import LanguageFault
from aifp.helpers.user_directives.internal.language.forms.step_slots import (
    Slot,
    read_map,
    read_text,
)
from aifp.helpers.user_directives.internal.language.grammar.actions import parse_request
from aifp.helpers.user_directives.internal.language.grammar.auth import SECRET, parse_auth
from aifp.helpers.user_directives.internal.language.source.nodes import pointer
from aifp.schemas.common import JsonMap
from aifp.schemas.starts import Auth

BODIES = ("json", "form", "body", "file")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_STATUS = re.compile(r"[1-5](?:xx|[0-9]{2})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# What each kind of login names.
_AUTH_PARTS = {
    "none": (),
    "bearer": ("secret",),
    "basic": ("secret", "user"),
    "header": ("secret", "name"),
    "hmac": ("secret", "header"),
}


def read_request(slot: Slot) -> JsonMap:
    """Read `METHOD address`."""
    text = read_text(slot)
    if found := _CONTROL.search(text.strip()):
        raise LanguageFault("E503", found.start())
    method, url = parse_request(text)
    return {"method": method, "url": url}


def read_headers(slot: Slot) -> JsonMap:
    """Read headers; neither names nor values may hold a line end."""
    headers = read_data(slot)
    for name, value in headers.items():
        path = pointer(slot.path, name)
        if _has_line_end(name) or (isinstance(value, str) and _has_line_end(value)):
            slot.fault(path, LanguageFault("E512"))
        elif not _HEADER.fullmatch(name):
            slot.fault(path, LanguageFault("E203", k="headers", type="a header name", found=name))
        elif not _is_header_value(value):
            slot.fault(path, slot.inner(name, value).wrong("text or a secret"))
    return headers


def read_auth(slot: Slot) -> JsonMap:
    """Read a login as text or as a canonical map."""
    if isinstance(slot.value, str):
        return parse_auth(slot.value).wire()
    try:
        auth = Auth.model_validate(slot.value)
    except ValidationError:
        raise LanguageFault("E507") from None
    if set(auth.wire()) != {"kind", *_AUTH_PARTS[auth.kind]} or not SECRET.fullmatch(
        auth.secret or "NONE"
    ):
        raise LanguageFault("E507")
    return auth.wire()


def read_expected(slot: Slot) -> list[JsonValue]:
    """Read the accepted status codes, such as 2xx or 404."""
    values = slot.value if isinstance(slot.value, list) else [slot.value]
    codes = [str(value).lower() for value in values if isinstance(value, str | int)]
    if not codes or len(codes) != len(values) or not all(map(_STATUS.fullmatch, codes)):
        raise slot.wrong("status codes such as [2xx, 404]")
    return [*codes]


def read_data(slot: Slot) -> JsonMap:
    """Read a map of data; a `{secret: NAME}` in it must name a secret."""
    data = read_map(slot)
    check_references(slot, data)
    return data


def read_payload(slot: Slot) -> JsonValue:
    """Read any data; a `{secret: NAME}` in it must name a secret."""
    check_references(slot, slot.value)
    return slot.value


def check_references(slot: Slot, value: JsonValue) -> None:
    """Note a fault for each secret reference that names none."""
    for path, reference in _references(value, slot.path):
        name, prefix = reference["secret"], reference.get("prefix", "")
        named = isinstance(name, str) and SECRET.fullmatch(name) is not None
        if not named or not isinstance(prefix, str):
            slot.fault(path, LanguageFault("E507", hint="{secret: NAME} with a name in capitals"))


def check_bodies(fields: JsonMap) -> None:
    """Refuse more than one body."""
    if sum(name in fields for name in BODIES) > 1:
        raise LanguageFault("E514")


def _references(value: JsonValue, path: str) -> Iterator[tuple[str, JsonMap]]:
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _references(item, pointer(path, index))
    elif isinstance(value, dict) and "secret" in value and set(value) <= {"secret", "prefix"}:
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _references(item, pointer(path, key))


def _is_header_value(value: JsonValue) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, str) or number or (isinstance(value, dict) and "secret" in value)


def _has_line_end(text: str) -> bool:
    return "\r" in text or "\n" in text
