"""How the tests of an implementation went: as the engine saw it, or as somebody reports it."""

import json

from aifp.helpers.shared.events import Change, record_event
from aifp.helpers.shared.outbox import tell_directive
from aifp.helpers.user_directives.internal.implementation_status import require_implementation
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx, Row, Writer
from aifp.schemas.subjects import Subject
from aifp.schemas.words import TestStatus
from aifp.schemas.workflow import TestResult


async def report_tests(ctx: Ctx, implementation_id: int, status: TestStatus) -> None:
    """Keep what somebody says about the tests; nothing of it is checked."""
    await require_implementation(ctx.directives, implementation_id)
    async with ctx.directives.write() as db:
        row = await require_implementation(db, implementation_id)
        await db.run("report_tests", id=implementation_id, test_status=status)
        if row["test_status"] != status or row["test_source"] != "reported":
            await _withdraw_request(ctx, db, row)
        await tell_directive(db, ctx.clock.now(), int(str(row["directive_id"])))


async def note_failed_tests(ctx: Ctx, implementation_id: int, tests: list[TestResult]) -> None:
    """Keep that the engine's own run of the tests failed."""
    results = json.dumps([test.wire() for test in tests])
    async with ctx.directives.write() as db:
        row = await require_implementation(db, implementation_id)
        await db.run("note_failed_tests", id=implementation_id, test_results_json=results)
        await _withdraw_request(ctx, db, row)
        await tell_directive(db, ctx.clock.now(), int(str(row["directive_id"])))


async def _withdraw_request(ctx: Ctx, db: Writer, row: Row) -> None:
    """Close the open request: its text tells of tests that went otherwise by now."""
    if row["id"] != row["newest_id"]:
        return
    subject = Subject(kind="directive", id=str(row["directive_id"]), name=str(row["name"]))
    asked = await db.one("open_request", kind=subject.kind, subject_id=subject.id)
    if asked is None:
        return
    await db.run("withdraw_request", id=asked["id"], at=to_text(ctx.clock.now()))
    change = Change(event_type="approval_superseded", reason="its tests went otherwise")
    await record_event(db, ctx.clock.now(), subject, "system", change)
