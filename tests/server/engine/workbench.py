"""A small engine on real parts: databases, files, keyring, sandbox, HTTP; releases by hand."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import JsonValue

from aifp.schemas.canonical import CanonicalDirective
from aifp.schemas.common import JsonMap
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Clock, Ctx, Engine, Row, Sandbox
from aifp.schemas.releases import Permission, Release
from aifp.schemas.settings import Settings
from aifp.server.adapters.files import ProjectFiles
from aifp.server.adapters.http import GuardedHttp, Resolve, resolve_host
from aifp.server.adapters.keyring import FileKeyring
from aifp.server.adapters.logfiles import LogFiles
from aifp.server.adapters.machine import HostMachine
from aifp.server.db.connection import open_databases
from aifp.server.engine.driving.driver import Driver
from aifp.server.engine.driving.failpoints import Failpoint, Failpoints
from aifp.server.engine.driving.preparation import Kit
from aifp.server.engine.logs import Logs
from tests.clock import FakeClock
from tests.helpers.user_directives.people import Person

SEED = "0123456789abcdef"


class Notices:
    """A channel that keeps what it sends."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []

    async def send(self, channel: str, message: str, title: str | None, level: str) -> None:
        self.sent.append((channel, message))


class OpenWorld:
    """Knows one condition to be true, and nothing of the others."""

    async def evaluate(
        self, directive_id: int, expr_text: str, names: Mapping[str, JsonValue]
    ) -> bool | None:
        return True if expr_text == "input.on" and names.get("input") else None


@dataclass
class Workbench:
    """Everything a driver needs, and short ways to look at what it wrote."""

    project: Path
    ctx: Ctx
    kit: Kit
    keyring: FileKeyring
    clock: Clock
    notices: Notices
    releases: dict[int, Release] = field(default_factory=dict[int, Release])

    def driver(self, failpoints: Failpoints | None = None) -> Driver:
        kit = self.kit
        if failpoints is not None:
            kit = replace(kit, failpoints=failpoints)
        return Driver(kit, self.admit, self.stored)

    async def directive(
        self,
        code: str,
        *permissions: Permission,
        name: str = "night_light",
        policies: JsonMap | None = None,
        steps: list[JsonMap] | None = None,
    ) -> Release:
        """Store an active directive whose approved code is given."""
        directive = CanonicalDirective.model_validate(
            {
                "format": 1,
                "name": name,
                "type": "schedule",
                "timezone": "Europe/Berlin",
                "when": [{"kind": "cron", "expr": "0 18 * * *"}],
                "steps": steps or [{"verb": "log", "message": "x"}],
                "policies": policies or {},
            }
        )
        directive_id = await self._store(directive)
        release = Release(
            directive_id=directive_id,
            directive_version=1,
            directive=directive,
            artifact_version_id=1,
            modules={name: code},
            main=name,
            entry_point=f"execute_{name}",
            permissions=list(permissions),
            directive_sha256="d",
            code_sha256="c",
            permissions_sha256="p",
            release_sha256="r",
        )
        self.releases[directive_id] = release
        return release

    async def run(self, release: Release, key: str = "due-1", **given: JsonValue) -> int:
        """Open a queued run."""
        now = to_text(self.clock.now())
        return await self.write(
            "INSERT INTO runs (kind, directive_id, trigger_source, idempotency_key, status,"
            " created_at, due_at, input_json, random_seed)"
            " VALUES ('directive', ?, 'schedule', ?, 'queued', ?, ?, ?, ?) RETURNING id",
            release.directive_id,
            key,
            now,
            now,
            json.dumps({"input": given, "read": {}}),
            SEED,
        )

    async def row(self, run_id: int) -> dict[str, Any]:
        return (await self.look("SELECT * FROM runs WHERE id = ?", run_id))[0]

    async def steps(self, run_id: int) -> list[dict[str, Any]]:
        sql = "SELECT * FROM run_steps WHERE run_id = ? ORDER BY attempt, seq"
        return await self.look(sql, run_id)

    async def look(self, sql: str, *params: object) -> list[dict[str, Any]]:
        return await asyncio.to_thread(self._look, sql, params)

    async def write(self, sql: str, *params: object) -> int:
        found = await asyncio.to_thread(self._look, sql, params)
        return int(found[0]["id"]) if found else 0

    def _look(self, sql: str, params: tuple[object, ...]) -> list[dict[str, Any]]:
        db = sqlite3.connect(self.project / "user_directives.db", timeout=30)  # noqa: TID251
        db.row_factory = sqlite3.Row
        try:
            found = [dict(row) for row in db.execute(sql, params)]
            db.commit()
            return found
        finally:
            db.close()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Let everything go on until something holds."""
        for _ in range(2_000):
            if holds():
                return
            await asyncio.sleep(0.01)
        pytest.fail("it never came about")

    async def until_status(self, run_id: int, status: str) -> None:
        """Let everything go on until a run has a status."""
        for _ in range(2_000):
            if (await self.row(run_id))["status"] == status:
                return
            await asyncio.sleep(0.01)
        pytest.fail(f"run {run_id} was never {status}")

    async def crash_inside(self, run_id: int) -> None:
        """Leave the record as an engine does that dies while it drives a run."""
        directive = (await self.row(run_id))["directive_id"]
        sql = "SELECT load_crashes AS n FROM user_directives WHERE id = ?"
        before = (await self.look(sql, directive))[0]["n"]
        with pytest.raises(Abandoned):
            await self.driver(Abandoning("after_claim")).drive(run_id)
        counted = "UPDATE user_directives SET load_crashes = ? WHERE id = ?"
        await self.write(counted, before + 1, directive)

    async def deny(self, release: Release, resource: str, value: JsonMap) -> None:
        """Store what a person denied a directive."""
        approval = await self.write(
            "INSERT INTO approvals (subject_kind, subject_id, subject_name, release_sha256,"
            " request_json, requested_by, requested_at, expires_at)"
            " VALUES ('grant', '1', 'g', 'r', '{}', 'user', 't', 't') RETURNING id"
        )
        await self.write(
            "INSERT INTO grants (subject_kind, subject_id, effect, resource, value_json,"
            " approval_id, granted_by, created_at)"
            " VALUES ('directive', ?, 'deny', ?, ?, ?, 'user', 't') RETURNING id",
            str(release.directive_id),
            resource,
            json.dumps(value),
            approval,
        )

    def jump(self, instant: datetime) -> None:
        """Set the clock to an instant."""
        clock_of(self).set(instant)

    def take_over(self, run_id: int) -> None:
        """Raise the epoch, as another driver does when it takes the run."""
        self._look("UPDATE runs SET epoch = epoch + 1 WHERE id = ?", (run_id,))

    async def _store(self, directive: CanonicalDirective) -> int:
        async with self.ctx.directives.write():
            pass  # makes the file
        at = to_text(self.clock.now())
        return await self.write(
            "INSERT INTO user_directives (name, source_file, source_format, source_index,"
            " directive_type, trigger, action, draft_json, configuration_json, raw_content,"
            " status, created_at, updated_at)"
            " VALUES (?, 'a.yaml', 'yaml', 0, 'schedule', 't', 'a', '{}', ?, 'raw', 'active', ?, ?)"
            " RETURNING id",
            directive.name,
            json.dumps(directive.canonical()),
            at,
            at,
        )

    async def admit(self, ctx: Ctx, run_id: int) -> Release | None:
        return await self._of(run_id)

    async def stored(self, ctx: Ctx, row: Row) -> Release:
        return await self._of(int(row["id"] or 0))

    async def _of(self, run_id: int) -> Release:
        return self.releases[(await self.row(run_id))["directive_id"]]


@asynccontextmanager
async def open_workbench(
    project: Path,
    sandbox: Sandbox,
    clock: Clock | None = None,
    resolve: Resolve = resolve_host,
) -> AsyncGenerator[Workbench]:
    """Open an engine in a folder; opening it again goes on with what is there."""
    clock = clock or FakeClock()
    keyring = FileKeyring(project / "config")
    async with open_databases(project) as databases:
        ctx = Ctx(
            databases=databases,
            clock=clock,
            files=ProjectFiles(project),
            machine=HostMachine(project),
            sandbox=sandbox,
            engine=cast("Engine", None),
            door=Person(),
            keyring=keyring,
            settings=Settings(project=project, config_folder=project / "config"),
            actor="system",
        )
        http, files, notices = GuardedHttp(resolve), LogFiles(project), Notices()
        kit = Kit(ctx, http, notices, OpenWorld(), Logs(ctx, files))
        try:
            yield Workbench(project, ctx, kit, keyring, clock, notices)
        finally:
            await http.close()
            await files.close()


def host_permission(port: int, *methods: str, host: str = "127.0.0.1") -> Permission:
    """Grant a private host on loopback."""
    return Permission(
        resource="host",
        value={
            "host": host,
            "port": port,
            "scheme": "http",
            "methods": list(methods or ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")),
            "private": True,
        },
    )


def clock_of(bench: Workbench) -> FakeClock:
    """Return the clock that a test moves by hand."""
    assert isinstance(bench.clock, FakeClock)
    return bench.clock


class Abandoned(BaseException):
    """The driver was left alone here, as by a crash."""


class Abandoning(Failpoints):
    """Leaves the driver alone the nth time it reaches a place, without ending the process."""

    def __init__(self, place: Failpoint, times: int = 1) -> None:
        super().__init__()
        self._place, self._left = place, times

    def reach(self, name: Failpoint) -> None:
        if name == self._place:
            self._left -= 1
            if self._left == 0:
                raise Abandoned(name)
