"""Look at the files of tools and implementations: their bytes are read only when they look new."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from glob import escape
from pathlib import PurePosixPath

from aifp.helpers.lifecycle.internal.known_files import Known, folder_of, folders_of
from aifp.helpers.shared.hashing import sha256_of_bytes
from aifp.schemas.artifacts import TOOLS_FOLDER
from aifp.schemas.errors import AifpError, FileMissing, Unavailable
from aifp.schemas.ports import Ctx, FoundFile, Reader

Look = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Seen:
    """How files looked when their bytes were read last, with the hash of those bytes."""

    looks: dict[str, tuple[Look, str]] = field(default_factory=lambda: {})

    def sha256(self, file: FoundFile) -> str | None:
        """Return the hash of a file that looks as it did, None when it must be read."""
        look, sha256 = self.looks.get(file.path, ((), ""))
        return sha256 if look == look_of(file) else None


@dataclass(frozen=True, slots=True)
class Disk:
    """The files as they are: hashes by path, and what could not be read or listed.

    contents: the bytes of those that were read.
    """

    hashes: dict[str, str]
    found: dict[str, FoundFile]
    contents: dict[str, bytes]
    unreadable: dict[str, AifpError]
    unlisted: dict[str, AifpError]
    tools_folder: str = TOOLS_FOLDER

    def is_sure_of(self, path: str) -> bool:
        """Say whether it is known if a file is there, and what it holds."""
        return path not in self.unreadable and folder_of(path) not in self.unlisted

    def tool_paths(self) -> list[str]:
        """Return the files that could be tools, whether they can be read or not."""
        found = (*self.hashes, *self.unreadable)
        return [path for path in found if is_tool_path(path, self.tools_folder)]


def look_of(file: FoundFile) -> Look:
    """Return what tells that a file was written again."""
    return (file.size, file.modified_ns, file.changed_ns)


def is_tool_path(path: str, folder: str) -> bool:
    """Say whether a file lies where tools lie and is not hidden from being one."""
    place = PurePosixPath(path)
    is_source = place.suffix == ".py" and not place.name.startswith(("_", "."))
    return is_source and place.parent.as_posix() == folder


async def seen_files(db: Reader) -> Seen:
    """Return how the known files looked when they were read."""
    rows = await db.all("file_looks")
    return Seen(
        {
            str(row["path"]): (
                (
                    int(str(row["size_bytes"])),
                    int(str(row["modified_ns"])),
                    int(str(row["changed_ns"])),
                ),
                str(row["sha256"]),
            )
            for row in rows
        }
    )


async def look_at(ctx: Ctx, known: Iterable[Known], seen: Seen) -> Disk:
    """Look at the folder of tools and at every file that is known.

    Raises FileMissing or Unavailable when the folder of tools cannot be listed though there are
    tools: nothing can be said then.
    """
    listed = list(known)
    wanted = {path for one in listed for path in one.paths}
    needed = folders_of(path for one in listed if one.is_present for path in one.paths)
    tools = ctx.settings.tools_folder
    disk = Disk({}, {}, {}, {}, {}, tools)
    for folder in folders_of({*wanted, f"{tools}/any.py"}):
        for file in await _listed(ctx, folder, disk, is_needed=folder in needed):
            if file.path in wanted or is_tool_path(file.path, tools):
                disk.found[file.path] = file
    for file in disk.found.values():
        await _hash(ctx, file, disk, seen)
    return disk


async def _listed(ctx: Ctx, folder: str, disk: Disk, *, is_needed: bool) -> list[FoundFile]:
    """List a folder; one that is not there, and that nothing in use lies in, is empty."""
    try:
        return await ctx.files.find(f"{escape(folder)}/*", certain=True)
    except AifpError as fault:
        if is_needed and folder == disk.tools_folder:
            raise _stopped(folder, fault) from None
        if is_needed or not isinstance(fault, FileMissing):
            disk.unlisted[folder] = _stopped(folder, fault)
        return []


def _stopped(folder: str, fault: AifpError) -> AifpError:
    kind = FileMissing if isinstance(fault, FileMissing) else Unavailable
    return kind(
        f"{fault} Nothing was marked: files in {folder}/ are in use. Bring the folder back; to do "
        "without them, make it anew and leave it empty."
    )


async def _hash(ctx: Ctx, file: FoundFile, disk: Disk, seen: Seen) -> None:
    sha256 = seen.sha256(file)
    if sha256 is not None:
        disk.hashes[file.path] = sha256
        return
    try:
        data = await ctx.files.read(file.path)
    except FileMissing:
        return
    except AifpError as fault:
        disk.unreadable[file.path] = fault
        return
    disk.contents[file.path] = data
    disk.hashes[file.path] = sha256_of_bytes(data)


async def content_of(ctx: Ctx, disk: Disk, path: str) -> bytes | None:
    """Return the bytes of a file as it was looked at, None when it is another by now."""
    data = disk.contents.get(path)
    if data is not None:
        return data
    try:
        data = await ctx.files.read(path)
    except AifpError:
        return None
    return data if sha256_of_bytes(data) == disk.hashes[path] else None


def new_looks(disk: Disk, seen: Seen) -> dict[str, FoundFile]:
    """Return the files that look otherwise than when they were noted and stand still."""
    return {
        path: file
        for path, file in disk.found.items()
        if path in disk.hashes and not file.fresh and seen.sha256(file) is None
    }
