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


def refuse_credentials(reading: Reading, path: str, value: JsonValue, key: str = "") -> None:
    """Refuse every text of the draft that looks like a secret."""
    match value:
        case str() if looks_like_credential(value, key):
            reading.refuse(path, "E511")
        case list():
            for n, item in enumerate(value):
                refuse_credentials(reading, pointer(path, n), item, key)
        case dict():
            for name, item in value.items():
                refuse_credentials(reading, pointer(path, name), item, name)
        case _:
            pass


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
            path = f"/secrets/{name}"
            reading.attempt(path, lambda name=name, path=path: ask_secret(reading, path, name))
    return sorted(names)


def ask_secret(reading: Reading, path: str, name: str) -> None:
    """Ask the person to store a secret; only storing it settles the question."""
    ask = reading.ask(path)
    ask.answers = {}
    ask.put("q.secret", name)
