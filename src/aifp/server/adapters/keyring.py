"""Keys and secrets in the user's configuration folder, never in the project."""

import hashlib
import hmac
import json
import os
import re
import secrets
from pathlib import Path

from aifp.schemas.errors import DependencyMissing, InvalidArgument, Unavailable
from aifp.server.adapters import passphrase
from aifp.server.adapters.private_files import write_draft, write_private

NAME = re.compile(r"[A-Z][A-Z0-9_]*")
# Shorter values would be redacted out of ordinary words.
SHORTEST_REDACTED = 4


class FileKeyring:
    """One approval key and one file of secrets, both mode 0600."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = _load_or_make_key(folder / "approval.key")
        self._path = str(self._file())
        # The secrets as last read, and which state of their file that was.
        self._kept: dict[str, str] = {}
        self._state: tuple[int, ...] | None = None

    def seal(self, text: str) -> str:
        """Return the keyed checksum (HMAC-SHA256, hex) of a text."""
        return hmac.new(self._key, text.encode("utf-8"), hashlib.sha256).hexdigest()

    def secret_names(self) -> frozenset[str]:
        """Return the names of the stored secrets."""
        return frozenset(self._secrets())

    def reveal(self, name: str) -> str:
        """Return one secret value; only host functions call this."""
        try:
            return self._secrets()[name]
        except KeyError:
            raise DependencyMissing(
                f"The secret {name} is not stored. A person stores it with: aifp secret set {name}"
            ) from None

    def redact(self, text: str) -> str:
        """Replace every secret value in a text, a longer one before one that it contains."""
        for name, value in self._secrets().items():
            if len(value) >= SHORTEST_REDACTED:
                text = text.replace(value, f"[secret {name}]")
        return text

    def needs_passphrase(self) -> bool:
        """Tell whether decisions need a passphrase; it may be set while a daemon runs."""
        return passphrase.is_set(self._folder)

    def store(self, name: str, value: str) -> None:
        """Keep one secret; only the command line calls this."""
        if not NAME.fullmatch(name):
            raise InvalidArgument(f"{name!r} is not a secret name. Write it like API_TOKEN.")
        write_private(self._file(), json.dumps({**self._secrets(), name: value}).encode())

    def forget(self, name: str) -> None:
        """Remove one secret."""
        left = {key: value for key, value in self._secrets().items() if key != name}
        write_private(self._file(), json.dumps(left).encode())

    def _file(self) -> Path:
        return self._folder / "secrets.json"

    def _secrets(self) -> dict[str, str]:
        """Return the secrets, the longest first; their file is read only when it has changed."""
        try:
            facts = os.stat(self._path)  # noqa: PTH116 - asked for every text that is kept
            state = (facts.st_ino, facts.st_mtime_ns, facts.st_size)
            if state != self._state:
                found: dict[str, str] = json.loads(self._file().read_bytes())
                longest = sorted(found.items(), key=lambda pair: len(pair[1]), reverse=True)
                self._kept, self._state = dict(longest), state
            return self._kept
        except FileNotFoundError:
            return {}
        except ValueError as fault:
            raise Unavailable(
                f"{self._file()} is not readable: {fault}. Mend or move it."
            ) from None


def _load_or_make_key(path: Path) -> bytes:
    try:
        key = path.read_bytes()
    except FileNotFoundError:
        _make_key(path)
        key = path.read_bytes()
    if len(key) != 32:
        raise Unavailable(
            f"{path} is damaged; restore it, or remove it and approve everything anew."
        )
    return key


def _make_key(path: Path) -> None:
    """Make the key once, even when the daemons of two projects start at the same moment."""
    draft = write_draft(path, secrets.token_bytes(32))
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
