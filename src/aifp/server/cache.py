"""The user's cache: built files that serve every checkout of this machine, the newest of each."""

from pathlib import Path


def cache_folder(room: str) -> Path:
    """Return the folder of the user's cache that keeps what one room builds."""
    return Path.home() / ".cache" / "aifp" / room


def prune(folder: Path, pattern: str, keep: int) -> None:
    """Delete all but the newest files of a kind; whoever has an older one open keeps it."""
    found = sorted(folder.glob(pattern), key=lambda path: path.stat().st_mtime)
    for path in found[:-keep]:
        path.unlink(missing_ok=True)
