"""The `api` text: a method and a path below /hooks."""

from aifp.helpers.user_directives.internal.language.grammar.cursor import Cursor, pattern

_METHOD = pattern(r"(POST|PUT|PATCH|DELETE)(?=\s)")
_PATH = pattern(r"(?:/(?:[A-Za-z0-9._~-]+|\{[A-Za-z_][A-Za-z0-9_]*\}))+(?=\s|$)")
_UPWARDS = {".", ".."}


def parse_api(text: str) -> tuple[str, str]:
    """Read a whole text as method and path; segments are plain or `{input}`."""
    cursor = Cursor(text)
    method = cursor.take(_METHOD)
    path = cursor.take(_PATH) if method else None
    if not method or not path or not cursor.done() or _UPWARDS & set(path[0].split("/")):
        raise Cursor(text).fault("E333", x=text.strip()[:40])
    return method[0].upper(), path[0]
