"""The processes of the product: the daemon, and everything in one for containers and tests."""

import contextlib
import gc
import logging
from collections.abc import Awaitable, Callable, Generator
from pathlib import Path

from aifp.schemas.common import JsonMap
from aifp.schemas.errors import AifpError, Unavailable
from aifp.server.app.control import Control
from aifp.server.app.http_front import HttpFront
from aifp.server.app.wiring import House, open_house
from aifp.server.config import STATE
from aifp.server.daemon.address import Refused
from aifp.server.daemon.inprocess import serve_stdio
from aifp.server.daemon.launch import runtime_folder
from aifp.server.daemon.lifetime import Lifetime
from aifp.server.daemon.lock import FileLock, Held
from aifp.server.daemon.server import Daemon

LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


async def run_daemon(project: Path) -> int:
    """Serve one project until nobody needs it; a second daemon refuses with the first's pid."""
    _begin_log()
    with _plain_refusal(), _owned(project):
        async with open_house(project) as house:
            # What the start left behind lives as long as the process; looking at it is waste.
            gc.freeze()
            await _serve(project, house)
    return 0


async def _serve(project: Path, house: House) -> None:
    lifetime = Lifetime(house.base.clock, _has_work(house), house.settings.idle_minutes)
    handlers = Control(house, lifetime.end).handlers()
    http = HttpFront(house, lifetime)
    streams = {"mcp": house.sessions.serve, "http": http.serve}
    async with http.running():
        await Daemon(project, streams, handlers, lifetime, house.sessions.refusal).run()


def _has_work(house: House) -> Callable[[], Awaitable[bool]]:
    async def has_work() -> bool:
        if house.settings.http_port is not None:
            # A client over HTTP cannot start the daemon again.
            return True
        row = await house.base.directives.one("count_of_work")
        return row is not None and bool(row["work"])

    return has_work


async def run_in_process(project: Path, options: JsonMap) -> int:
    """Serve one client over stdin and stdout with the engine in this very process."""
    _begin_log()
    with _plain_refusal(), _owned(project):
        async with open_house(project) as house:
            if refusal := house.sessions.refusal(options):
                raise Unavailable(refusal)
            await serve_stdio(house.sessions.serve, options)
    return 0


def _begin_log() -> None:
    """Write warnings to the log of the process, and the steps of every system directive."""
    logging.basicConfig(level=logging.WARNING, format=LOG_FORMAT)
    logging.getLogger("aifp.workflow").setLevel(logging.INFO)


@contextlib.contextmanager
def _plain_refusal() -> Generator[None]:
    """Let a refusal leave as itself, out of the groups of the tasks around it."""
    try:
        yield
    except BaseExceptionGroup as group:
        refused, rest = group.split(AifpError)
        while isinstance(refused, BaseExceptionGroup):
            refused = refused.exceptions[0]
        if refused is None or rest is not None:
            raise
        raise refused from None


@contextlib.contextmanager
def _owned(project: Path) -> Generator[None]:
    """Hold the project's lock for the whole life of its one engine."""
    try:
        runtime_folder(str(project))
        with FileLock(project / STATE / "daemon.lock"):
            yield
    except (Refused, Held) as refusal:
        raise Unavailable(str(refusal)) from None
