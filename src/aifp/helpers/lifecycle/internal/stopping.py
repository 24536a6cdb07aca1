"""Stop code that goes from bad to bad: pause its directive, or switch the tool off."""

from datetime import datetime

from aifp.helpers.lifecycle.internal.artifact_rows import subject_of_part
from aifp.helpers.lifecycle.internal.marking import set_authorization
from aifp.helpers.shared.alerts import raise_alert
from aifp.helpers.shared.events import Change, record_event
from aifp.helpers.user_directives.internal.transitions import Move, move_status, require_directive
from aifp.schemas.alerts import NewAlert
from aifp.schemas.common import JsonMap
from aifp.schemas.ports import Ctx, Row, Writer
from aifp.schemas.subjects import Subject

STOPPED = "deployment_stopped"


async def stop_artifact(ctx: Ctx, deployment: Row, why: str, numbers: JsonMap) -> None:
    """Let it run no more until a person or an assistant takes it up; tell why."""
    now, name = ctx.clock.now(), str(deployment["name"])
    subject = subject_of_part(deployment)
    is_tool = deployment["kind"] == "user_tool"
    alert = NewAlert(
        severity="critical",
        code=STOPPED,
        message=f"{name} was {'switched off' if is_tool else 'paused'}: {why}.",
        suggestion="Mend the code first; it is not rolled back a second time by itself.",
        stats=numbers,
    )
    async with ctx.directives.write() as db:
        if is_tool:
            await _switch_off(db, now, subject, why)
        elif deployment["directive_id"] is not None:
            await _pause(db, now, int(str(deployment["directive_id"])), why)
        await raise_alert(db, now, subject, alert)
    ctx.engine.wake()


async def _switch_off(db: Writer, now: datetime, subject: Subject, why: str) -> None:
    row = await db.one("artifact_by_id", id=int(subject.id))
    if row is not None and row["authorization"] == "approved":
        await set_authorization(db, now, row, "disabled")
        await record_event(db, now, subject, "system", Change(event_type="disabled", reason=why))


async def _pause(db: Writer, now: datetime, directive_id: int, why: str) -> None:
    row = await require_directive(db, directive_id)
    if row["status"] in ("active", "error"):
        # Without a cause: nothing but an activation lets it go on.
        await move_status(db, now, directive_id, Move(to="paused", actor="system", reason=why))
