"""A release of a directive that is not in force: a directive version with code and rights."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aifp.helpers.lifecycle.internal.stored_files import files_of_version, text_of
from aifp.helpers.shared.hashing import sha256_of
from aifp.helpers.user_directives.internal.dependency_detection import (
    detect_dependencies,
    keep_dependencies,
)
from aifp.helpers.user_directives.internal.generation.names import module_in
from aifp.helpers.user_directives.internal.releases import Profile, release_of, stored_packages
from aifp.schemas.canonical import CanonicalDirective
from aifp.schemas.common import JsonMap, Record
from aifp.schemas.errors import InvalidTransition, NoSuch
from aifp.schemas.packages import Pin
from aifp.schemas.ports import Ctx, Reader, Row, Writer
from aifp.schemas.releases import Permission, Release
from aifp.schemas.words import FileRole
from aifp.schemas.workflow import Dependency, TestResult

# Where a version keeps what it needs to become the code of a directive.
PLAN = "plan"


class Plan(Record):
    """How a stored version becomes the code of a directive once a person says yes.

    made_at: the version of the directive when this was planned; another one voids the plan.
    directive_version: the version that is to be in force, the same or an earlier one.
    """

    made_at: int
    directive_version: int
    implementation_file: str
    entry_point: str
    test_file: str | None
    generator: str
    tests: list[TestResult] = []


@dataclass(frozen=True, slots=True)
class Candidate:
    """Everything that a release in waiting is made of."""

    version: Row
    plan: Plan
    directive_row: Row
    files: dict[str, bytes]
    roles: Mapping[str, FileRole]
    permissions: list[Permission]
    packages: list[Pin]
    needs: list[Dependency]

    @property
    def directive_id(self) -> int:
        """Return the id of the directive."""
        return int(str(self.version["directive_id"]))

    @property
    def is_earlier(self) -> bool:
        """Say whether the directive itself goes back to an earlier version."""
        return self.plan.directive_version != self.plan.made_at

    @property
    def code(self) -> dict[str, bytes]:
        """Return the files without tests."""
        return {path: data for path, data in self.files.items() if self.roles[path] != "test"}

    @property
    def permissions_json(self) -> str:
        """Return what the code may do, as it is stored."""
        return json.dumps([permission.wire() for permission in self.permissions], sort_keys=True)

    @property
    def permissions_sha256(self) -> str:
        """Return the hash over what the code may do."""
        return sha256_of([permission.wire() for permission in self.permissions])

    def release(self, deps: Sequence[Row], number: int, profile: Profile) -> Release:
        """Put the release together that a person is asked about."""
        parts: Row = {
            "id": self.directive_id,
            "version": number,
            "configuration_json": self.directive_row["configuration_json"],
            "permissions_json": self.permissions_json,
            "artifact_version_id": self.version["id"],
            "implementation_file": self.plan.implementation_file,
            "entry_point": self.plan.entry_point,
            "metadata_json": self.version["metadata_json"],
        }
        return release_of(parts, self.code, deps, profile)


async def candidate_of(ctx: Ctx, version_id: int, plan: Plan | None = None) -> Candidate:
    """Return a release in waiting, by its own plan or another; raises NoSuch where it has none."""
    version = await ctx.directives.one("version_with_artifact", id=version_id)
    plan = plan or (None if version is None else plan_in(version))
    if version is None or plan is None:
        raise NoSuch(f"Version {version_id} is no proposal for a directive.")
    row = await require_directive_version(
        ctx.directives, int(str(version["directive_id"])), plan.directive_version
    )
    stored = await files_of_version(ctx, version_id)
    kept = json.loads(str(version["permissions_json"]))
    directive = CanonicalDirective.model_validate_json(str(row["configuration_json"]))
    code = [file for file in stored if file.role != "test"]
    modules = {module_in(file.path): text_of(file.data) for file in code}
    return Candidate(
        version=version,
        plan=plan,
        directive_row=row,
        files={file.path: file.data for file in stored},
        roles={file.path: file.role for file in stored},
        permissions=[Permission.model_validate(permission) for permission in kept],
        packages=stored_packages(version["metadata_json"])[1],
        needs=await detect_dependencies(ctx, directive, modules),
    )


def plan_in(version: Row) -> Plan | None:
    """Return how a version becomes the code of a directive; None where it was never planned."""
    kept: JsonMap = json.loads(str(version["metadata_json"]))
    return Plan.model_validate(kept[PLAN]) if PLAN in kept else None


async def require_directive_version(db: Reader, directive_id: int, number: int) -> Row:
    """Return one version of a directive; raises NoSuch."""
    row = await db.one("directive_version", directive_id=directive_id, version=number)
    if row is None:
        raise NoSuch(f"Version {number} of directive {directive_id} is not stored any more.")
    return row


class _Seen(Exception):
    """Ends a transaction that only looked what would be, so that nothing of it stays."""

    def __init__(self, rows: list[Row]) -> None:
        super().__init__("undone")
        self.rows = rows


async def release_in_waiting(ctx: Ctx, candidate: Candidate) -> Release:
    """Return the release as it would be with the packages that its code is pinned to."""
    try:
        async with ctx.directives.write() as db:
            raise _Seen(await with_its_packages(ctx, db, candidate))
    except _Seen as seen:
        number = candidate.plan.directive_version
        return candidate.release(seen.rows, number, ctx.sandbox.profile)


async def with_its_packages(ctx: Ctx, db: Writer, candidate: Candidate) -> list[Row]:
    """Keep what the code needs as what the directive needs; return the packages it is pinned to."""
    now, directive_id = ctx.clock.now(), candidate.directive_id
    await keep_dependencies(db, now, directive_id, candidate.needs, candidate.packages)
    return await db.all("locked_dependencies", directive_id=directive_id)


async def require_open_directive(db: Reader, directive_id: int) -> Row:
    """Return a directive that takes code beside what runs; refuse one that has none yet."""
    row = await db.one("directive_snapshot", id=directive_id)
    if row is None:
        raise NoSuch(f"There is no directive {directive_id}.")
    if row["status"] == "archived":
        raise InvalidTransition(f"{row['name']} is archived; user_directive_update takes it back.")
    return row
