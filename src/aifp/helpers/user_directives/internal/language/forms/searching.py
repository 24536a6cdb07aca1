"""Where in a draft a word stands that was found in the finished directive."""

import re
from collections.abc import Iterator

from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.forms.reading import Reading
from aifp.helpers.user_directives.internal.language.source.nodes import pointer


def find_text(reading: Reading, words: str, *keys: str) -> str:
    """Return the path of the first text with a word or dotted name, under some keys or anywhere."""
    patterns = [
        re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])") for word in words.split(".", 1)
    ]
    for key in keys or tuple(reading.raw):
        for path, text in texts_at(pointer("", key), reading.raw.get(key)):
            if all(pattern.search(text) for pattern in patterns):
                return path
    return ""


def texts_at(path: str, value: JsonValue) -> Iterator[tuple[str, str]]:
    """Yield every text inside a value with its path."""
    match value:
        case str():
            yield path, value
        case list():
            for number, item in enumerate(value):
                yield from texts_at(pointer(path, number), item)
        case dict():
            for key, item in value.items():
                yield from texts_at(pointer(path, key), item)
        case _:
            pass
