"""Take secrets out of everything that is kept or handed on."""

import base64
from collections.abc import Callable
from urllib.parse import quote

from pydantic import JsonValue

SHORTEST = 4
MARK = "[secret]"


class Redactor:
    """Redacts every stored secret, and what this run made out of secrets."""

    def __init__(self, redact: Callable[[str], str]) -> None:
        self._redact = redact
        self._made: dict[str, None] = {}

    def also(self, secret: str) -> None:
        """Redact one secret in its usual disguises as well: base64, hex and URL form."""
        data = secret.encode()
        for form in (
            secret,
            base64.b64encode(data).decode(),
            base64.urlsafe_b64encode(data).decode(),
            data.hex(),
            quote(secret, safe=""),
        ):
            if len(form) >= SHORTEST:
                self._made[form] = None

    def text(self, text: str) -> str:
        """Return a text without secrets."""
        for form in sorted(self._made, key=len, reverse=True):
            text = text.replace(form, MARK)
        # Half a surrogate pair, which JSON may bring, fits neither a database nor a file.
        return self._redact(text).encode("utf-8", "backslashreplace").decode("utf-8")

    def value(self, value: JsonValue) -> JsonValue:
        """Return JSON without secrets, keys included."""
        match value:
            case str():
                return self.text(value)
            case list():
                return [self.value(entry) for entry in value]
            case dict():
                return {self.text(key): self.value(entry) for key, entry in value.items()}
            case _:
                return value
