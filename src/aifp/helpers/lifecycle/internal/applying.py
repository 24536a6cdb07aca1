"""Write what a sync found into the record, in the caller's transaction."""

from dataclasses import dataclass, field

from aifp.helpers.lifecycle.internal.artifact_rows import subject_of
from aifp.helpers.lifecycle.internal.contents import Content, tool_name
from aifp.helpers.lifecycle.internal.deletion import DELETION_ALERTS
from aifp.helpers.lifecycle.internal.folder import look_of, new_looks
from aifp.helpers.lifecycle.internal.known_files import Known
from aifp.helpers.lifecycle.internal.marking import mark_tool_status, take_place
from aifp.helpers.lifecycle.internal.planning import Plan
from aifp.helpers.lifecycle.internal.tool_alerts import (
    LOAD_FAILED,
    VOID,
    approval_void,
    load_failed,
)
from aifp.helpers.lifecycle.internal.tool_columns import columns_of
from aifp.helpers.lifecycle.internal.tool_events import Told, tell_tool
from aifp.helpers.lifecycle.internal.versions import record_version
from aifp.helpers.shared.alerts import raise_alert, resolve_alerts
from aifp.schemas.alerts import NewAlert
from aifp.schemas.common import JsonMap
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx, Row, Writer
from aifp.schemas.subjects import Subject
from aifp.schemas.tool_sync import SyncAlert, SyncReport
from aifp.schemas.words import ToolEvent

# Files change outside of aifp; whoever edits them stands in for the user (L09).
ACTOR = "user"
CREATED = "manual_creation"
EDITED = "manual_edit"
GUARDED = ("status", "authorization", "missing_since", "current_version_id")


@dataclass(slots=True)
class Tally:
    """What was written so far; directives: whose code is not as it was."""

    deleted: list[str] = field(default_factory=lambda: list[str]())
    restored: list[str] = field(default_factory=lambda: list[str]())
    new: list[str] = field(default_factory=lambda: list[str]())
    changed: list[str] = field(default_factory=lambda: list[str]())
    alerts: list[SyncAlert] = field(default_factory=lambda: list[SyncAlert]())
    directives: list[int] = field(default_factory=lambda: list[int]())

    def report(self) -> SyncReport:
        """Return it as tools answer it."""
        return SyncReport(
            newly_deleted=sorted(self.deleted),
            restored=sorted(self.restored),
            new_manual_tools=sorted(self.new),
            changed=sorted(self.changed),
            alerts=self.alerts,
        )


@dataclass(frozen=True, slots=True)
class Applying:
    """One transaction that writes a plan."""

    ctx: Ctx
    db: Writer
    plan: Plan
    tally: Tally = field(default_factory=Tally)

    async def apply(self) -> Tally:
        """Write everything; what somebody changed since it was looked at is left for later."""
        await self._note_absence()
        for path in self.plan.found.new:
            await self._add(path)
        await self._take_over()
        for one in self.plan.found.unread:
            await self._describe(one.row, self.plan.contents.get(str(one.row["main_path"])))
        await self._tell_standing()
        await self._note_looks()
        return self.tally

    async def _take_over(self) -> None:
        """Write what came back and what has other bytes; some of it is both."""
        found = self.plan.found
        changed = {one.id for one in found.changed}
        back = {one.id: await self._restore(one, changed) for one in found.restored}
        for one in found.changed:
            is_back = back.get(one.id)
            if is_back or (is_back is None and await self._is_same(one)):
                await self._change(one)

    async def _note_absence(self) -> None:
        for one in self.plan.awaited:
            if await self._is_same(one):
                await self.db.run("note_missing", id=one.id, at=to_text(self.ctx.clock.now()))
        for one in self.plan.found.back:
            await self.db.run("note_missing", id=one.id, at=None)
        for one, alert in self.plan.deleted:
            await self._delete(one, alert)

    async def _tell_standing(self) -> None:
        for subject, alert in self.plan.standing.raised:
            await self.raise_alert(subject, alert)
        for subject, code in self.plan.standing.over:
            await self.resolve(subject, code)

    async def raise_alert(self, subject: Subject, alert: NewAlert) -> None:
        """Open an alert and tell of it, unless the same one is open."""
        if await raise_alert(self.db, self.ctx.clock.now(), subject, alert):
            self.tally.alerts.append(
                SyncAlert(
                    severity=alert.severity,
                    code=alert.code,
                    tool=subject.name,
                    message=alert.message,
                )
            )

    async def resolve(self, subject: Subject, code: str) -> None:
        """Close the alerts of one kind about a subject."""
        await resolve_alerts(self.db, self.ctx.clock.now(), subject, code)

    async def _is_same(self, one: Known) -> bool:
        row = await self.db.one("artifact_by_id", id=one.id)
        return row is not None and all(row[key] == one.row[key] for key in GUARDED)

    async def _delete(self, one: Known, alert: NewAlert | None) -> None:
        if not await self._is_same(one):
            return
        lost = [path for path in one.paths if path not in self.plan.scan.disk.hashes]
        reason = f"{', '.join(lost)} is gone"
        facts: JsonMap = {"code_hash": _hash_of(one)}
        await mark_tool_status(self.ctx, self.db, one.row, "deleted", reason, ACTOR, facts)
        for code in (LOAD_FAILED, VOID):
            await self.resolve(one.subject, code)
        if alert is not None:
            await self.raise_alert(one.subject, alert)
        self.tally.deleted.append(one.name)
        await self._touch(one)

    async def _add(self, path: str) -> None:
        content = self.plan.contents.get(path)
        if content is None:
            return
        at = to_text(self.ctx.clock.now())
        row = await self.db.one(
            "add_user_tool", name=tool_name(path), path=path, reason=CREATED, at=at
        )
        if row is None:
            return
        version = content.version("initial")
        version_id = await record_version(self.ctx, self.db, row, version)
        await take_place(self.ctx, self.db, row, version_id, content.code_hash)
        facts: JsonMap = {"code_hash": content.code_hash, "version_number": 1}
        await self._tell(row, "created", Told(CREATED, metadata=facts))
        await self._describe(row, content)
        self.tally.new.append(str(row["name"]))

    async def _restore(self, one: Known, changed: set[int]) -> bool:
        waits = one.id in changed and str(one.row["main_path"]) not in self.plan.contents
        if waits or not await self._is_same(one):
            return False
        facts: JsonMap = {"code_hash": _hash_of(one)}
        reason = f"{one.row['main_path']} is back"
        await mark_tool_status(self.ctx, self.db, one.row, "active", reason, ACTOR, facts)
        for code in DELETION_ALERTS:
            await self.resolve(one.subject, code)
        self.tally.restored.append(one.name)
        await self._touch(one)
        return True

    async def _change(self, one: Known) -> None:
        content = self.plan.contents.get(str(one.row["main_path"]))
        if content is None:
            return
        version = content.version(EDITED)
        version_id = await record_version(self.ctx, self.db, one.row, version)
        decided = await take_place(self.ctx, self.db, one.row, version_id, content.code_hash)
        facts: JsonMap = {
            "code_hash": content.code_hash,
            "before": _hash_of(one),
            "authorization": decided,
        }
        await self._tell(one.row, "changed", Told(EDITED, metadata=facts))
        if one.is_tool:
            await self._describe(one.row, content)
        await self._tell_void(one, decided, content)
        self.tally.changed.append(one.name)
        await self._touch(one)

    async def _tell_void(self, one: Known, decided: str, content: Content) -> None:
        """Tell that an approval counts no more; for directives, their own gate tells it."""
        if not one.is_tool:
            at = to_text(self.ctx.clock.now())
            directive_id = one.row["directive_id"]
            await self.db.run("note_edited_implementation", directive_id=directive_id, at=at)
        elif decided == "approved":
            await self.resolve(one.subject, VOID)
        elif one.row["authorization"] == "approved":
            await self.raise_alert(one.subject, approval_void(one, content.diff))

    async def _describe(self, row: Row, content: Content | None) -> None:
        """Store what a tool says of itself, or why it says nothing."""
        if content is None:
            return
        at, subject = to_text(self.ctx.clock.now()), subject_of(row)
        if content.problem is not None:
            await self.db.run("note_problem", id=row["id"], problem=content.problem, at=at)
            await self.raise_alert(subject, load_failed(subject.name, content.problem))
        elif content.spec is not None:
            await self.db.run(
                "describe_tool",
                id=row["id"],
                problem=None,
                at=at,
                **columns_of(content.spec, content.effect),
            )
            await self.resolve(subject, LOAD_FAILED)

    async def _tell(self, row: Row, event: ToolEvent, told: Told) -> None:
        await tell_tool(self.db, self.ctx.clock.now(), row, ACTOR, event, told)

    async def _touch(self, one: Known) -> None:
        """Note whose code is not as it was, and who calls a tool that went or is back."""
        directive_id = one.row["directive_id"]
        if directive_id is not None:
            self.tally.directives.append(int(str(directive_id)))
        if one.is_tool:
            callers = await self.db.all("directives_that_call", name=one.name)
            self.tally.directives += [int(str(row["id"])) for row in callers]

    async def _note_looks(self) -> None:
        scan = self.plan.scan
        for path, file in new_looks(scan.disk, scan.seen).items():
            size, modified, changed = look_of(file)
            await self.db.run(
                "store_file_look",
                path=path,
                size_bytes=size,
                modified_ns=modified,
                changed_ns=changed,
                sha256=scan.disk.hashes[path],
            )
        for path in scan.seen.looks.keys() - scan.disk.found.keys():
            await self.db.run("drop_file_look", path=path)


def _hash_of(one: Known) -> str | None:
    return str(one.row["code_hash"]) if one.row["code_hash"] else None
