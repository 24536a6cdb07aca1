"""What the record knows of the files of tools and implementations."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from pathlib import PurePosixPath

from aifp.helpers.lifecycle.internal.artifact_rows import PRESENT, subject_of
from aifp.helpers.shared.hashing import sha256_of
from aifp.schemas.artifacts import VersionFile
from aifp.schemas.common import JsonMap
from aifp.schemas.ports import Reader, Row
from aifp.schemas.subjects import Subject


@dataclass(frozen=True, slots=True)
class Known:
    """One artifact with the hashes of its files; no file when nobody knows what it was."""

    row: Row
    files: tuple[VersionFile, ...] = ()

    @property
    def code(self) -> dict[str, str]:
        """Return the hash of each file by its path, without tests."""
        return {file.path: file.sha256 for file in self.files if file.role != "test"}

    @property
    def id(self) -> int:
        """Return the number of the artifact."""
        return int(str(self.row["id"]))

    @property
    def name(self) -> str:
        """Return the name people know it by."""
        return str(self.row["name"])

    @property
    def subject(self) -> Subject:
        """Return what events and alerts about it are about."""
        return subject_of(self.row)

    @property
    def is_tool(self) -> bool:
        """Say whether it is a tool of the user's own, not the code of a directive."""
        return self.row["kind"] == "user_tool"

    @property
    def is_present(self) -> bool:
        """Say whether its file is expected to be there."""
        return self.row["status"] in PRESENT

    @property
    def has_baseline(self) -> bool:
        """Say whether it is known what its file held."""
        return bool(self.code)

    @property
    def paths(self) -> list[str]:
        """Return the files without which it is not there."""
        return list(self.code) or [str(self.row["main_path"])]

    def code_hash(self, code: dict[str, str]) -> str:
        """Return the hash of this artifact with other bytes, its packages as they are."""
        pins = json.loads(str(self.row["metadata_json"] or "{}")).get("packages")
        hashed: JsonMap = {**code}
        return sha256_of({**hashed, "packages": pins} if pins else hashed)


async def known_files(db: Reader) -> list[Known]:
    """Return every tool and implementation with its files."""
    rows = await db.all("files_of_artifacts")
    return [_known(list(files)) for _, files in groupby(rows, key=lambda row: row["id"])]


def folders_of(paths: Iterable[str]) -> list[str]:
    """Return the folders that hold some files."""
    return sorted({folder_of(path) for path in paths})


def folder_of(path: str) -> str:
    """Return the folder that holds a file."""
    return PurePosixPath(path).parent.as_posix()


def _known(rows: list[Row]) -> Known:
    files = [row for row in rows if row["path"] is not None]
    return Known(rows[0], tuple(_file(row) for row in files))


def _file(row: Row) -> VersionFile:
    return VersionFile.model_validate(
        {
            "path": row["path"],
            "role": row["role"],
            "sha256": row["object_sha256"],
            "size": row["size_bytes"],
        }
    )
