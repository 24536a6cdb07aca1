"""Import at build time what automations use, so that the snapshot holds it ready."""

import importlib

ALLOWED = """
    abc asyncio base64 bisect calendar collections contextlib copy csv dataclasses datetime
    decimal difflib enum fractions functools hashlib heapq hmac html io itertools json math
    numbers operator random re statistics string textwrap time types typing unicodedata
    urllib.parse uuid xml.etree.ElementTree zoneinfo
""".split()  # noqa: SIM905
ALSO = """
    __future__ _strptime asyncio.runners asyncio.taskgroups asyncio.timeouts collections.abc
    encodings.idna html.entities html.parser inspect linecache locale secrets traceback
    xml.etree.ElementPath zoneinfo._zoneinfo
""".split()  # noqa: SIM905


def preload() -> None:
    """Import every module that automations may import, and what those import late."""
    for name in [*ALLOWED, *ALSO]:
        importlib.import_module(name)
    _warm_up()


def _warm_up() -> None:
    """Fill the caches that a first use would fill."""
    importlib.import_module("re").compile(r"(?P<a>\w+)\s*[,;]")
    importlib.import_module("datetime").datetime.strptime("2026-01-01", "%Y-%m-%d")
