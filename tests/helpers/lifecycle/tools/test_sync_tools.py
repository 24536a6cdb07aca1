"""What the tools answer about files that are not what is known of them."""

from typing import get_args

import pytest

from aifp.helpers.lifecycle.tools.statistics_tools import (
    get_lifecycle_events,
    get_tool_statistics,
    get_tools_by_status,
)
from aifp.helpers.lifecycle.tools.sync_tools import (
    check_sync_status,
    detect_changes,
    sync_and_reconcile,
)
from aifp.schemas.common import Failure, NotFound
from aifp.schemas.tool_sync import (
    ChangeState,
    LifecycleEvent,
    SyncReport,
    SyncStatus,
    ToolListing,
)
from aifp.schemas.words import ArtifactStatus, ToolEvent
from tests.helpers.lifecycle.workshop import SUM, Workshop

EDITED = SUM.replace("a + b", "b + a")


async def _listed(workshop: Workshop, status: ArtifactStatus = "active") -> list[ToolListing]:
    found = await get_tools_by_status(workshop.ctx, status)
    assert isinstance(found, list)
    return found


async def _events(
    workshop: Workshop, name: str | None = None, event_type: ToolEvent | None = None
) -> list[LifecycleEvent]:
    found = await get_lifecycle_events(workshop.ctx, name, event_type)
    assert isinstance(found, list)
    return found


@pytest.mark.req("S05")
async def test_the_changes_of_a_file_are_told_in_four_states(workshop: Workshop) -> None:
    ctx = workshop.ctx
    assert await detect_changes(ctx, "one") == ChangeState(changed=False, reason="not_loaded")

    await workshop.added("one", "two", "three")
    assert await detect_changes(ctx, "one") == ChangeState(changed=False)

    workshop.write("one", EDITED)
    found = await detect_changes(ctx, "one")
    assert isinstance(found, ChangeState)
    assert (found.changed, found.reason) == (True, "file_modified")
    assert "-    return a + b\n+    return b + a\n" in str(found.diff)

    workshop.sql("UPDATE artifacts SET current_version_id = NULL WHERE name = 'two'")
    unknown = ChangeState(changed="unknown", reason="no_baseline")
    assert await detect_changes(ctx, "two") == unknown

    for kept in (workshop.project / ".aifp-project" / "objects").glob("*/*"):
        kept.unlink()
    assert await detect_changes(ctx, "three") == unknown


@pytest.mark.req("S05")
async def test_a_tool_without_a_file_is_changed_until_it_counts_as_deleted(
    workshop: Workshop,
) -> None:
    await workshop.added("one", "two")
    workshop.remove("one")
    found = await detect_changes(workshop.ctx, "one")
    assert isinstance(found, ChangeState)
    assert (found.changed, found.reason) == (True, "file_missing")
    assert "-    return a + b" in str(found.diff)

    await workshop.sync()
    gone = ChangeState(changed=False, reason="not_loaded")
    assert await detect_changes(workshop.ctx, "one") == gone


@pytest.mark.req("S06")
async def test_every_kind_of_difference_is_an_issue(workshop: Workshop) -> None:
    await workshop.added("edited", "removed", "lost", "kept")
    assert await check_sync_status(workshop.ctx) == SyncStatus(in_sync=True, issues=[])

    workshop.write("edited", EDITED)
    workshop.remove("removed")
    workshop.write("fresh")
    workshop.sql("UPDATE artifacts SET current_version_id = NULL WHERE name = 'lost'")
    before = workshop.life.dump()
    status = await check_sync_status(workshop.ctx)

    assert isinstance(status, SyncStatus)
    assert not status.in_sync
    assert [(issue.type, issue.tool, issue.tools) for issue in status.issues] == [
        ("orphaned_files", None, ["fresh"]),
        ("file_modified", "edited", []),
        ("unknown_baseline", "lost", []),
        ("missing_files", None, ["removed"]),
    ]
    assert all(issue.message for issue in status.issues)
    assert workshop.life.dump() == before

    await workshop.sync()
    assert await check_sync_status(workshop.ctx) == SyncStatus(in_sync=True, issues=[])


@pytest.mark.req("L31")
async def test_a_folder_that_is_not_there_is_a_refusal_and_not_an_empty_answer(
    workshop: Workshop,
) -> None:
    await workshop.added("one")
    (workshop.project / "tools").rename(workshop.project / "elsewhere")
    for answer in (await sync_and_reconcile(workshop.ctx), await check_sync_status(workshop.ctx)):
        assert isinstance(answer, Failure)
        assert answer.error_code == "file_missing"


@pytest.mark.req("L02")
async def test_the_uses_of_a_deleted_tool_are_still_told(workshop: Workshop) -> None:
    await workshop.added("one", "two")
    workshop.uses("one", success=60, failure=10, day="2026-10-30")
    workshop.uses("one", success=25, failure=5, day="2026-11-01")
    before = await get_tool_statistics(workshop.ctx, "one")
    workshop.remove("one")
    await workshop.sync()
    after = await get_tool_statistics(workshop.ctx, "one")

    assert after.model_dump() == {
        "name": "one",
        "kind": "user_tool",
        "total_executions": 100,
        "success_rate": 0.85,
        "last_used": "2026-11-01T09:00:00.000Z",
        "status": "deleted",
        "authorization": "pending",
        "versions": 1,
    }
    assert before.model_dump() == {**after.model_dump(), "status": "active"}


@pytest.mark.req("L02")
async def test_a_tool_that_was_never_used_has_no_rate_and_an_unknown_one_is_not_found(
    workshop: Workshop,
) -> None:
    await workshop.added("one")
    told = (await get_tool_statistics(workshop.ctx, "one")).model_dump()
    assert (told["total_executions"], told["success_rate"], told["last_used"]) == (0, None, None)
    assert await get_tool_statistics(workshop.ctx, "nobody") == NotFound()


@pytest.mark.req("L04", "S01")
async def test_lists_show_active_tools_unless_a_status_is_named(workshop: Workshop) -> None:
    await workshop.added("active", "gone", "kept")
    workshop.write("broken", "def run(:\n")
    workshop.remove("gone")
    await workshop.sync()
    workshop.sql("UPDATE artifacts SET status = 'archived' WHERE name = 'kept'")
    successor = workshop.tool("active")["id"]
    workshop.life.insert(
        "artifacts",
        kind="user_tool",
        name="old",
        status="deprecated",
        successor_id=successor,
        migration_note="Same arguments.",
        status_changed_at="t",
        authorization_changed_at="t",
        origin="ai",
        created_at="t",
        updated_at="t",
    )

    statuses: tuple[ArtifactStatus, ...] = get_args(ArtifactStatus)
    listed = {status: await _listed(workshop, status) for status in statuses}
    assert {status: [tool.name for tool in tools] for status, tools in listed.items()} == {
        "active": ["active", "broken"],
        "deleted": ["gone"],
        "archived": ["kept"],
        "deprecated": ["old"],
    }
    assert await get_tools_by_status(workshop.ctx) == listed["active"]
    assert await get_tools_by_status(workshop.ctx, kind="implementation") == []
    assert listed["active"][0].authorization == "pending"
    assert "line 1: not valid Python" in str(listed["active"][1].problem)
    assert [tool.version_state for tool in listed["active"]] == ["draft", "load_failed"]
    (old,) = listed["deprecated"]
    assert (old.successor, old.migration_note) == ("active", "Same arguments.")


@pytest.mark.req("L06")
async def test_what_happened_to_tools_is_told_newest_first(workshop: Workshop) -> None:
    await workshop.added("one", "two")
    workshop.write("one", EDITED)
    await workshop.sync()
    workshop.remove("one")
    await workshop.sync()
    workshop.write("one", EDITED)
    await workshop.sync()

    events = await _events(workshop, "one")
    told = [(event.event_type, event.reason, event.triggered_by) for event in events]
    assert told == [
        ("restored", "tools/one.py is back", "user"),
        ("deleted", "tools/one.py is gone", "user"),
        ("changed", "manual_edit", "user"),
        ("created", "manual_creation", "user"),
    ]
    for event in events:
        assert event.tool_name == "one"
        assert {"success_rate", "total_uses", "code_hash"} <= event.metadata.keys()

    created = await _events(workshop, event_type="created")
    assert [event.tool_name for event in created] == ["two", "one"]
    newest = await get_lifecycle_events(workshop.ctx, limit=1)
    assert newest == events[:1]


@pytest.mark.req("L08")
async def test_the_tool_answers_what_the_sync_did(workshop: Workshop) -> None:
    workshop.write("fresh")
    report = await sync_and_reconcile(workshop.ctx)
    assert isinstance(report, SyncReport)
    assert report.new_manual_tools == ["fresh"]
