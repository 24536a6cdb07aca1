# pyright: basic, reportMissingImports=false
# wit_world exists only while the runner is built, so the types of this one file are open.
"""The program inside the runner; all above `WitWorld` happens once, when the runner is built."""

import asyncio
import gc
import random
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import wit_world

from aifp.server.sandbox.guest import clock, execution, loop, names, requests, testing, zones
from aifp.server.sandbox.guest.door import call
from aifp.server.sandbox.guest.modules import Memory
from aifp.server.sandbox.guest.preload import preload

HERE = Path(__file__).parent


def _sleep(seconds: float) -> None:
    """Wait by asking the host; there is no other way to wait."""
    call(requests.sleep(seconds, None))


def _seed_later() -> None:
    """Spare each instance the 2,500 random bytes it fetches first; every run seeds by itself."""
    seed = random.seed

    def first(*given: Any) -> None:
        random.seed = seed
        if given:
            seed(*given)

    random.seed = first


def _library() -> Memory:
    memory = Memory()
    memory.take(Path(asyncio.__file__).parent.parent)
    memory.take(HERE)
    return memory


def _set_up() -> None:
    preload()
    zones.take(HERE / "zoneinfo")
    sys.meta_path.append(_library())
    sys.modules["aifp_guest"], sys.modules["aifp_testing"] = names, testing
    time.sleep = _sleep
    uuid.__dict__["_node"] = 0x010000000000  # there is no network card to ask
    loop.install()
    clock.install(wit_world.host_call)
    execution.warm_up()
    _seed_later()
    gc.collect()
    gc.freeze()


_set_up()


class WitWorld(wit_world.WitWorld):
    """What the worker may call."""

    def prepare(self) -> None:
        """Touch what every run needs, while nobody waits."""
        execution.warm_up()

    def run(self, job: str) -> str:
        """Run one job given as JSON and return how it ended as JSON."""
        return execution.run(job, wit_world.host_call)
