"""The versions of a directive's code: its files and the packages they are pinned to."""

import json
from dataclasses import dataclass

from aifp.helpers.shared.hashing import sha256_of
from aifp.helpers.user_directives.internal.releases import stored_packages
from aifp.schemas.common import JsonMap
from aifp.schemas.instants import to_text
from aifp.schemas.packages import Pin
from aifp.schemas.ports import Ctx, Reader, Row, SqlValue, Writer
from aifp.schemas.releases import Permission
from aifp.schemas.words import FileRole
from aifp.schemas.workflow import Dependency, GeneratedCode, TestResult


@dataclass(frozen=True, slots=True)
class Registered:
    """What is stored of an implementation besides its files."""

    made: GeneratedCode
    tests: list[TestResult]
    permissions: list[Permission]
    objects: dict[str, str]
    needs: list[Dependency]

    @property
    def code_hash(self) -> str:
        """Return the hash over the code files and the packages they are pinned to."""
        code: JsonMap = {p: o for p, o in self.objects.items() if p != self.made.test_file}
        pins = [pin.wire() for pin in self.made.packages]
        return sha256_of({**code, "packages": pins} if pins else code)

    @property
    def permissions_sha256(self) -> str:
        """Return the hash over what the code may do."""
        return sha256_of([permission.wire() for permission in self.permissions])

    @property
    def metadata_json(self) -> str:
        """Return what is kept of a code version besides its files."""
        made = self.made
        pinned: JsonMap = {
            "requirements": [*made.requirements],
            "packages": [pin.wire() for pin in made.packages],
        }
        return json.dumps({"generator": made.generator, **(pinned if made.packages else {})})

    @property
    def pinned(self) -> tuple[list[str], list[Pin]]:
        """Return what was asked for, and what that was pinned to."""
        return self.made.requirements, self.made.packages

    def role(self, path: str) -> FileRole:
        """Return what a file is to the implementation."""
        if path == self.made.test_file:
            return "test"
        return "implementation" if path == self.made.implementation_file else "helper"


async def code_version(ctx: Ctx, db: Writer, artifact: Row, done: Registered) -> int:
    """Return the present code version when it is the same, else a new one."""
    present = artifact["current_version_id"]
    if present is not None and await is_version(db, present, done):
        return int(str(present))
    return await _new_version(ctx, db, artifact, done)


async def is_version(db: Reader, version_id: SqlValue, done: Registered) -> bool:
    """Say whether a code version has just these files and packages."""
    rows = await db.all("version_files", version_id=version_id)
    kept = await db.one("packages_of_version", id=version_id)
    files = {path: (done.role(path), sha256) for path, sha256 in done.objects.items()}
    same_files = {str(r["path"]): (r["role"], r["object_sha256"]) for r in rows} == files
    same_pins = kept is not None and stored_packages(kept["metadata_json"]) == done.pinned
    return same_files and same_pins


async def _new_version(ctx: Ctx, db: Writer, artifact: Row, done: Registered) -> int:
    at = to_text(ctx.clock.now())
    made = await db.one(
        "add_version",
        artifact_id=artifact["id"],
        code_hash=done.code_hash,
        parent_id=artifact["current_version_id"],
        state="tested" if done.tests else "draft",
        reason="enhancement" if artifact["current_version_id"] else "initial",
        breaking=0,
        created_by=ctx.actor,
        at=at,
        permissions_json=json.dumps([permission.wire() for permission in done.permissions]),
        metadata_json=done.metadata_json,
    )
    version_id = int(str(made["id"])) if made else 0
    for path, sha256 in sorted(done.objects.items()):
        size = len(done.made.files[path].encode("utf-8"))
        await db.run("store_object", sha256=sha256, size_bytes=size, at=at)
        await db.run(
            "add_version_file",
            version_id=version_id,
            path=path,
            role=done.role(path),
            object_sha256=sha256,
            size_bytes=size,
        )
    await db.run("set_current_version", id=artifact["id"], version_id=version_id, at=at)
    return version_id
