"""Short ways to bring a tool of the user's own to any place of its life."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aifp.helpers.lifecycle.internal.artifact_rows import require_artifact
from aifp.helpers.lifecycle.internal.deciding import decide_request
from aifp.helpers.lifecycle.internal.reconciling import sync_from_filesystem
from aifp.helpers.lifecycle.internal.tool_approving import request_of_version
from aifp.schemas.ports import Ctx, Row

HELLO = '''"""Say hello."""


def run(name: str = "you") -> str:
    """Greet somebody by name."""
    return f"Hello {name}"
'''


@dataclass
class Toolbox:
    """The tools of one project."""

    ctx: Ctx
    project: Path
    database: Path

    def sql(self, text: str, *params: object) -> list[dict[str, Any]]:
        """Do what whoever holds the file can do: any SQL at all."""
        db = sqlite3.connect(self.database, timeout=30)  # noqa: TID251
        db.row_factory = sqlite3.Row
        try:
            found = [dict(row) for row in db.execute(text, params)]
            db.commit()
            return found
        finally:
            db.close()

    def write(self, name: str, source: str) -> str:
        """Write the file of a tool, as a person does."""
        place = self.project / "tools" / f"{name}.py"
        place.parent.mkdir(exist_ok=True)
        place.write_text(source, encoding="utf-8")
        return f"tools/{name}.py"

    async def known(self, name: str = "hello", source: str = HELLO) -> int:
        """Write the file of a tool and let it be seen; return the id of its version."""
        self.write(name, source)
        await sync_from_filesystem(self.ctx)
        return int(str((await self.row(name))["current_version_id"]))

    async def approved(self, name: str = "hello", source: str = HELLO) -> int:
        """Write a tool that a person has approved; return the id of its version."""
        version_id = await self.known(name, source)
        request = await request_of_version(self.ctx, version_id)
        await decide_request(self.ctx, int(str(request["id"])), "approved", "cli")
        return version_id

    async def row(self, name: str = "hello") -> Row:
        """Return how a tool stands."""
        return await require_artifact(self.ctx.directives, name, "user_tool")
