"""Ask pip, in a process of its own, which packages fit, and let it fetch their wheels."""

import asyncio
import contextlib
import json
import os
import shutil
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from aifp.schemas.errors import AifpError, Conflict, DependencyMissing, LimitExceeded, Unavailable
from aifp.schemas.packages import Pin

# Neither Python's own variables nor the present folder reach pip; the user's pip settings do.
PIP = ("-I", "-m", "pip", "--disable-pip-version-check", "--no-input", "--retries", "1")
# Nothing of a package runs when it is fetched: wheels only, never a build.
WHEELS_ONLY = ("--only-binary", ":all:")
PURE = ("--platform", "any", "--abi", "none", "--implementation", "py")
# pip wants a folder where it could install for another platform; a dry run writes nothing there.
NOWHERE = ("--target", tempfile.gettempdir())
RESOLVE_SECONDS, FETCH_SECONDS, LOOK_SECONDS = 180.0, 600.0, 0.5
# pip holds what comes twice for a while: for its cache, then for where it is to lie.
MAX_FETCHED, COPIES = 512 * 1024 * 1024, 2
FOR_DRAFTS = ("TMPDIR", "TEMP", "TMP")
OF_AN_INDEX = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX")
OUT_OF_REACH = ("Retrying (Retry(", "Max retries exceeded", "Could not fetch URL", "timed out")
NO_FIT = ("No matching distribution", "Could not find a version", "ResolutionImpossible")


class Pip:
    """One way to an index: the given one (an address or a folder), else what pip is set to."""

    def __init__(self, index: str | None) -> None:
        self._index = index

    async def resolve(self, requirements: Sequence[str]) -> list[Pin]:
        """Return exact versions with hashes; pure wheels where the same versions offer them."""
        folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="aifp-pip-"))
        try:
            pins = await self._resolved(folder, requirements)
            if all(pin.pure for pin in pins):
                return pins
            exact = [f"{pin.name}=={pin.version}" for pin in pins]
            with contextlib.suppress(DependencyMissing):
                return await self._resolved(folder, exact, *PURE, *NOWHERE, "--no-deps")
            return pins
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def fetch(self, pins: Sequence[Pin], folder: Path) -> None:
        """Put the wheel of each pin into a folder; other bytes than pinned are refused."""
        for pure in (True, False):
            chosen = [pin for pin in pins if pin.pure is pure]
            if chosen:
                await self._fetch(chosen, folder, PURE if pure else ())
        if await asyncio.to_thread(_size, folder) > MAX_FETCHED:
            raise LimitExceeded(_too_large())

    async def _fetch(self, pins: Sequence[Pin], folder: Path, more: Sequence[str]) -> None:
        lines = folder / "pins.txt"
        await asyncio.to_thread(lines.write_text, "".join(f"{pin.line}\n" for pin in pins))
        given = ["--require-hashes", "--no-deps", "--dest", str(folder), "-r", str(lines)]
        arguments = ["download", *WHEELS_ONLY, *self._source(), *more, *given]
        code, _, told = await self._run(arguments, FETCH_SECONDS, folder)
        if code:
            raise self._refusal(told, ", ".join(pin.name for pin in pins))

    async def _resolved(self, folder: Path, requirements: Sequence[str], *more: str) -> list[Pin]:
        wanted = ["install", "--dry-run", "--ignore-installed", "--quiet", "--report", "-"]
        arguments = [*wanted, *WHEELS_ONLY, *self._source(), *more, *requirements]
        code, report, told = await self._run(arguments, RESOLVE_SECONDS, folder)
        if code:
            raise self._refusal(told, ", ".join(requirements))
        return _pins(json.loads(report))

    def _source(self) -> list[str]:
        if self._index is None:
            return []
        is_folder = "://" not in self._index
        return ["--no-index", "--find-links", self._index] if is_folder else ["-i", self._index]

    async def _run(
        self, arguments: Sequence[str], seconds: float, folder: Path
    ) -> tuple[int, bytes, str]:
        """Run pip; all that it writes on its way lies in the folder, also when it is killed."""
        drafts = await asyncio.to_thread(tempfile.mkdtemp, dir=folder)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *PIP,
            *arguments,
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
            env=_environment(os.environ, drafts, own=self._index is not None),
            cwd=Path(sys.executable).anchor,
        )
        try:
            async with asyncio.timeout(seconds):
                out, told = await _finished(process, folder)
        except TimeoutError:
            raise Unavailable(f"pip took over {seconds:g} s; nothing was changed.") from None
        finally:
            await _end(process)
        return process.returncode or 0, out, told.decode(errors="replace")

    def _refusal(self, told: str, what: str) -> AifpError:
        last = " ".join(line for line in told.splitlines() if line.startswith("ERROR:"))[-600:]
        if "DO NOT MATCH THE HASHES" in told:
            return Conflict(f"{what}: the index has other bytes than pinned; nothing was changed.")
        if any(sign in told for sign in OUT_OF_REACH):
            where = self._index or "the one that pip is set to"
            return Unavailable(f"No index reachable: {where}. {what}: nothing was changed.")
        if any(sign in told for sign in NO_FIT):
            return DependencyMissing(
                f"No binary package (wheel) fits {what}: there is none of that name, it offers "
                f"source only, or no version fits. Nothing was changed. {last}"
            )
        return Unavailable(f"pip could not help with {what}; nothing was changed. {last}")


async def _finished(process: Process, folder: Path) -> tuple[bytes, bytes]:
    """Wait for the end; a download that grows beyond all measure is refused."""
    talk = asyncio.ensure_future(process.communicate())
    try:
        while not (await asyncio.wait({talk}, timeout=LOOK_SECONDS))[0]:
            if await asyncio.to_thread(_size, folder) > COPIES * MAX_FETCHED:
                raise LimitExceeded(_too_large())
        return talk.result()
    finally:
        talk.cancel()


def _too_large() -> str:
    return f"The packages are over {MAX_FETCHED >> 20} MB; nothing was changed."


def _size(folder: Path) -> int:
    """Return how much lies in a folder where files come and go meanwhile."""
    size = 0
    for inner, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                size += Path(inner, name).lstat().st_size
    return size


async def _end(process: Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _environment(environ: Mapping[str, str], drafts: str, *, own: bool) -> dict[str, str]:
    """Return pip's environment; an index of our own replaces the user's, certificates stay."""
    given = {**environ, **dict.fromkeys(FOR_DRAFTS, drafts)}
    if not own:
        return given
    kept = {name: value for name, value in given.items() if name not in OF_AN_INDEX}
    return {**kept, "PIP_CONFIG_FILE": os.devnull}


def _pins(report: dict[str, Any]) -> list[Pin]:
    found = sorted(report["install"], key=lambda item: not item["requested"])
    return [_pin(item["metadata"], item["download_info"]) for item in found]


def _pin(metadata: dict[str, Any], source: dict[str, Any]) -> Pin:
    sha256 = source.get("archive_info", {}).get("hashes", {}).get("sha256")
    name, version = canonicalize_name(str(metadata["name"])), str(metadata["version"])
    if not sha256:
        raise DependencyMissing(f"The index gives no sha256 for {name} {version}; not installed.")
    pure = str(source["url"]).split("#")[0].endswith("-none-any.whl")
    return Pin(name=name, version=version, hashes=(str(sha256),), pure=pure)
