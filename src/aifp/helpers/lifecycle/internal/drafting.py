"""Keep new code as the draft of a version: what runs stays as it is."""

from dataclasses import dataclass, field

from aifp.helpers.lifecycle.internal.breaking import broken_callers
from aifp.helpers.lifecycle.internal.stored_files import stored_texts, text_of
from aifp.helpers.lifecycle.internal.tool_events import Told, tell_tool
from aifp.helpers.lifecycle.internal.versions import code_hash_of, keep_file, record_version
from aifp.schemas.artifacts import NewVersion
from aifp.schemas.common import JsonMap
from aifp.schemas.ports import Ctx, Row
from aifp.schemas.releases import Permission
from aifp.schemas.words import FileRole, VersionReason

# The words of the history that a reason in free words may begin with.
REASONS: tuple[VersionReason, ...] = ("bug_fix", "performance", "enhancement")


@dataclass(frozen=True, slots=True)
class Draft:
    """The files of a version to be, with what they may do and what it is for."""

    files: dict[str, bytes]
    permissions: list[Permission]
    reason: VersionReason
    note: str | None = None
    roles: dict[str, FileRole] = field(default_factory=lambda: dict[str, FileRole]())
    metadata: JsonMap = field(default_factory=lambda: JsonMap())
    # Of a directive's code the hash covers its packages as well.
    code_hash: str | None = None

    @property
    def code(self) -> dict[str, bytes]:
        """Return the files without tests."""
        return {path: data for path, data in self.files.items() if self.role(path) != "test"}

    @property
    def hash(self) -> str:
        """Return the hash over the code."""
        return self.code_hash or code_hash_of(self.code)

    def role(self, path: str) -> FileRole:
        """Return what a file is to the version."""
        return self.roles.get(path, "implementation")


async def keep_draft(ctx: Ctx, artifact: Row, draft: Draft) -> int:
    """Store a proposal and return the id of its version; the same one again is the same."""
    files = [
        await keep_file(ctx, path, data, draft.role(path)) for path, data in draft.files.items()
    ]
    before = await stored_texts(ctx, artifact["current_version_id"])
    after = {path: text_of(data) for path, data in draft.code.items()}
    new = NewVersion(
        files=files,
        code_hash=draft.hash,
        reason=draft.reason,
        created_by=ctx.actor,
        breaking=bool(broken_callers(before, after)),
        permissions=draft.permissions,
        metadata={**draft.metadata, **({"note": draft.note} if draft.note else {})},
    )
    return await _store(ctx, artifact, new)


async def _store(ctx: Ctx, artifact: Row, new: NewVersion) -> int:
    now = ctx.clock.now()
    async with ctx.directives.write() as db:
        same = await db.one(
            "same_draft",
            artifact_id=artifact["id"],
            code_hash=new.code_hash,
            parent_id=artifact["current_version_id"],
            reason=new.reason,
        )
        if same is not None:
            return int(str(same["id"]))
        version_id = await record_version(ctx, db, artifact, new)
        if version_id != artifact["current_version_id"]:
            told = Told(reason=new.reason, metadata={"code_hash": new.code_hash, "state": "draft"})
            await tell_tool(db, now, artifact, ctx.actor, "changed", told)
    return version_id


def reason_of(artifact: Row, text: str) -> VersionReason:
    """Return the word of the history that a reason in free words belongs to."""
    if artifact["current_version_id"] is None:
        return "initial"
    said = text.lower().replace("-", "_").replace(" ", "_")
    for word in REASONS:
        if said.startswith(word):
            return word
    return "enhancement"
