"""The versions of an artifact: numbered without gaps, their bytes kept for ever."""

import json

from aifp.helpers.shared.hashing import sha256_of, sha256_of_bytes
from aifp.schemas.artifacts import NewVersion, VersionFile
from aifp.schemas.common import JsonMap
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx, Row, Writer
from aifp.schemas.words import FileRole


async def keep_file(
    ctx: Ctx, path: str, data: bytes, role: FileRole = "implementation"
) -> VersionFile:
    """Put the bytes of a file into the object store, before the transaction that names them."""
    return VersionFile(path=path, role=role, sha256=await ctx.files.keep(data), size=len(data))


def code_hash_of(files: dict[str, bytes]) -> str:
    """Return the hash over code files by path; equal files have equal hashes."""
    code: JsonMap = {path: sha256_of_bytes(data) for path, data in files.items()}
    return sha256_of(code)


async def record_version(ctx: Ctx, db: Writer, artifact: Row, new: NewVersion) -> int:
    """Add the next version and return its id; content equal to the current version adds none."""
    current = artifact["current_version_id"]
    row = await db.one("version_by_id", id=current) if current is not None else None
    if row is not None and row["code_hash"] == new.code_hash:
        return int(str(row["id"]))
    at = to_text(ctx.clock.now())
    made = await db.one(
        "add_version",
        artifact_id=artifact["id"],
        code_hash=new.code_hash,
        parent_id=row["id"] if row else None,
        state=new.state,
        reason=new.reason,
        breaking=int(new.breaking),
        created_by=new.created_by,
        permissions_json=json.dumps([permission.wire() for permission in new.permissions]),
        metadata_json=json.dumps(new.metadata, sort_keys=True),
        at=at,
    )
    version_id = int(str(made["id"])) if made else 0
    for file in new.files:
        await db.run("store_object", sha256=file.sha256, size_bytes=file.size, at=at)
        await db.run(
            "add_version_file",
            version_id=version_id,
            path=file.path,
            role=file.role,
            object_sha256=file.sha256,
            size_bytes=file.size,
        )
    return version_id
