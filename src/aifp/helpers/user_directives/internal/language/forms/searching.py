"""Where in a draft a word stands that was found in the finished directive."""

import re
from collections.abc import Iterator

from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.forms.reading import Reading
from aifp.helpers.user_directives.internal.language.source.nodes import pointer


def find_text(reading: Reading, word: str, *keys: str) -> str:
    """Return the path of the first text that holds a word, under some keys or anywhere."""
    pattern = re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])")
    for key in keys or tuple(reading.raw):
        for path, text in texts_at(pointer("", key), reading.raw.get(key)):
            if pattern.search(text):
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
