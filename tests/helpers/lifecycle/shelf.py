"""A shelf of tools as the database knows them, for tests that look after tools."""

import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from aifp.helpers.lifecycle.internal.artifact_rows import require_artifact
from aifp.helpers.lifecycle.internal.versions import code_hash_of, keep_file, record_version
from aifp.schemas.artifacts import NewVersion
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx, Row, SqlValue
from tests.helpers.user_directives.lives import Life

SOURCE = '''"""{description}"""


def run(city: str) -> str:
    """{description}"""
    return city + "{name}"
'''


@dataclass
class Shelf:
    """Puts tools, uses, runs and deployments into the record of a project."""

    life: Life
    _keys: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def ctx(self) -> Ctx:
        return self.life.ctx

    @property
    def now(self) -> datetime:
        return self.ctx.clock.now()

    async def tool(
        self, name: str, *, source: str | None = None, kind: str = "user_tool", **columns: Any
    ) -> Row:
        """Put a tool with its first version on the shelf."""
        async with self.ctx.directives.write():
            pass  # makes the file
        at = to_text(self.now)
        row: dict[str, Any] = {
            "kind": kind,
            "name": name,
            "path": f"tools/{name}.py",
            "description": f"Tell {name}.",
            "status_changed_at": at,
            "authorization": "approved",
            "authorization_changed_at": at,
            "origin": "user",
            "created_at": at,
            "updated_at": at,
        }
        self.insert("artifacts", **(row | columns))
        artifact = await require_artifact(self.ctx.directives, name, None)
        await self.version(
            artifact, source or SOURCE.format(name=name, description=f"Tell {name}.")
        )
        return await require_artifact(self.ctx.directives, name, None)

    async def version(self, artifact: Row, source: str) -> int:
        """Add a version and make it current."""
        path, data = str(artifact["path"]), source.encode()
        if artifact["status"] in ("active", "deprecated"):
            self.life.write(path, source)
        file = await keep_file(self.ctx, path, data)
        new = NewVersion(
            files=[file],
            code_hash=code_hash_of({path: data}),
            reason="initial",
            state="approved",
            created_by="user",
        )
        async with self.ctx.directives.write() as db:
            version_id = await record_version(self.ctx, db, artifact, new)
        self.sql(
            "UPDATE artifacts SET current_version_id = ? WHERE id = ?", version_id, artifact["id"]
        )
        return version_id

    async def implementation(
        self, name: str, status: str = "active", cause: str | None = None
    ) -> Row:
        """Put a directive with its code on the shelf."""
        at = to_text(self.now)
        async with self.ctx.directives.write():
            pass
        self.insert(
            "user_directives",
            name=name,
            source_file="a.yaml",
            source_format="yaml",
            source_index=0,
            directive_type="schedule",
            trigger="t",
            action="a",
            draft_json="{}",
            configuration_json="{}",
            raw_content="raw",
            status=status,
            pause_cause=cause,
            created_at=at,
            updated_at=at,
        )
        directive = self.sql("SELECT id FROM user_directives WHERE name = ?", name)[0]["id"]
        return await self.tool(name, kind="implementation", directive_id=directive)

    def used(self, artifact: Mapping[str, Any], day: datetime | None = None, **counts: int) -> None:
        """Count uses on a day."""
        at = day or self.now
        timed = sum(counts.get(word, 0) for word in ("success", "failure", "timeout"))
        self.insert(
            "run_daily",
            subject_kind="project" if artifact["id"] == "project" else "artifact",
            subject_id=str(artifact["id"]),
            day=at.date().isoformat(),
            timed_runs=timed,
            sum_duration_ms=counts.pop("ms", 10) * timed,
            last_at=to_text(at) if timed else None,
            **counts,
        )

    def ran(
        self,
        artifact: Row,
        version_id: SqlValue,
        at: datetime,
        status: str = "success",
        **more: Any,
    ) -> int:
        """Put an ended run of a version into the record."""
        columns: dict[str, Any] = {
            "kind": "tool" if artifact["kind"] == "user_tool" else "directive",
            "artifact_id": artifact["id"],
            "artifact_version_id": version_id,
            "directive_id": artifact["directive_id"],
            "trigger_source": "tool",
            "idempotency_key": f"key-{next(self._keys)}",
            "status": status,
            "created_at": to_text(at),
            "started_at": to_text(at),
            "finished_at": to_text(at + timedelta(milliseconds=100)),
            "duration_ms": 100,
            "random_seed": "",
            "settled": 1,
        }
        self.insert("runs", **(columns | more))
        return int(self.sql("SELECT max(id) AS id FROM runs")[0]["id"])

    def step(self, run_id: int, url: str, error_type: str | None, at: datetime) -> None:
        """Put a web request of a run into its trace; one with an error is what ended the run."""
        seq = next(self._keys)
        self.insert(
            "run_attempts",
            run_id=run_id,
            attempt=1,
            status="failure" if error_type else "success",
            started_at=to_text(at),
            failed_steps_json=json.dumps([seq] if error_type else []),
        )
        self.insert(
            "run_steps",
            run_id=run_id,
            attempt=1,
            seq=seq,
            function="http",
            call_sha256="",
            arguments_json=json.dumps({"url": url, "method": "GET"}),
            status="error" if error_type else "ok",
            error_type=error_type,
            started_at=to_text(at),
        )

    def deployed(self, artifact: Row, version_id: SqlValue, at: datetime, **more: Any) -> int:
        """Put a deployment in force from an instant on; the one before it ends there."""
        self.sql(
            "UPDATE deployments SET undeployed_at = ? WHERE artifact_id = ?"
            " AND undeployed_at IS NULL",
            to_text(at),
            artifact["id"],
        )
        columns: dict[str, Any] = {
            "artifact_id": artifact["id"],
            "version_id": version_id,
            "release_sha256": f"release-{version_id}",
            "deployment_type": "improvement",
            "deployed_at": to_text(at),
            "deployed_by": "user",
        }
        self.insert("deployments", **(columns | more))
        return int(self.sql("SELECT max(id) AS id FROM deployments")[0]["id"])

    def sql(self, text: str, *params: object) -> list[dict[str, Any]]:
        """Do what whoever holds the file can do: any SQL at all."""
        return self.life.sql(text, *params)

    def insert(self, table: str, **values: object) -> None:
        """Put one row into a table."""
        self.life.insert(table, **values)

    def count(self, table: str) -> int:
        """Return how many rows a table has."""
        return len(self.sql("SELECT 1 FROM " + table))

    def alert(self, artifact: Row, code: str) -> None:
        """Open an alert about a tool."""
        self.insert(
            "alerts",
            created_at=to_text(self.now),
            severity="info",
            code=code,
            subject_kind="artifact",
            subject_id=str(artifact["id"]),
            subject_name=artifact["name"],
            message=code,
            dedupe_key=f"{code}|artifact|{artifact['id']}",
        )

    def alerts(self, state: str = "open") -> list[str]:
        """Return the codes of the alerts in a state, oldest first."""
        return self.life.alerts(state)

    def events(self, event_type: str) -> list[dict[str, Any]]:
        """Return the events of a type, oldest first."""
        return self.life.events(event_type)
