"""Give code here the same surroundings as in WebAssembly, before it comes."""

import os
import sys
import time
import uuid
import zoneinfo
from collections.abc import Callable
from typing import Any

from aifp.server.sandbox.confined import readable
from aifp.server.sandbox.guest import clock, execution, loop, names, requests, testing
from aifp.server.sandbox.guest.door import call

# There is no network card to ask.
NODE = 0x010000000000


def install(send: Callable[[str], str]) -> None:
    """Set everything up; `send` is the way to the daemon."""
    zoneinfo.reset_tzpath(to=(str(readable.time_zones()),))
    sys.modules["aifp_guest"], sys.modules["aifp_testing"] = names, testing
    time.sleep = _sleep
    # Without these uuid asks Python for time and randomness, not the C library.
    for name, value in {"_node": NODE, "_generate_time_safe": None, "_UuidCreate": None}.items():
        setattr(uuid, name, value)
    loop.install()
    clock.install(send)
    execution.warm_up()
    sys.argv.clear()
    # The C libraries keep seeing what is meant for them.
    forget: Any = vars(os.environ)["_data"]
    forget.clear()


def _sleep(seconds: float) -> None:
    """Wait by asking the host; there is no other way to wait."""
    call(requests.sleep(seconds, None))
