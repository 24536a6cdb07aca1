"""The life of an implementation: draft, validated by the static checks, deployed by approval."""

from aifp.helpers.shared.events import Change, record_event
from aifp.helpers.user_directives.internal.approvals import approval_of
from aifp.helpers.user_directives.internal.code_generation import GIVEN, check
from aifp.helpers.user_directives.internal.gate import require_release
from aifp.schemas.canonical import CanonicalDirective
from aifp.schemas.errors import ApprovalRequired, InvalidTransition, NoSuch
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx, Reader, Row, Writer
from aifp.schemas.releases import Release
from aifp.schemas.subjects import Subject
from aifp.schemas.words import ImplementationStatus
from aifp.schemas.workflow import GeneratedCode

NEXT: dict[ImplementationStatus, frozenset[ImplementationStatus]] = {
    "draft": frozenset({"validated", "failed"}),
    "validated": frozenset({"deployed", "failed"}),
    "deployed": frozenset({"failed"}),
    "failed": frozenset(),
}


async def require_implementation(db: Reader, implementation_id: int) -> Row:
    """Return what the setters must know of an implementation."""
    row = await db.one("implementation_by_id", id=implementation_id)
    if row is None:
        raise NoSuch(f"There is no implementation {implementation_id}.")
    return row


async def move_implementation(
    ctx: Ctx, implementation_id: int, status: ImplementationStatus
) -> None:
    """Move along one edge, once what the new status promises is true; the same again is no move."""
    row = await require_implementation(ctx.directives, implementation_id)
    if row["status"] == status:
        return
    release = await _approved(ctx, row) if status == "deployed" else None
    _require_edge(row, status)
    if status == "validated":
        check(await _stored(ctx, row))
    async with ctx.directives.write() as db:
        now = await require_implementation(db, implementation_id)
        _require_edge(now, status)
        if release is not None:
            await _require_unchanged(ctx, db, now, release)
        at = ctx.clock.now()
        await db.run("set_implementation_status", id=row["id"], status=status, at=to_text(at))
        if status == "deployed":
            await db.run("authorize_artifact", id=row["directive_id"], at=to_text(at))
        subject = Subject(kind="implementation", id=str(row["id"]), name=str(row["name"]))
        change = Change(
            event_type="implementation_status_changed",
            from_status=str(now["status"]),
            to_status=status,
        )
        await record_event(db, at, subject, ctx.actor, change)


def _require_edge(row: Row, status: ImplementationStatus) -> None:
    present: ImplementationStatus = row["status"]  # pyright: ignore[reportAssignmentType]
    if status not in NEXT[present]:
        allowed = ", ".join(sorted(NEXT[present])) or "none"
        raise InvalidTransition(
            f"The implementation {row['id']} of {row['name']} is {present}; it cannot become "
            f"{status}. From here: {allowed}. New code begins as a draft: register_implementation.",
            previous_status=present,
            new_status=status,
        )


async def _approved(ctx: Ctx, row: Row) -> Release:
    """Refuse to call code deployed that a person has not approved as it lies on disk."""
    _require_newest(row)
    return await require_release(ctx, int(str(row["directive_id"])))


def _require_newest(row: Row) -> None:
    if row["id"] != row["newest_id"]:
        raise ApprovalRequired(
            f"The implementation {row['id']} of {row['name']} is not its newest one, "
            f"{row['newest_id']}; only that can be approved."
        )


async def _require_unchanged(ctx: Ctx, db: Writer, row: Row, release: Release) -> None:
    """Refuse when other code came, or the approval went, while the release was checked."""
    _require_newest(row)
    if await approval_of(ctx, release.directive_id, release.release_sha256, db) is None:
        raise ApprovalRequired(f"The approval of {row['name']} was taken back meanwhile.")


async def _stored(ctx: Ctx, row: Row) -> GeneratedCode:
    """Return the files of an implementation as they were registered."""
    stored = await ctx.directives.all("version_files", version_id=row["artifact_version_id"])
    files = {
        str(file["path"]): (await ctx.files.fetch(str(file["object_sha256"]))).decode("utf-8")
        for file in stored
    }
    return GeneratedCode(
        directive=CanonicalDirective.model_validate_json(str(row["configuration_json"])),
        implementation_file=str(row["implementation_file"]),
        test_file=None if row["test_file"] is None else str(row["test_file"]),
        entry_point=str(row["entry_point"]),
        files=files,
        generator=GIVEN,
    )
