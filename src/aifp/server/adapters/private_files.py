"""Files that only their owner may read, whole from their first moment."""

import os
import secrets
from pathlib import Path


def write_private(path: Path, data: bytes) -> None:
    """Put a file in the place of what lies there, if anything, in one step."""
    write_draft(path, data).replace(path)


def write_draft(path: Path, data: bytes) -> Path:
    """Return a new file beside a path, with mode 0600, its bytes on the disk."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return draft
