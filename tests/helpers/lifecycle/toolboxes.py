"""Short ways to bring a tool of the user's own to any place of its life."""

import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aifp.helpers.lifecycle.internal.artifact_rows import require_artifact
from aifp.helpers.lifecycle.internal.authorizing import settle_authorization
from aifp.helpers.lifecycle.internal.deciding import decide_request
from aifp.helpers.lifecycle.internal.tool_approving import request_of_version
from aifp.helpers.lifecycle.internal.tool_source import read_tool
from aifp.helpers.lifecycle.internal.versions import code_hash_of, keep_file, record_version
from aifp.schemas.artifacts import NewVersion
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx, Row
from aifp.schemas.words import EffectClass, VersionReason

HELLO = '''"""Say hello."""


def run(name: str = "you") -> str:
    """Greet somebody by name."""
    return f"Hello {name}"
'''

STORE = """INSERT INTO artifacts (kind, name, path, description, parameters_json, effect_class,
    status_changed_at, authorization_changed_at, origin, created_at, updated_at)
    VALUES ('user_tool', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (kind, name) DO UPDATE SET parameters_json = excluded.parameters_json"""


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

    async def known(
        self, name: str = "hello", source: str = HELLO, reason: VersionReason = "initial"
    ) -> int:
        """Write the file of a tool and take it into the record; return the id of its version."""
        path = self.write(name, source)
        spec, data = read_tool(name, source), source.encode()
        file = await keep_file(self.ctx, path, data)
        effect: EffectClass = spec.declared.effect_class
        async with self.ctx.directives.write():
            pass  # makes the database
        at = to_text(self.ctx.clock.now())
        parameters = json.dumps(spec.parameters)
        self.sql(STORE, name, path, spec.description, parameters, effect, at, at, "user", at, at)
        artifact = await self.row(name)
        async with self.ctx.directives.write() as db:
            new = NewVersion(
                files=[file],
                code_hash=code_hash_of({path: data}),
                reason=reason,
                created_by="user",
                permissions=spec.permissions,
            )
            version_id = await record_version(self.ctx, db, artifact, new)
            await db.run("set_current_version", id=artifact["id"], version_id=version_id, at=at)
        await settle_authorization(self.ctx, int(str(artifact["id"])))
        return version_id

    async def approved(self, name: str = "hello", source: str = HELLO) -> int:
        """Write a tool that a person has approved; return the id of its version."""
        version_id = await self.known(name, source)
        request = await request_of_version(self.ctx, version_id)
        await decide_request(self.ctx, int(str(request["id"])), "approved", "cli")
        return version_id

    async def row(self, name: str = "hello") -> Row:
        """Return how a tool stands."""
        return await require_artifact(self.ctx.directives, name, "user_tool")
