"""The windows through which helpers see the world."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from aifp.schemas.common import JsonMap, Record
from aifp.schemas.packages import Pin
from aifp.schemas.runs import EngineRequest, EngineStatus, RunReport
from aifp.schemas.sandbox import Guarantee, HostAnswer, HostCall, Job, Outcome
from aifp.schemas.settings import Settings
from aifp.schemas.words import Actor

SqlValue = str | int | float | bytes | None
Row = Mapping[str, SqlValue]


class Reader(Protocol):
    """Runs named queries from schemas/sql."""

    async def one(self, query: str, /, **params: SqlValue) -> Row | None:
        """Return the first row, or None."""
        ...

    async def all(self, query: str, /, **params: SqlValue) -> list[Row]:
        """Return every row."""
        ...


class Writer(Reader, Protocol):
    """A reader inside one write transaction."""

    async def run(self, query: str, /, **params: SqlValue) -> int:
        """Run a statement and return the number of rows it touched.

        A statement that must give back values uses RETURNING and `one`.
        """
        ...


class Database(Reader, Protocol):
    """One SQLite file: many readers, one writer; a file that does not exist yet reads as empty."""

    def write(self) -> AbstractAsyncContextManager[Writer]:
        """Open the single write transaction; durable when left, rolled back on error.

        Creates and migrates the file on first use. Never wait for anything but the writer inside.
        """
        ...


@dataclass(frozen=True, slots=True)
class Databases:
    """The files of a project that hold tables, and the shipped one about aifp itself.

    Only `directives` holds what must change together; `project` is told by it (outbox).
    """

    directives: Database
    project: Database
    preferences: Database
    core: Reader


class Clock(Protocol):
    """The only source of time."""

    def now(self) -> datetime:
        """Return the current time, timezone-aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never go back; for timeouts and durations."""
        ...

    async def wait(self, event: asyncio.Event, seconds: float) -> bool:
        """Return True once the event is set, False when the seconds have passed."""
        ...


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file as the file system lists it, by its project-relative path.

    modified_ns, changed_ns: when its bytes and when anything about it changed last. fresh: that
    was a moment ago, so that it may change once more and look the same.
    """

    path: str
    size: int
    modified_ns: int
    changed_ns: int
    fresh: bool = False


class Files(Protocol):
    """The project's folder; paths are project-relative, contained by real path, links refused."""

    async def read(self, path: str, limit: int = 1_048_576) -> bytes:
        """Return the bytes of a regular file inside the project.

        Raises FileMissing, InvalidArgument (outside, not regular) or LimitExceeded.
        """
        ...

    async def write(self, files: Mapping[str, bytes | None]) -> None:
        """Write files by temporary file, flush and rename, all or none; None removes one, last."""
        ...

    async def find(self, glob: str, *, certain: bool = False) -> list[FoundFile]:
        """Return the regular files matching the glob, sorted by path.

        `certain`: what cannot be listed is no empty list. Raises FileMissing where the folder is
        not there, Unavailable where it cannot be read.
        """
        ...

    async def keep(self, data: bytes) -> str:
        """Put bytes into the object store and return their sha256."""
        ...

    async def fetch(self, sha256: str) -> bytes:
        """Return the bytes of an object, checked against its hash."""
        ...


class HostDoor(Protocol):
    """Answers the host calls of one execution; an exception drops the execution and passes on."""

    async def call(self, calls: Sequence[HostCall]) -> list[HostAnswer]:
        """Answer the calls, in order; several at once are parallel branches."""
        ...


class Sandbox(Protocol):
    """Runs code that nobody trusts."""

    async def probe(self) -> frozenset[Guarantee]:
        """Prove each promise by attack, once, and return the proved ones."""
        ...

    async def run(self, job: Job, host: HostDoor | None = None) -> Outcome:
        """Run one job in a fresh instance."""
        ...

    def profile(self, packages: Sequence[Pin] = ()) -> str:
        """Return the id of the profile that code with these packages runs in.

        It is part of every release hash: code approved for one profile runs in no other.
        """
        ...


class Engine(Protocol):
    """The running engine of this project."""

    def wake(self) -> None:
        """Look again at what is due: something was activated, paused or changed."""
        ...

    async def run_now(self, request: EngineRequest) -> RunReport:
        """Do what is asked for by hand, such as a run or a tool call, and wait for its end."""
        ...

    async def cancel(self, run_ids: Sequence[int], reason: str) -> int:
        """End open runs (10 s grace, then killed) and return how many."""
        ...

    async def stop_all(self, reason: str) -> int:
        """Set the stop switch and end every run within 2 s; return how many ended."""
        ...

    async def status(self) -> EngineStatus:
        """Return what the engine is doing, once it has taken up what `wake` told it."""
        ...


class HumanAnswer(Record):
    """What the person said; `unavailable` when this client cannot ask one."""

    action: Literal["accept", "decline", "cancel", "unavailable"]
    content: JsonMap = {}


class Door(Protocol):
    """The connection this call came through: the person behind it and the tools before it."""

    async def ask(self, key: str, message: str, schema: JsonMap) -> HumanAnswer:
        """Ask through the client; may raise NeedsInput, so do nothing twice before asking."""
        ...

    async def tools_changed(self) -> None:
        """Tell every connected client that the list of tools changed."""
        ...

    async def progress(self, done: float, total: float | None, message: str) -> None:
        """Tell the caller how far the work of this call is; nobody need listen."""
        ...

    async def search_tools(self, query: str, limit: int) -> list[JsonMap]:
        """Return {name, toolset, description, input_schema} of fitting tools, best first."""
        ...

    async def call_tool(self, name: str, arguments: JsonMap) -> JsonMap:
        """Call any tool through the same gate, marks and audit."""
        ...


class Keyring(Protocol):
    """Keys and secrets in the user's configuration folder, never in the project."""

    def seal(self, text: str) -> str:
        """Return the keyed checksum (HMAC-SHA256, hex) of a text."""
        ...

    def secret_names(self) -> frozenset[str]:
        """Return the names of the stored secrets."""
        ...

    def reveal(self, name: str) -> str:
        """Return one secret value; only host functions call this. Raises DependencyMissing."""
        ...

    def redact(self, text: str) -> str:
        """Replace every secret value in a text."""
        ...

    def needs_passphrase(self) -> bool:
        """Tell whether decisions need a passphrase now; only the terminal asks for one."""
        ...


class Machine(Protocol):
    """What this machine offers to directives: the project's packages, programs, variables."""

    async def package(self, name: str) -> str | None:
        """Return the version of an installed package of the project's own folder, or None."""
        ...

    async def program(self, name: str) -> str | None:
        """Return the real path of a program that can be started, or None."""
        ...

    async def variable(self, name: str) -> bool:
        """Tell whether an environment variable is set; its value stays outside."""
        ...

    async def resolve(self, requirements: Sequence[str]) -> list[Pin]:
        """Return exact versions with hashes: what was asked for first, then all that it needs.

        Raises DependencyMissing when no binary package fits, Unavailable without an index.
        """
        ...

    async def place(self, pins: Sequence[Pin], *, install: bool = False) -> list[str]:
        """Return the folders of the project that hold exactly these packages, whole and unaltered.

        `install` fetches what is not there, all or none. Raises DependencyMissing without it, and
        Unavailable, LimitExceeded or Conflict (other bytes than pinned) with it.
        """
        ...


@dataclass(frozen=True, slots=True)
class Ctx:
    """Everything a helper may touch."""

    databases: Databases
    clock: Clock
    files: Files
    machine: Machine
    sandbox: Sandbox
    engine: Engine
    door: Door
    keyring: Keyring
    settings: Settings
    actor: Actor

    @property
    def directives(self) -> Database:
        """Return user_directives.db."""
        return self.databases.directives

    @property
    def project(self) -> Database:
        """Return project.db."""
        return self.databases.project

    @property
    def preferences(self) -> Database:
        """Return user_preferences.db."""
        return self.databases.preferences

    @property
    def core(self) -> Reader:
        """Return aifp_core.db, which nobody writes while aifp runs."""
        return self.databases.core
