"""An optional passphrase before a decision, kept as a slow hash."""

import hashlib
import hmac
import secrets
from pathlib import Path

from aifp.server.adapters.private_files import write_private

FILE = "passphrase"
# Costs about 60 ms and 16 MiB: little for a person, much for guessing.
COST = {"n": 2**14, "r": 8, "p": 1}


def is_set(folder: Path) -> bool:
    """Say whether decisions need a passphrase."""
    return (folder / FILE).exists()


def set_passphrase(folder: Path, text: str) -> None:
    """Keep the hash of a passphrase, mode 0600; an empty text removes it."""
    if not text:
        (folder / FILE).unlink(missing_ok=True)
        return
    salt = secrets.token_bytes(16)
    write_private(folder / FILE, salt + _digest(salt, text))


def is_right(folder: Path, text: str) -> bool:
    """Compare a passphrase with the kept hash."""
    kept = (folder / FILE).read_bytes()
    return hmac.compare_digest(kept[16:], _digest(kept[:16], text))


def _digest(salt: bytes, text: str) -> bytes:
    return hashlib.scrypt(text.encode("utf-8"), salt=salt, **COST)
