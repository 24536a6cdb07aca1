"""Build one project's house: every port gets its concrete class here and nowhere else."""

import importlib.metadata
import os
import platform
import re
import secrets
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from aifp.schemas.common import JsonMap
from aifp.schemas.ports import Ctx, Databases, Door, Reader, Sandbox
from aifp.schemas.settings import Settings
from aifp.server.adapters.clock import SystemClock
from aifp.server.adapters.files import ProjectFiles
from aifp.server.adapters.http import GuardedHttp
from aifp.server.adapters.keyring import FileKeyring
from aifp.server.adapters.logfiles import LogFiles
from aifp.server.adapters.machine import HostMachine
from aifp.server.adapters.private_files import read_private, write_private
from aifp.server.app.facts import ProjectFacts
from aifp.server.app.notices import LogNotifier
from aifp.server.catalog.load import intents_of, registered_tools
from aifp.server.config import STATE, read_settings
from aifp.server.db.connection import open_databases
from aifp.server.engine.assembly import Outside, assemble
from aifp.server.engine.consequences import Settled
from aifp.server.engine.driving.failpoints import read_failpoints
from aifp.server.engine.engine import EngineService, Facts
from aifp.server.engine.logs import Logs
from aifp.server.mcp.news import News
from aifp.server.mcp.registry import Registry
from aifp.server.mcp.sessions import Sessions
from aifp.server.sandbox.choice import open_sandboxes

# What a header can carry, and anything at all.
TOKEN = re.compile(rb"[!-~]+")


@dataclass(frozen=True, slots=True)
class House:
    """One project, open and running."""

    settings: Settings
    sessions: Sessions
    engine: EngineService
    base: Ctx

    def context(self, door: Door) -> Ctx:
        """Return the context of a call by the assistant."""
        return replace(self.base, door=door, actor="ai")

    def person(self) -> Ctx:
        """Return the context of the person at the terminal."""
        return replace(self.base, actor="user")


@dataclass(frozen=True, slots=True)
class Storage:
    """What is open for as long as the house is."""

    databases: Databases
    sandbox: Sandbox
    http: GuardedHttp


@asynccontextmanager
async def open_house(project: Path) -> AsyncGenerator[House]:
    """Open a project, start its engine, and close everything in order."""
    settings = read_settings(project)
    state = project / STATE
    async with (
        open_databases(state) as databases,
        open_sandboxes(settings.workers) as sandbox,
        _open_http() as http,
    ):
        registry = await _registry(databases.core)
        house = _furnish(settings, Storage(databases, sandbox, http), registry)
        await house.engine.start()
        try:
            async with house.sessions.running(house.base.clock):
                yield house
        finally:
            await house.engine.close()


@asynccontextmanager
async def _open_http() -> AsyncGenerator[GuardedHttp]:
    http = GuardedHttp()
    try:
        yield http
    finally:
        await http.close()


async def _registry(core: Reader) -> Registry:
    """Return the tools as aifp_core.db has them."""
    return Registry(await registered_tools(core), intents=await intents_of(core))


def _furnish(settings: Settings, storage: Storage, registry: Registry) -> House:
    engine = EngineService(Facts(os.getpid(), versions(), host_limits(settings)))

    def make_context(door: Door) -> Ctx:
        return replace(base, door=door)

    clock = SystemClock()
    facts = ProjectFacts(storage.databases, clock)
    sessions = Sessions(registry, settings, make_context, facts, version())
    base = Ctx(
        databases=storage.databases,
        clock=clock,
        files=ProjectFiles(settings.project),
        machine=HostMachine(settings.project, settings.package_index),
        sandbox=storage.sandbox,
        engine=engine,
        door=sessions.background_door(),
        keyring=FileKeyring(settings.config_folder),
        settings=settings,
        actor="ai",
    )

    def make_outside(ctx: Ctx) -> Outside:
        return _outside(ctx, storage, sessions.news)

    assemble(lambda _: replace(base, actor="system"), engine, make_outside)
    return House(settings, sessions, engine, base)


def _outside(ctx: Ctx, storage: Storage, news: News) -> Outside:
    async def settled(run: Settled) -> None:
        await news.ran(run.name, run.run_id)

    logs = Logs(ctx, LogFiles(ctx.settings.project))
    return Outside(
        http=storage.http,
        notifier=LogNotifier(logs, ctx.project),
        logs=logs,
        hooks_token=own_token(ctx.settings.project, "hooks.token"),
        failpoints=read_failpoints(os.environ),
        on_settled=(settled,),
        discard=ProjectFiles(ctx.settings.project).discard,
        on_events=(news.stir,),
    )


def own_token(project: Path, name: str) -> str:
    """Return a token of the project, made once, readable by its owner only.

    One that others may know, such as a file that came with a cloned project, is none.
    """
    path = project / STATE / name
    kept = (read_private(path) or b"").strip()
    if TOKEN.fullmatch(kept):
        return kept.decode("ascii")
    token = secrets.token_urlsafe(24)
    write_private(path, f"{token}\n".encode("ascii"))
    return token


def version() -> str:
    """Return the version of this aifp."""
    return importlib.metadata.version("aifp")


def versions() -> dict[str, str]:
    """Return what an answer to `which version?` needs."""
    return {
        "aifp": version(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "wasmtime": importlib.metadata.version("wasmtime"),
    }


def host_limits(settings: Settings) -> JsonMap:
    """Return what bounds the work on this machine."""
    return {"sandbox_workers": settings.workers, "concurrent_runs": settings.concurrency}
