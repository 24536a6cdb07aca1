"""How long a list is of which a part is shown."""

from aifp.schemas.ports import Row

MOST = 500


def total_of(row: Row | None) -> int:
    """Return what a counting query found; nothing where no file is."""
    return int(str(row["total"])) if row else 0
