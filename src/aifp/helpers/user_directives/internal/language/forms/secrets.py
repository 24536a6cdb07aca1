"""Secrets are named, never written: which names a directive uses, and texts that look like one."""

import re
from collections.abc import Iterator

from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.credentials import looks_like_credential
from aifp.helpers.user_directives.internal.language.faults import LanguageFault
from aifp.helpers.user_directives.internal.language.forms.plain import items, kind_of
from aifp.helpers.user_directives.internal.language.forms.reading import Reading
from aifp.helpers.user_directives.internal.language.source.nodes import pointer

MAX_SECRETS = 20
SECRET_NAME = re.compile(r"[A-Z][A-Z0-9_]*")


def credential_paths(path: str, value: JsonValue, key: str = "") -> Iterator[str]:
    """Find every text that looks like a secret."""
    match value:
        case str() if looks_like_credential(value, key):
            yield path
        case list():
            for n, item in enumerate(value):
                yield from credential_paths(pointer(path, n), item, key)
        case dict():
            for name, item in value.items():
                yield from credential_paths(pointer(path, name), item, name)
        case _:
            pass


def refuse_credentials(reading: Reading) -> None:
    """Refuse every text of the draft that looks like a secret."""
    for path in credential_paths("", reading.draft.raw):
        reading.refuse(path, "E511")


def used_secrets(value: JsonValue) -> Iterator[str]:
    """Find the names of secrets in canonical values: `auth` and `{secret: NAME}`."""
    if isinstance(value, list):
        for item in value:
            yield from used_secrets(item)
    if isinstance(value, dict):
        name = value.get("secret")
        if isinstance(name, str) and is_reference(set(value)):
            yield name
        for item in value.values():
            yield from used_secrets(item)


def is_reference(keys: set[str]) -> bool:
    """Say whether a map with these keys stands for a secret."""
    return keys <= {"secret", "prefix"} or "kind" in keys


def listed_secrets(reading: Reading) -> list[str]:
    """Return the names listed under `secrets`."""
    found: list[str] = []
    for path, item in items("/secrets", reading.raw.get("secrets", [])):
        if isinstance(item, str) and SECRET_NAME.fullmatch(item):
            found.append(item)
        else:
            wanted = "names such as BOOKS_TOKEN"
            reading.fault(
                path, LanguageFault("E203", k="secrets", type=wanted, found=kind_of(item))
            )
    return found


def check_secrets(reading: Reading, names: set[str]) -> list[str]:
    """Return all names, sorted; ask the person to store those that are not."""
    if len(names) > MAX_SECRETS:
        reading.refuse("/secrets", "E208", n=MAX_SECRETS, things="secrets")
    for name in sorted(names):
        if reading.known.secrets is not None and name not in reading.known.secrets:
            reading.attempt("/secrets", lambda name=name: ask_secret(reading, name))
    return sorted(names)


def ask_secret(reading: Reading, name: str) -> None:
    """Ask the person to store a secret; only a stored one settles the question."""
    ask = reading.ask("/secrets", ("secrets", name))
    ask.answers = {}
    ask.put("q.secret", name)
