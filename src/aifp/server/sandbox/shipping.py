"""Bring the packages of a job to its worker: wheels, checked byte by byte, each sent once."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from aifp.schemas.packages import WHEEL
from aifp.schemas.sandbox import Job
from aifp.server.sandbox import frames
from aifp.server.sandbox.process import WorkerProcess

MEGABYTE = 1024 * 1024
# One wheel must fit a frame; all that a worker holds costs its memory, not the code's.
MAX_WHEEL, MAX_JOB, MAX_HELD = 48 * MEGABYTE, 96 * MEGABYTE, 192 * MEGABYTE


class CannotShip(Exception):
    """The packages of a job do not belong into this sandbox; the text says why."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One pure wheel under its hash."""

    name: str
    key: str
    hashes: tuple[str, ...]
    path: Path
    size: int


def parcels_of(job: Job) -> list[Parcel]:
    """Return what a job needs sent; raises CannotShip."""
    native = [pin.name for pin in job.packages if not pin.pure]
    if native:
        raise CannotShip(
            f"{', '.join(native)} holds native code; WebAssembly runs pure Python only"
        )
    pairs = zip(job.packages, job.package_folders, strict=True)
    found = [
        Parcel(pin.name, pin.hashes[0], pin.hashes, path, _size(path, pin.name))
        for pin, folder in pairs
        for path in [Path(folder).parent / WHEEL]
    ]
    large = [parcel.name for parcel in found if parcel.size > MAX_WHEEL]
    if large or sum(parcel.size for parcel in found) > MAX_JOB:
        limits = f"{MAX_WHEEL // MEGABYTE} MB each and {MAX_JOB // MEGABYTE} MB together"
        raise CannotShip(f"packages may have {limits}; too large: {', '.join(large) or 'the sum'}")
    return found


async def ship(worker: WorkerProcess, parcels: Sequence[Parcel]) -> None:
    """Send a worker what it does not hold yet; one that holds much drops all first."""
    lacking = [parcel for parcel in parcels if parcel.key not in worker.held]
    if lacking and sum(worker.held.values()) + sum(p.size for p in lacking) > MAX_HELD:
        await worker.send(frames.PACKAGE)
        worker.held.clear()
        lacking = list(parcels)
    for parcel in lacking:
        content = await asyncio.to_thread(_read, parcel)
        await worker.send(frames.PACKAGE, parcel.key.encode() + content)
        worker.held[parcel.key] = parcel.size


def _size(path: Path, name: str) -> int:
    try:
        return path.stat().st_size
    except OSError:
        raise CannotShip(f"package {name} is not installed") from None


def _read(parcel: Parcel) -> bytes:
    """Return the bytes that were approved; what is sent is what was hashed."""
    try:
        content = parcel.path.read_bytes()
    except OSError:
        raise CannotShip(f"package {parcel.name} is not installed") from None
    if hashlib.sha256(content).hexdigest() not in parcel.hashes:
        raise CannotShip(f"package {parcel.name} was altered on disk")
    return content
