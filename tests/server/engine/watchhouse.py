"""Everything before a run is driven, with real databases and files, and time moved by hand."""

import json
import sqlite3
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from pydantic import JsonValue

from aifp.helpers.user_directives.internal.approvals import ask_for_run, is_genuine
from aifp.schemas.canonical import CanonicalDirective
from aifp.schemas.common import JsonMap
from aifp.schemas.instants import from_text, to_text
from aifp.schemas.ports import Ctx, Door, Sandbox
from aifp.schemas.releases import Release
from aifp.schemas.sandbox import HostCall
from aifp.schemas.settings import Settings
from aifp.schemas.words import RunStatus
from aifp.server.adapters.files import ProjectFiles
from aifp.server.adapters.keyring import FileKeyring
from aifp.server.adapters.machine import HostMachine
from aifp.server.db.connection import open_databases
from aifp.server.engine.consequences import Consequences, Settled
from aifp.server.engine.driving.closing import end_open_run
from aifp.server.engine.driving.endings import Ending
from aifp.server.engine.engine import EngineService, Facts
from aifp.server.engine.starting.admission import Admission
from aifp.server.engine.starting.dispatch import Dispatcher
from aifp.server.engine.starting.guards import Guards
from aifp.server.engine.starting.plans import Plan, Plans
from aifp.server.engine.starting.run_approvals import RunApprovals
from aifp.server.engine.starting.scheduler import Scheduler
from aifp.server.engine.world.entities import Entities
from aifp.server.engine.world.holds import Holds
from aifp.server.engine.world.observations import Observations
from aifp.server.engine.world.reads import Reads
from tests.clock import FakeClock

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
STEPS: list[JsonMap] = [{"verb": "log", "message": "hello"}]


@dataclass
class Desk:
    """Stands where the runner stands: remembers what it was given and drives nothing."""

    handed: list[int] = field(default_factory=lambda: list[int]())
    locks: dict[int, str] = field(default_factory=lambda: dict[int, str]())
    cancelled: list[tuple[int, str]] = field(default_factory=lambda: list[tuple[int, str]]())
    heard: Callable[[int], None] = lambda run_id: None

    def submit(self, run_id: int, priority: int, lock: str) -> None:
        self.handed.append(run_id)
        self.locks[run_id] = lock

    async def cancel(self, run_id: int, reason: str) -> bool:
        self.cancelled.append((run_id, reason))
        return True

    def let_go(self, run_id: int) -> None:
        self.heard(run_id)

    def ended(self, run_id: int) -> None:
        self.heard(run_id)


class Watchhouse:
    """One engine's worth of parts up to admission; made anew, it is a restart."""

    def __init__(self, ctx: Ctx, clock: FakeClock, path: Path) -> None:
        self.ctx, self.clock, self.path = ctx, clock, path
        self.desk, self.reads = Desk(), dict[str, JsonValue]()
        self.settled: list[Settled] = []
        self.plans = Plans(ctx.databases)
        self.observations, self.holds = Observations(ctx.directives), Holds(ctx.directives)
        self.dispatcher = Dispatcher(ctx.directives, clock, self.desk)
        self.desk.heard = self.dispatcher.let_go
        self.scheduler = Scheduler(ctx.directives, clock, self.plans, self.dispatcher, lambda: None)
        self.entities = Entities(
            ctx.directives,
            clock,
            self.plans,
            self.observations,
            self.holds,
            self._read_for,
            lambda: None,
        )
        self.consequences = Consequences(
            ctx, self.plans, [self._hear], lambda: None, lambda: None, self.dispatcher.let_go
        )
        guards = Guards(self.observations, self.holds, Reads(self._read))
        approvals = RunApprovals(ask_for_run, is_genuine)
        self.admission = Admission(self._gate, guards, approvals, self.desk.cancel, self.desk)
        self.refusal: Exception | None = None

    async def open(self) -> None:
        """Do what a start of the daemon does."""
        await self.scheduler.turn()
        await self.entities.open()
        await self.entities.reload()
        await self.consequences.reload()

    async def add(self, name: str, *, status: str = "active", **canonical: Any) -> int:
        """Put a directive into the database and begin to watch it."""
        directive = directive_of(name, **canonical)
        with closing(sqlite3.connect(self.path, timeout=30)) as db:  # noqa: TID251
            cursor = db.execute(
                "INSERT INTO user_directives (name, source_file, source_format, source_index,"
                " directive_type, trigger, action, draft_json, configuration_json, raw_content,"
                " priority, timezone, status, created_at, updated_at, activated_at)"
                " VALUES (?, 'd.yaml', 'yaml', 0, ?, '', '', '{}', ?, '', ?, ?, ?, ?, ?, ?)",
                (
                    name,
                    directive.type,
                    json.dumps(directive.canonical()),
                    directive.priority,
                    directive.timezone,
                    status,
                    *[to_text(self.clock.now())] * 3,
                ),
            )
            db.commit()
        await self.look()
        return cursor.lastrowid or 0

    async def look(self) -> None:
        """Let every part see changed directives."""
        self.scheduler.wake()
        await self.scheduler.turn()
        await self.entities.reload()
        await self.consequences.reload()

    async def turn(self) -> None:
        """Do everything that is due now."""
        await self.scheduler.turn()
        await self.entities.turn(self.clock.now())
        await self.scheduler.turn()

    async def pass_time(self, seconds: float) -> None:
        await self.clock.advance(seconds)
        await self.turn()

    async def admit(self, run_id: int) -> bool:
        """Say whether a run may be driven now."""
        return await self.admission.admit(self.ctx, run_id) is not None

    async def begin(self, run_id: int) -> None:
        """Take a run as a driver does."""
        self.write("UPDATE runs SET status = 'running', epoch = 1 WHERE id = ?", run_id)

    async def finish(self, run_id: int, status: RunStatus = "success") -> None:
        """End a run as its driver does, and draw the consequences."""
        if self.value("SELECT epoch FROM runs WHERE id = ?", run_id) == 0:
            await self.begin(run_id)
        await end_open_run(self.ctx, run_id, Ending(status))
        await self.settle()

    async def settle(self) -> None:
        """Draw the consequences of ended runs and hand over what follows."""
        await self.consequences.turn(self.clock.now())
        await self.look()

    def rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        with closing(sqlite3.connect(self.path, timeout=30)) as db:  # noqa: TID251
            db.row_factory = sqlite3.Row
            return [dict(row) for row in db.execute(sql, values)]

    def value(self, sql: str, *values: object) -> Any:
        found = self.rows(sql, *values)
        return next(iter(found[0].values())) if found else None

    def write(self, sql: str, *values: object) -> None:
        with closing(sqlite3.connect(self.path, timeout=30)) as db:  # noqa: TID251
            db.execute(sql, values)
            db.commit()

    def runs(self, name: str | None = None) -> list[dict[str, Any]]:
        """Return the run rows, oldest due first."""
        return self.rows(
            "SELECT r.*, d.name FROM runs r JOIN user_directives d ON d.id = r.directive_id"
            " WHERE ? IS NULL OR d.name = ? ORDER BY r.due_at, r.id",
            name,
            name,
        )

    def told(self, name: str | None = None) -> list[str]:
        """Return each run as one word, or `word(reason)`."""
        return [one_word(row) for row in self.runs(name)]

    async def _gate(self, ctx: Ctx, directive_id: int) -> Release:
        if self.refusal is not None:
            raise self.refusal
        plan = self.plans.get(directive_id)
        assert plan is not None
        return release_of(plan)

    async def _read(self, ctx: Ctx, release: Release, call: HostCall) -> JsonValue:
        return self.reads.get(str(call.arguments["url"]))

    async def _read_for(self, plan: Plan) -> JsonMap:
        names = plan.directive.read
        return {name: value for name in names if (value := self.reads.get(name)) is not None}

    async def _hear(self, settled: Settled) -> None:
        self.settled.append(settled)


def one_word(row: dict[str, Any]) -> str:
    return f"{row['status']}({row['reason']})" if row["reason"] else str(row["status"])


def due_of(row: dict[str, Any]) -> datetime:
    return from_text(row["due_at"])


def directive_of(name: str, **canonical: Any) -> CanonicalDirective:
    """Return a directive with sensible rest."""
    given = {"type": "schedule", "timezone": "UTC", "when": [], "steps": STEPS} | canonical
    return CanonicalDirective.model_validate({"format": 1, "name": name, **given})


def release_of(plan: Plan) -> Release:
    return Release(
        directive_id=plan.directive_id,
        directive_version=plan.version,
        directive=plan.directive,
        artifact_version_id=1,
        modules={},
        main="m",
        entry_point=f"execute_{plan.name}",
        permissions=[],
        directive_sha256="d",
        code_sha256="c",
        permissions_sha256="p",
        release_sha256="r",
    )


def every(ms: int, **more: Any) -> JsonMap:
    return {"kind": "interval", "every_ms": ms, **more}


@asynccontextmanager
async def open_watchhouse(
    folder: Path, clock: FakeClock | None = None, **settings: Any
) -> AsyncGenerator[Watchhouse]:
    """Open a house on a folder; opening it again later is a restart of the daemon."""
    clock = clock or FakeClock(NOON)
    path = folder / ".aifp-project" / "user_directives.db"
    async with open_databases(path.parent) as databases:
        async with databases.directives.write():
            pass
        async with databases.project.write():
            pass
        ctx = Ctx(
            databases=databases,
            clock=clock,
            files=ProjectFiles(folder),
            machine=HostMachine(folder),
            sandbox=cast("Sandbox", None),
            engine=EngineService(Facts(pid=1)),
            door=cast("Door", None),
            keyring=FileKeyring(folder / "config"),
            settings=Settings(project=folder, config_folder=folder / "config", **settings),
            actor="system",
        )
        house = Watchhouse(ctx, clock, path)
        await house.open()
        yield house
