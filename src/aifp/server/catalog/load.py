"""Read what sync-directives.py made, and reach the functions it names."""

import importlib
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from aifp.helpers.contract import marks_of
from aifp.schemas.catalog import Catalog, HelperEntry
from aifp.schemas.errors import Unavailable
from aifp.schemas.ports import Reader
from aifp.server.catalog.build import describe
from aifp.server.db.core_file import CATALOG_FILE
from aifp.server.db.core_rows import entry_of

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


def faults_of(entries: Sequence[HelperEntry], loader: Loader = load_tool) -> list[str]:
    """Compare entries with their code: missing code and differing signatures are listed."""
    faults: list[str] = []
    for entry in entries:
        try:
            fresh = describe(loader(entry), entry.group, entry.module)
        except Unavailable as missing:
            faults.append(str(missing))
            continue
        told = {"used_by": entry.used_by, "is_sub_helper": entry.is_sub_helper}
        if fresh.model_copy(update=told) != entry:
            faults.append(f"{entry.name} differs from its entry: run sync-directives.py.")
    return faults
