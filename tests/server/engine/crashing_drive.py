"""Drive one run in a process of its own, which a failpoint may end: python -m ... folder id."""

import asyncio
import json
import os
import sys
from pathlib import Path

from aifp.schemas.releases import Release
from aifp.server.engine.driving.driver import Driver
from aifp.server.engine.driving.failpoints import read_failpoints
from aifp.server.engine.driving.preparation import Kit
from aifp.server.sandbox.runner_files import default_cache
from aifp.server.sandbox.wasm import open_sandbox
from tests.server.engine.workbench import open_workbench


async def drive(project: Path, run_id: int) -> None:
    """Drive the run with the release that lies in release.json."""
    release = Release.model_validate_json((project / "release.json").read_bytes())
    failpoints = read_failpoints(os.environ)
    async with (
        open_sandbox(workers=1, cache=default_cache()) as sandbox,
        open_workbench(project, sandbox) as bench,
    ):
        bench.releases[release.directive_id] = release
        kit = bench.kit
        kit = Kit(kit.ctx, kit.http, kit.notifier, kit.world, kit.logs, failpoints)
        driven = await Driver(kit, bench.admit, bench.stored).drive(run_id)
        sys.stdout.write(json.dumps({"status": driven.status}))


if __name__ == "__main__":
    asyncio.run(drive(Path(sys.argv[1]), int(sys.argv[2])))
