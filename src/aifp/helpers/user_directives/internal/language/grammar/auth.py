"""How a caller, or we as a caller, prove who we are, written as one text."""

import re

from aifp.helpers.user_directives.internal.language.faults import LanguageFault
from aifp.helpers.user_directives.internal.language.grammar.cursor import Cursor, pattern
from aifp.schemas.starts import Auth

SECRET = re.compile(r"[A-Z][A-Z0-9_]*")
# The header GitHub made common for signatures; used when `hmac` names none.
SIGNATURE_HEADER = "X-Hub-Signature-256"

_HEADER = pattern(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_USER = pattern(r"[^\s:\"']+")
_WORD = pattern(r"[^\s]+")


def parse_auth(text: str) -> Auth:
    """Read `none`, `secret NAME`, `basic USER secret NAME`, `header H secret NAME`, `hmac ...`."""
    cursor = Cursor(text)
    auth = _auth(cursor)
    if not cursor.done():
        raise cursor.fault("E507")
    return auth


def _auth(cursor: Cursor) -> Auth:
    if cursor.ahead("secret"):
        return Auth(kind="bearer", secret=_secret(cursor))
    match cursor.keyword("none", "bearer", "basic", "header", "hmac"):
        case "none":
            return Auth(kind="none")
        case "bearer":
            return Auth(kind="bearer", secret=_secret(cursor))
        case "basic":
            return Auth(kind="basic", user=_word(cursor, _USER), secret=_secret(cursor))
        case "header":
            return Auth(kind="header", name=_word(cursor, _HEADER), secret=_secret(cursor))
        case "hmac":
            return _signature(cursor)
        case _:
            raise cursor.fault("E507")


def _signature(cursor: Cursor) -> Auth:
    header = SIGNATURE_HEADER if cursor.ahead("secret") else _word(cursor, _HEADER)
    return Auth(kind="hmac", header=header, secret=_secret(cursor))


def _word(cursor: Cursor, wanted: re.Pattern[str]) -> str:
    found = cursor.take(wanted)
    if found is None:
        raise cursor.fault("E507")
    return found[0]


def _secret(cursor: Cursor) -> str:
    if not cursor.keyword("secret"):
        raise cursor.fault("E507")
    start = cursor.skip()
    found = cursor.take(_WORD)
    if found is None or not SECRET.fullmatch(found[0]):
        raise LanguageFault("E507", start, x=found[0] if found else "")
    return found[0]
