"""The packages of a project on disk: one folder for each exact version, whole or not there."""

import hashlib
import os
import re
import secrets
import shutil
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from aifp.schemas.errors import Conflict, DependencyMissing, LimitExceeded
from aifp.schemas.packages import PACKAGES, TREE, WHEEL, Pin
from aifp.server.wheels import BadWheel, places

MAX_UNPACKED = 1024 * 1024 * 1024
State = tuple[tuple[str, int, int, int, int], ...]


class PackageFolder:
    """`.aifp-project/packages`: what was looked through once is only looked at afterwards."""

    def __init__(self, project: Path) -> None:
        self.root = project / PACKAGES
        self._seen: dict[Path, State] = {}

    def place_of(self, pin: Pin) -> Path:
        """Return where a pin belongs; another version, or other bytes, lie elsewhere."""
        version = re.sub(r"[^A-Za-z0-9.+_]", "_", pin.version)
        return self.root / f"{pin.name}-{version}-{pin.hashes[0][:16]}"

    def tree_of(self, pin: Pin) -> Path:
        """Return the folder to import a package from; DependencyMissing if it is not whole."""
        place = self.place_of(pin)
        state = _state(place)
        if not state:
            raise DependencyMissing(f"package {pin.name} {pin.version} is not installed")
        if self._seen.get(place) != state:
            if not _is_whole(place, pin):
                raise DependencyMissing(f"package {pin.name} {pin.version} was altered on disk")
            self._seen[place] = state
        return place / TREE

    def lacks(self, pin: Pin) -> bool:
        """Say whether a package is not there, or not whole."""
        try:
            self.tree_of(pin)
        except DependencyMissing:
            return True
        return False

    def draft(self) -> Path:
        """Return a new folder beside the packages, to be thrown away."""
        folder = self.root / f".new-{secrets.token_hex(6)}"
        folder.mkdir(parents=True)
        return folder

    def take(self, pins: Sequence[Pin], wheels: Path) -> None:
        """Unpack fetched wheels beside the packages, then put them in place: all or none."""
        found = {_sha256(path): path for path in wheels.glob("*.whl")}
        drafts = [(self._unpacked(pin, found, wheels), self.place_of(pin)) for pin in pins]
        for draft, place in drafts:
            if place.exists():  # altered; what is there must not stay
                place.rename(wheels / f"old-{place.name}")
            draft.rename(place)

    def versions(self, name: str) -> Iterator[str]:
        """Yield the versions of a package that lie here."""
        for folder in self.root.glob(f"{name}-*"):
            version = folder.name.removeprefix(f"{name}-").rpartition("-")[0]
            if version[:1].isdigit() and (folder / WHEEL).is_file():
                yield version

    def _unpacked(self, pin: Pin, found: dict[str, Path], beside: Path) -> Path:
        wheel = next((found[sha256] for sha256 in pin.hashes if sha256 in found), None)
        if wheel is None:
            raise Conflict(f"{pin.name}: what came is not what is pinned; nothing was changed.")
        draft = beside / f"unpacked-{pin.name}"
        try:
            with zipfile.ZipFile(wheel) as archive:
                _unpack(archive, draft / TREE)
        except (zipfile.BadZipFile, BadWheel, OSError) as fault:
            raise Conflict(
                f"{pin.name} is no proper wheel: {fault}; nothing was changed."
            ) from None
        wheel.rename(draft / WHEEL)
        return draft


def _unpack(archive: zipfile.ZipFile, tree: Path) -> None:
    files = places(archive)
    if sum(member.file_size for member in files.values()) > MAX_UNPACKED:
        raise LimitExceeded(f"The package unpacks to over {MAX_UNPACKED >> 20} MB; not installed.")
    tree.mkdir(parents=True)
    for place, member in files.items():
        target = tree / place
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(member) as source, target.open("xb") as copy:
            shutil.copyfileobj(source, copy)


def _state(place: Path) -> State:
    """Return what changes when anything below a folder does."""
    return tuple(
        (str(path), facts.st_mode, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns)
        for path in sorted(_below(place))
        for facts in [path.lstat()]
    )


def _below(place: Path) -> Iterator[Path]:
    for folder, inner, files in os.walk(place):
        yield from (Path(folder) / name for name in files)
        yield from (Path(folder) / name for name in inner if (Path(folder) / name).is_symlink())


def _is_whole(place: Path, pin: Pin) -> bool:
    """Say whether the wheel is the pinned one, and the folder holds it, all of it and only it."""
    wheel, tree = place / WHEEL, place / TREE
    if wheel.is_symlink() or tree.is_symlink() or not wheel.is_file():
        return False
    if _sha256(wheel) not in pin.hashes:
        return False
    present = {path.relative_to(tree).as_posix() for path in _below(tree)}
    with zipfile.ZipFile(wheel) as archive:
        files = places(archive)
        return present == set(files) and all(
            not (tree / name).is_symlink() and (tree / name).read_bytes() == archive.read(member)
            for name, member in files.items()
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
