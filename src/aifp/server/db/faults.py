"""Tell storage faults apart: full, read-only, busy, corrupt or other."""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from aifp.schemas.errors import AifpError, InvalidArgument, LimitExceeded, Unavailable


def storage_fault(path: Path, fault: sqlite3.Error) -> AifpError:
    """Name the fault and its mend; no path renames or deletes a database file by itself."""
    code = getattr(fault, "sqlite_errorcode", 0) & 0xFF
    match code:
        case sqlite3.SQLITE_FULL:
            return LimitExceeded(f"The disk that holds {path} is full. Free some space.")
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN:
            return Unavailable(f"{path} cannot be written. Check its owner and permissions.")
        case sqlite3.SQLITE_BUSY:
            return Unavailable(f"Another process holds {path}. Only the daemon may open it.")
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return Unavailable(
                f"{path} is damaged ({fault}). It was left as it is; restore a backup beside it."
            )
        case _:
            return Unavailable(f"{path}: {fault}.")


@contextmanager
def named_faults(path: Path) -> Generator[None]:
    """Turn faults of the storage into errors for people; faults of a statement pass as they are."""
    try:
        yield
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
        raise
    except sqlite3.DatabaseError as fault:
        raise storage_fault(path, fault) from fault
    except OverflowError as fault:
        raise InvalidArgument("A number is too large; whole numbers end at 2^63.") from fault
