"""The packages of a project on disk: one folder for each exact version, whole or not there."""

import hashlib
import os
import re
import secrets
import shutil
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from lzma import LZMAError
from pathlib import Path

from packaging.version import InvalidVersion, Version

from aifp.schemas.errors import Conflict, DependencyMissing, LimitExceeded
from aifp.schemas.packages import PACKAGES, TREE, WHEEL, Pin
from aifp.server.wheels import places

MAX_UNPACKED = 1024 * 1024 * 1024
# How the epoch of a version is written in a folder's name: `1!2.0` lies in `1_2.0`.
EPOCH = re.compile(r"^(\d+)_(?=\d)")
# What opening and reading a wheel can end with: RuntimeError where it is encrypted, the rest where
# its bytes or its compression are odd. A bad name is a ValueError.
UNREADABLE = (
    OSError,
    zipfile.BadZipFile,
    ValueError,
    RuntimeError,
    EOFError,
    zlib.error,
    LZMAError,
)
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
        place, named = self.place_of(pin), f"package {pin.name} {pin.version}"
        try:
            whole = self._is_as_fetched(place, pin)
        except FileNotFoundError:
            raise DependencyMissing(f"{named} is not installed") from None
        except UNREADABLE as fault:
            raise DependencyMissing(f"{named} cannot be read: {fault}") from None
        if not whole:
            raise DependencyMissing(f"{named} was altered on disk")
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
        """Yield the versions of a package that lie here, not those of `<name>-more`."""
        for folder in self.root.glob(f"{name}-*"):
            written = folder.name.removeprefix(f"{name}-").rpartition("-")[0]
            version = EPOCH.sub(r"\1!", written)
            if "-" not in version and _is_version(version) and (folder / WHEEL).is_file():
                yield version

    def _is_as_fetched(self, place: Path, pin: Pin) -> bool:
        state = _state(place)
        if self._seen.get(place) != state:
            if not _is_whole(place, pin):
                return False
            self._seen[place] = state
        return True

    def _unpacked(self, pin: Pin, found: dict[str, Path], beside: Path) -> Path:
        wheel = next((found[sha256] for sha256 in pin.hashes if sha256 in found), None)
        if wheel is None:
            raise Conflict(f"{pin.name}: what came is not what is pinned; nothing was changed.")
        draft = beside / f"unpacked-{pin.name}"
        try:
            with zipfile.ZipFile(wheel) as archive:
                _unpack(archive, draft / TREE)
        except UNREADABLE as fault:
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
        (path, facts.st_mode, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns)
        for path in sorted(entry.path for entry in _below(place))
        for facts in [os.lstat(path)]
    )


def _below(place: Path) -> Iterator[os.DirEntry[str]]:
    """Yield all that is no folder; plain strings, since this comes before each run."""
    folders = [str(place)]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                else:
                    yield entry


def _is_whole(place: Path, pin: Pin) -> bool:
    """Say whether the wheel is the pinned one, and the folder holds it, all of it and only it."""
    wheel, tree = place / WHEEL, place / TREE
    if wheel.is_symlink() or tree.is_symlink() or not (wheel.is_file() and tree.is_dir()):
        return False
    if _sha256(wheel) not in pin.hashes:
        return False
    present = {Path(entry.path).relative_to(tree).as_posix(): entry for entry in _below(tree)}
    with zipfile.ZipFile(wheel) as archive:
        files = places(archive)
        return present.keys() == files.keys() and all(
            present[name].is_file(follow_symlinks=False)
            and (tree / name).read_bytes() == archive.read(member)
            for name, member in files.items()
        )


def _is_version(text: str) -> bool:
    try:
        Version(text)
    except InvalidVersion:
        return False
    return True


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
