"""A daemon of the real parts over the fixture tools: `python -m ... --project DIR`."""

import asyncio
import logging
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, time

from aifp.schemas.common import JsonMap
from aifp.server.daemon.launch import runtime_folder
from aifp.server.daemon.lifetime import Lifetime
from aifp.server.daemon.lock import FileLock, Held
from aifp.server.daemon.server import Daemon
from tests.server.mcp.wiring import fixture_sessions


class RealClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.fromtimestamp(time(), UTC)

    def monotonic(self) -> float:
        return monotonic()

    async def wait(self, event: asyncio.Event, seconds: float) -> bool:
        try:
            await asyncio.wait_for(event.wait(), seconds)
        except TimeoutError:
            return False
        return True


async def run(project: Path, idle_minutes: float) -> str:
    async def has_work() -> bool:
        return (project / "work").exists()

    lifetime = Lifetime(RealClock(), has_work, idle_minutes)

    async def status(_: JsonMap) -> JsonMap:
        return {"pid": os.getpid(), "clients": lifetime.clients}

    async def stop(_: JsonMap) -> JsonMap:
        lifetime.end("asked to stop")
        return {"stopped": True}

    handlers = {"status": status, "stop": stop}
    sessions = fixture_sessions()
    streams = {"mcp": sessions.serve}
    return await Daemon(project, streams, handlers, lifetime, sessions.refusal).run()


def main() -> int:
    project = Path(sys.argv[sys.argv.index("--project") + 1])
    logging.basicConfig(level=logging.WARNING)
    with (project / "starts").open("a") as starts:
        starts.write(f"{os.getpid()}\n")
    try:
        with FileLock(runtime_folder(str(project)) / "daemon.lock"):
            asyncio.run(run(project, float(os.environ.get("IDLE_MINUTES", "15"))))
    except Held as held:
        sys.stderr.write(f"{held}\n")
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
