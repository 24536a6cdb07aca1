"""A project whose tools lie in files: short ways to change them, sync and look at the record."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from aifp.helpers.lifecycle.internal.reconciling import sync_from_filesystem
from aifp.helpers.lifecycle.internal.tool_source import path_of_tool
from aifp.helpers.user_directives.internal.approvals import checksum_of
from aifp.schemas.ports import Ctx
from aifp.schemas.tool_sync import SyncReport
from tests.clock import FakeClock
from tests.helpers.user_directives.lives import Life

SUM = '''"""Sums."""


def run(a: int, b: int = 2) -> int:
    """Add two numbers."""
    return a + b
'''


@dataclass
class Workshop:
    """Edits tool files as people do, and reads what aifp makes of them."""

    ctx: Ctx
    project: Path
    life: Life

    @property
    def clock(self) -> FakeClock:
        return cast("FakeClock", self.ctx.clock)

    def file(self, name: str) -> Path:
        return self.project / path_of_tool(name)

    def write(self, name: str, text: str = SUM) -> None:
        self.file(name).parent.mkdir(exist_ok=True)
        self.file(name).write_text(text, encoding="utf-8")

    def remove(self, *names: str) -> None:
        for name in names:
            self.file(name).unlink()

    async def sync(self, *, dry_run: bool = False) -> SyncReport:
        """Sync, letting time pass for whoever waits for it."""
        return cast(
            "SyncReport", await self.passing(sync_from_filesystem(self.ctx, dry_run=dry_run))
        )

    async def passing(self, work: Any) -> Any:
        """Let time pass until some work has ended."""
        task = asyncio.ensure_future(work)
        while not task.done():
            await asyncio.sleep(0.005)
            if self.clock.waiting:
                await self.clock.advance(2)
        return task.result()

    async def added(self, *names: str, text: str = SUM) -> None:
        for name in names:
            self.write(name, text)
        await self.sync()

    def approve(self, name: str) -> str:
        """Let a person say yes to what lies there now, as the record keeps it."""
        artifact = self.tool(name)
        release = f"release-of-{artifact['current_version_id']}"
        self.sql(
            "UPDATE artifact_versions SET state = 'approved', release_sha256 = ? WHERE id = ?",
            release,
            artifact["current_version_id"],
        )
        self.sql("UPDATE artifacts SET authorization = 'approved' WHERE id = ?", artifact["id"])
        self.decide(artifact, release)
        return release

    def decide(self, artifact: dict[str, Any], release: str) -> None:
        """Store a sealed decision."""
        row = {
            "subject_kind": "artifact",
            "subject_id": str(artifact["id"]),
            "subject_name": artifact["name"],
            "release_sha256": release,
            "request_json": "{}",
            "requested_by": "ai",
            "requested_at": "2026-11-21T12:00:00.000Z",
            "expires_at": "2027-11-21T12:00:00.000Z",
            "decision": "approved",
            "decided_by": "user",
            "decided_at": "2026-11-21T12:00:00.000Z",
            "channel": "cli",
        }
        self.life.insert("approvals", **row)
        (stored,) = self.sql("SELECT * FROM approvals ORDER BY id DESC LIMIT 1")
        seal = checksum_of(self.ctx, stored)
        self.sql("UPDATE approvals SET checksum = ? WHERE id = ?", seal, stored["id"])

    def tool(self, name: str, kind: str = "user_tool") -> dict[str, Any]:
        text = "SELECT * FROM artifacts WHERE name = ? AND kind = ?"
        (row,) = self.sql(text, name, kind)
        return row

    def standing(self, name: str, kind: str = "user_tool") -> tuple[str, str]:
        row = self.tool(name, kind)
        return row["status"], row["authorization"]

    def versions(self, name: str) -> list[dict[str, Any]]:
        return self.sql(
            "SELECT v.* FROM artifact_versions v JOIN artifacts a ON a.id = v.artifact_id"
            " WHERE a.name = ? ORDER BY v.version_number",
            name,
        )

    def events(self, name: str) -> list[str]:
        text = (
            "SELECT event_type FROM events WHERE subject_kind = 'artifact' AND subject_name = ?"
            " ORDER BY id"
        )
        return [row["event_type"] for row in self.sql(text, name)]

    def alerts(self, state: str = "open") -> list[tuple[str, str]]:
        text = "SELECT code, subject_name FROM alerts WHERE state = ? ORDER BY id"
        return [(row["code"], row["subject_name"]) for row in self.sql(text, state)]

    def sql(self, text: str, *params: object) -> list[dict[str, Any]]:
        return self.life.sql(text, *params)

    def uses(self, name: str, success: int, failure: int, day: str = "2026-11-01") -> None:
        """Count uses of a tool."""
        self.life.insert(
            "run_daily",
            subject_kind="artifact",
            subject_id=str(self.tool(name)["id"]),
            day=day,
            success=success,
            failure=failure,
            last_status="success",
            last_at=f"{day}T09:00:00.000Z",
        )
