"""The files of a stored version, as the object store keeps them."""

from dataclasses import dataclass

from pydantic import TypeAdapter

from aifp.schemas.ports import Ctx, SqlValue
from aifp.schemas.words import FileRole

ROLE: TypeAdapter[FileRole] = TypeAdapter(FileRole)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One file of a version."""

    path: str
    role: FileRole
    data: bytes


async def files_of_version(ctx: Ctx, version_id: SqlValue) -> list[StoredFile]:
    """Return every file of a version, its tests as well; none of no version."""
    if version_id is None:
        return []
    rows = await ctx.directives.all("version_files", version_id=version_id)
    return [
        StoredFile(
            str(row["path"]),
            ROLE.validate_python(row["role"]),
            await ctx.files.fetch(str(row["object_sha256"])),
        )
        for row in rows
    ]


async def stored_code(ctx: Ctx, version_id: SqlValue) -> dict[str, bytes]:
    """Return the code of a version by path, without its tests."""
    files = await files_of_version(ctx, version_id)
    return {file.path: file.data for file in files if file.role != "test"}


async def stored_texts(ctx: Ctx, version_id: SqlValue, *, tests: bool = False) -> dict[str, str]:
    """Return the code of a version as text, by path, with its tests where they are wanted."""
    files = await files_of_version(ctx, version_id)
    return {file.path: text_of(file.data) for file in files if tests or file.role != "test"}


def text_of(data: bytes | None) -> str:
    """Return bytes as a person reads them; what is not there is empty."""
    return (data or b"").decode("utf-8", "replace")
