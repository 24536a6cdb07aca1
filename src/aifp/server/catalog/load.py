"""Read what sync-directives.py made, and reach the functions it names."""

import importlib
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from aifp.helpers.contract import marks_of
from aifp.schemas.catalog import Catalog, HelperEntry, Intent
from aifp.schemas.errors import Unavailable
from aifp.schemas.ports import Reader
from aifp.server.db.core_rows import CATALOG_FILE, entry_of

Function = Callable[..., Any]
Loader = Callable[[HelperEntry], Function]


def load_catalog(file: Path = CATALOG_FILE) -> Catalog:
    """Return the committed catalog."""
    return Catalog.model_validate_json(file.read_bytes())


def tools_of(catalog: Catalog) -> list[HelperEntry]:
    """Return the entries that clients may call, in the order of the file."""
    return [entry for entry in catalog.helpers if entry.is_tool]


async def registered_tools(core: Reader) -> list[HelperEntry]:
    """Return the tools that the server offers: the rows of aifp_core.db, and nothing else."""
    return [entry_of(row) for row in await core.all("core_tools")]


async def intents_of(core: Reader) -> dict[str, Intent]:
    """Return how people ask for the tools that follow a system directive."""
    return {
        str(row["name"]): Intent(
            phrases=tuple(json.loads(str(row["intent_keywords_json"]))),
            threshold=float(str(row["confidence_threshold"])),
        )
        for row in await core.all("core_intents")
    }


@cache
def load_function(entry_module: str, name: str) -> Function:
    """Import a helper at its first call; a missing one is refused, not raised into the wire."""
    try:
        function = getattr(importlib.import_module(entry_module), name)
    except (ImportError, AttributeError) as missing:
        raise Unavailable(f"The code of {name} is missing: {missing}.") from missing
    if marks_of(function) is None:
        raise Unavailable(f"{name} in {entry_module} is not a tool.")
    return function


def load_tool(entry: HelperEntry) -> Function:
    """Return the function of a catalog entry."""
    return load_function(entry.module, entry.name)
