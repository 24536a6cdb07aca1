"""aifp_core.db: what aifp knows about itself, built from helpers_parsed.json and nothing else."""

import asyncio
import hashlib
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from pydantic import ValidationError

from aifp.schemas.catalog import Catalog
from aifp.schemas.errors import AifpError, Unavailable
from aifp.server.cache import cache_folder, prune
from aifp.server.db.core_rows import CATALOG_FILE, catalog_faults, entry_of, store_catalog
from aifp.server.db.queries import load_migrations
from aifp.server.db.shipped import ShippedDatabase, new_shipped, open_shipped

NAME = "aifp_core"
CORE_FILE = Path(__file__).parents[2] / "aifp_core.db"
# Built files stay for other checkouts of this machine, up to this many.
KEPT = 8
BUILD_COMMAND = "make sync, or python sync-directives.py"


async def build_core(catalog_text: bytes, target: Path) -> None:
    """Build the file anew and put it in the place of the old one, whole or not at all."""
    catalog, sha256 = _parsed(catalog_text), sha256_of_catalog(catalog_text)
    async with new_shipped(target.parent, NAME) as (path, db):
        await store_catalog(db, catalog)
        await db.run("add_core_version", version=schema_version(), sha256=sha256)
    try:
        await _verify(path, catalog, sha256)
        await asyncio.to_thread(_swap_in, path, target)
    finally:
        await asyncio.to_thread(path.unlink, missing_ok=True)


async def _verify(path: Path, catalog: Catalog, sha256: str) -> None:
    """Read the new file back before anybody else does."""
    async with open_shipped(path, NAME) as db:
        tools = [entry_of(row) for row in await db.all("core_tools")]
    wanted = [entry for entry in catalog.helpers if entry.is_tool]
    if tools != wanted or not await fits(path, sha256):
        raise Unavailable(
            f"{path} does not say what helpers_parsed.json says; nothing was changed."
        )


def sha256_of_catalog(text: bytes) -> str:
    """Return what tells one helpers_parsed.json from another."""
    return hashlib.sha256(text).hexdigest()


def schema_version() -> int:
    """Return the newest schema of the file."""
    return load_migrations(NAME)[-1].version


async def fits(path: Path, sha256: str) -> bool:
    """Say whether a file was built from exactly this helpers_parsed.json."""
    try:
        async with open_shipped(path, NAME) as db:
            row = await db.one("core_version")
    except AifpError:
        return False
    found = {"version": schema_version(), "built_from_sha256": sha256}
    return row is not None and dict(row) == found


async def present_core(
    catalog_file: Path = CATALOG_FILE, shipped: Path = CORE_FILE, cache: Path | None = None
) -> Path:
    """Return a file that fits the present helpers_parsed.json.

    A wheel brings it and `make` builds it; a checkout that was only pulled has an old one or
    none, and gets its own in the user's cache.
    """
    text = await asyncio.to_thread(catalog_file.read_bytes)
    sha256 = sha256_of_catalog(text)
    if await fits(shipped, sha256):
        return shipped
    own = (cache or cache_folder("core")) / f"{NAME}-{_key(sha256)}.db"
    if not await fits(own, sha256):
        try:
            own.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            await build_core(text, own)
            await asyncio.to_thread(prune, own.parent, f"{NAME}-*.db", KEPT)
        except OSError as fault:
            raise Unavailable(
                f"{shipped} does not fit this aifp and no other can be built in {own.parent}: "
                f"{fault}. Build it with: {BUILD_COMMAND}"
            ) from fault
    return own


@asynccontextmanager
async def open_core() -> AsyncGenerator[ShippedDatabase]:
    """Offer what aifp knows about itself, for reading."""
    async with open_shipped(await present_core(), NAME) as db:
        yield db


def _key(sha256: str) -> str:
    scripts = "".join(step.checksum for step in load_migrations(NAME))
    return hashlib.sha256(f"{sha256}{scripts}".encode()).hexdigest()[:16]


def _parsed(text: bytes) -> Catalog:
    try:
        catalog = Catalog.model_validate_json(text)
    except ValidationError as fault:
        first = fault.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise Unavailable(
            f"helpers_parsed.json cannot be read: {place}: {first['msg']}. It is made from the "
            f"code; build it with: {BUILD_COMMAND}"
        ) from None
    if faults := catalog_faults(catalog):
        raise Unavailable(f"helpers_parsed.json contradicts itself: {'; '.join(faults)}.")
    return catalog


def _swap_in(path: Path, target: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
    path.chmod(0o644)
    path.replace(target)
