"""Ways to look into project.db with nothing of ours in between."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# All that follows from the outbox; notes and what was noted at `init` are truth of their own.
PROJECTED = ("files", "functions", "interactions", "completion_path", "completion_items", "tasks")


@dataclass
class Shelf:
    """The project.db of a project."""

    project: Path

    def sql(self, text: str, *params: object) -> list[dict[str, Any]]:
        db = sqlite3.connect(self.file, timeout=30)  # noqa: TID251
        db.row_factory = sqlite3.Row
        try:
            found = [dict(row) for row in db.execute(text, params)]
            db.commit()
            return found
        finally:
            db.close()

    def dump(self) -> list[str]:
        """Return every projected row as the statements that make it, and the derived status."""
        db = sqlite3.connect(self.file, timeout=30)  # noqa: TID251
        try:
            marks = tuple(f'INSERT INTO "{table}"' for table in PROJECTED)
            rows = [line for line in db.iterdump() if line.startswith(marks)]
            status = db.execute("SELECT user_directives_status FROM project").fetchone()
            return [*rows, str(status)]
        finally:
            db.close()

    @property
    def file(self) -> Path:
        return self.project / ".aifp-project" / "project.db"
