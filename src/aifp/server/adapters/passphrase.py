"""An optional passphrase before a decision at the terminal, kept as a slow hash."""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

FILE = "passphrase"
# Costs about 60 ms and 16 MiB: little for a person, much for guessing.
COST = {"n": 2**14, "r": 8, "p": 1}


def is_set(folder: Path) -> bool:
    """Say whether decisions need a passphrase."""
    return (folder / FILE).exists()


def set_passphrase(folder: Path, text: str) -> None:
    """Keep the hash of a passphrase, mode 0600; an empty text removes it."""
    path = folder / FILE
    path.unlink(missing_ok=True)
    if not text:
        return
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    salt = secrets.token_bytes(16)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(salt + _digest(salt, text))


def is_right(folder: Path, text: str) -> bool:
    """Compare a passphrase with the kept hash."""
    kept = (folder / FILE).read_bytes()
    return hmac.compare_digest(kept[16:], _digest(kept[:16], text))


def _digest(salt: bytes, text: str) -> bytes:
    return hashlib.scrypt(text.encode("utf-8"), salt=salt, **COST)
