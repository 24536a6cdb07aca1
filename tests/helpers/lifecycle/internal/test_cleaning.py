"""What becomes of tools that were deleted long ago."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from aifp.helpers.lifecycle.internal.artifact_rows import find_artifact
from aifp.helpers.lifecycle.internal.cleaning import (
    cleanup_old_deleted_tools,
    deleted_tools,
    unused_deleted,
)
from aifp.helpers.lifecycle.internal.purging import purge_tool_data
from aifp.helpers.lifecycle.internal.uses import Uses
from aifp.helpers.shared.events import first_broken_event
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx, Row
from aifp.schemas.upkeep import Cleaned, KeptTool
from tests.helpers.lifecycle.shelf import Shelf


async def deleted(shelf: Shelf, name: str, days: float, uses: int = 0, **more: Any) -> Row:
    at = to_text(shelf.now - timedelta(days=days))
    tool = await shelf.tool(name, status="deleted", status_changed_at=at, **more)
    if uses:
        shelf.used(tool, success=uses)
    return tool


@pytest.mark.req("L18")
@pytest.mark.parametrize("days", [89, 90, 91])
@pytest.mark.parametrize("uses", [9, 10, 11])
async def test_ninety_full_days_and_ten_uses_decide(
    plain_ctx: Ctx, shelf: Shelf, days: int, uses: int
) -> None:
    await deleted(shelf, "old", days, uses)
    cleaned = await cleanup_old_deleted_tools(plain_ctx)
    if days < 90:
        assert cleaned == Cleaned()
    elif uses < 10:
        assert cleaned == Cleaned(purged=["old"])
        assert await find_artifact(plain_ctx.directives, "old") is None
    else:
        assert cleaned == Cleaned(archived=["old"])
        row = await find_artifact(plain_ctx.directives, "old")
        assert row is not None
        assert row["status"] == "archived"


@pytest.mark.req("L18")
async def test_one_hour_short_of_ninety_days_is_too_early(plain_ctx: Ctx, shelf: Shelf) -> None:
    await deleted(shelf, "old", 89.95)
    assert await cleanup_old_deleted_tools(plain_ctx) == Cleaned()


@pytest.mark.req("L29")
async def test_the_person_moves_the_days_and_the_uses(plain_ctx: Ctx, shelf: Shelf) -> None:
    await deleted(shelf, "rare", 30, 4)
    await deleted(shelf, "used", 30, 5)
    settings = plain_ctx.settings.model_copy(update={"archive_days": 30, "min_uses": 5})
    cleaned = await cleanup_old_deleted_tools(replace(plain_ctx, settings=settings))
    assert cleaned == Cleaned(purged=["rare"], archived=["used"])


@pytest.mark.req("L18")
async def test_archiving_is_one_event_and_happens_once(plain_ctx: Ctx, shelf: Shelf) -> None:
    await deleted(shelf, "old", 100, 12)
    await cleanup_old_deleted_tools(plain_ctx)
    assert await cleanup_old_deleted_tools(plain_ctx) == Cleaned()
    [event] = shelf.events("archived")
    assert (event["from_status"], event["to_status"]) == ("deleted", "archived")
    assert event["actor"] == "auto_cleanup"
    assert json.loads(event["metadata_json"])["total_uses"] == 12


async def kept_by(ctx: Ctx) -> list[KeptTool]:
    cleaned = await cleanup_old_deleted_tools(ctx)
    assert cleaned.purged == []
    return cleaned.kept


@pytest.mark.req("L18")
async def test_an_open_alert_keeps_a_tool_until_somebody_has_seen_it(
    plain_ctx: Ctx, shelf: Shelf
) -> None:
    tool = await deleted(shelf, "old", 100)
    shelf.alert(tool, "recently_used")
    assert await kept_by(plain_ctx) == [
        KeptTool(name="old", because="the open alert recently_used")
    ]
    shelf.sql("UPDATE alerts SET state = 'acknowledged'")
    assert (await cleanup_old_deleted_tools(plain_ctx)).purged == ["old"]
    assert shelf.alerts("resolved") == ["recently_used"]


@pytest.mark.req("L18")
async def test_a_tool_that_a_directive_calls_is_kept(plain_ctx: Ctx, shelf: Shelf) -> None:
    await deleted(shelf, "old", 100)
    await shelf.implementation("caller", "paused")
    calls = [{"resource": "tool", "value": {"name": "old"}}]
    shelf.sql("UPDATE user_directives SET permissions_json = ?", json.dumps(calls))
    assert [kept.because for kept in await kept_by(plain_ctx)] == ["the directive caller"]
    shelf.sql("UPDATE user_directives SET status = 'archived'")
    assert (await cleanup_old_deleted_tools(plain_ctx)).purged == ["old"]


@pytest.mark.req("L18")
async def test_the_code_of_a_directive_stays_while_the_directive_does(
    plain_ctx: Ctx, shelf: Shelf
) -> None:
    code = await shelf.implementation("sums", "paused")
    old = to_text(shelf.now - timedelta(days=100))
    shelf.sql("UPDATE artifacts SET status = 'deleted', status_changed_at = ?", old)
    assert [kept.because for kept in await kept_by(plain_ctx)] == ["the directive sums"]
    shelf.sql("UPDATE user_directives SET status = 'archived'")
    shelf.insert(
        "directive_implementations",
        directive_id=code["directive_id"],
        directive_version=1,
        artifact_id=code["id"],
        artifact_version_id=code["current_version_id"],
        implementation_file="a.py",
        entry_point="run",
        generator="given",
        generated_at=old,
        last_modified=old,
    )
    assert (await cleanup_old_deleted_tools(plain_ctx)).purged == ["sums"]
    assert shelf.count("directive_implementations") == 0


@pytest.mark.req("L18")
async def test_a_successor_and_a_tool_that_others_call_are_kept(
    plain_ctx: Ctx, shelf: Shelf
) -> None:
    heir = await deleted(shelf, "heir", 100)
    await shelf.tool("older", status="deprecated", successor_id=heir["id"])
    caller = await shelf.tool("caller")
    calls = [{"resource": "tool", "value": {"name": "heir"}}]
    shelf.sql(
        "UPDATE artifact_versions SET permissions_json = ? WHERE artifact_id = ?",
        json.dumps(calls),
        caller["id"],
    )
    [kept] = await kept_by(plain_ctx)
    assert kept.because == (
        "the tool older, whose successor it is, the tool caller, which calls it"
    )


@pytest.mark.req("L18")
async def test_an_open_task_and_an_open_run_keep_a_tool(plain_ctx: Ctx, shelf: Shelf) -> None:
    tool = await deleted(shelf, "old", 100)
    run = shelf.ran(tool, tool["current_version_id"], shelf.now, status="running", finished_at=None)
    async with plain_ctx.project.write() as db:
        await db.run("add_project", name="home", timezone="UTC", at=to_text(shelf.now))
        await db.run(
            "open_task",
            stage="parse",
            directive_name="x",
            name="Bring old back",
            description="",
            priority=1,
            origin_key="k",
            at=to_text(shelf.now),
        )
    tasks = await plain_ctx.project.all("open_tasks")
    [kept] = await kept_by(plain_ctx)
    held = [f"the open run {run}"] + (["the task 'Bring old back'"] if tasks else [])
    assert kept.because == ", ".join(held)
    assert tasks


@pytest.mark.req("L20")
async def test_a_purge_leaves_one_event_and_the_totals_of_the_project(
    plain_ctx: Ctx, shelf: Shelf
) -> None:
    tool = await deleted(shelf, "old", 100, 3)
    other = await shelf.tool("other")
    version = tool["current_version_id"]
    shelf.used({"id": "project"}, success=3)
    run = shelf.ran(tool, version, shelf.now - timedelta(days=95))
    shelf.step(run, "https://x.org/", None, shelf.now)
    shelf.deployed(tool, version, shelf.now - timedelta(days=99))
    at = to_text(shelf.now)
    shelf.insert(
        "kv_state",
        owner_kind="artifact",
        owner_id=str(tool["id"]),
        state_key="k",
        state_value_json="1",
        size_bytes=1,
        created_at=at,
        updated_at=at,
    )
    shelf.insert(
        "test_runs", artifact_id=tool["id"], version_id=version, strategy="replay", started_at=at
    )
    hash_before = shelf.sql("SELECT code_hash FROM artifact_versions WHERE id = ?", version)
    totals = shelf.sql("SELECT * FROM run_daily WHERE subject_id = 'project'")
    assert (await cleanup_old_deleted_tools(plain_ctx)).purged == ["old"]
    for table in ("artifact_versions", "artifact_version_files"):
        assert shelf.count(table) == 1
    for table in ("runs", "run_steps", "deployments", "kv_state", "test_runs"):
        assert shelf.count(table) == 0
    assert shelf.sql("SELECT * FROM run_daily") == totals
    [event] = shelf.sql("SELECT * FROM events WHERE subject_name = 'old'")
    told = json.loads(event["metadata_json"])
    assert event["event_type"] == "purged"
    assert (told["total_executions"], told["success_rate"], told["runs"]) == (3, 1.0, 1)
    assert (told["versions"], told["last_hash"]) == (1, hash_before[0]["code_hash"])
    assert await first_broken_event(plain_ctx.directives) is None
    free = shelf.sql("SELECT sha256 FROM objects WHERE expires_at IS NOT NULL")
    assert len(free) == 1
    assert await find_artifact(plain_ctx.directives, str(other["name"])) is not None


@pytest.mark.req("L20")
async def test_bytes_that_another_tool_has_too_stay(plain_ctx: Ctx, shelf: Shelf) -> None:
    same = "def run() -> int:\n    return 1\n"
    await deleted(shelf, "old", 100, source=same)
    await shelf.tool("other", source=same)
    await cleanup_old_deleted_tools(plain_ctx)
    assert shelf.sql("SELECT expires_at FROM objects") == [{"expires_at": None}]


@pytest.mark.req("L20")
async def test_only_what_is_asked_about_a_purged_tool_is_withdrawn(
    plain_ctx: Ctx, shelf: Shelf
) -> None:
    other = await shelf.tool("other")
    # A waiver is about a version; here the version of one tool has the number of the other tool.
    await shelf.version(other, "def run() -> int:\n    return 2\n")
    old = await deleted(shelf, "old", 100)
    assert old["id"] != old["current_version_id"]
    for version_id in (old["id"], old["current_version_id"]):
        shelf.insert(
            "approvals",
            subject_kind="waive_tests",
            subject_id=str(version_id),
            subject_name="it",
            release_sha256="0",
            request_json="{}",
            requested_by="ai",
            requested_at=to_text(shelf.now),
            expires_at=to_text(shelf.now),
        )
    assert (await cleanup_old_deleted_tools(plain_ctx)).purged == ["old"]
    rows = shelf.sql("SELECT decision FROM approvals ORDER BY id")
    assert [row["decision"] for row in rows] == ["pending", "superseded"]


@pytest.mark.req("L20")
async def test_a_tool_that_came_back_meanwhile_is_not_purged(plain_ctx: Ctx, shelf: Shelf) -> None:
    tool = await deleted(shelf, "old", 100)
    shelf.sql("UPDATE artifacts SET status = 'active'")
    assert await purge_tool_data(plain_ctx, tool, Uses()) == ["it is not deleted any more"]
    assert await find_artifact(plain_ctx.directives, "old") is not None


@pytest.mark.req("L20")
async def test_a_purge_withdraws_what_waits_for_a_person_about_the_tool_and_nothing_else(
    plain_ctx: Ctx, shelf: Shelf
) -> None:
    await shelf.tool("first")
    tool = await deleted(shelf, "old", 100)
    stays = await shelf.tool("stays")
    await shelf.version(stays, "def run() -> int:\n    return 1\n")
    at = to_text(shelf.now)
    subjects = [
        ("artifact", tool["id"]),
        ("waive_tests", tool["current_version_id"]),
        ("artifact", stays["id"]),
        ("waive_tests", stays["current_version_id"]),
        ("waive_tests", int(str(stays["current_version_id"])) + 1),
    ]
    for kind, number in subjects:
        shelf.insert(
            "approvals",
            subject_kind=kind,
            subject_id=str(number),
            subject_name="x",
            release_sha256="r",
            request_json="{}",
            requested_by="ai",
            decision="pending",
            requested_at=at,
            expires_at=at,
        )
    assert (await cleanup_old_deleted_tools(plain_ctx)).purged == ["old"]
    decisions = [row["decision"] for row in shelf.sql("SELECT * FROM approvals ORDER BY id")]
    assert decisions == ["superseded", "superseded", "pending", "pending", "pending"]


@pytest.mark.req("L19")
@pytest.mark.parametrize(("days", "named"), [(30, []), (30.1, ["old"])])
async def test_a_deleted_tool_is_an_archive_candidate_after_a_month_without_use(
    plain_ctx: Ctx, shelf: Shelf, days: float, named: list[str]
) -> None:
    made = to_text(shelf.now - timedelta(days=days))
    await deleted(shelf, "old", 1, created_at=made)
    used = await deleted(shelf, "used", 1, created_at=to_text(shelf.now - timedelta(days=99)))
    shelf.used(used, shelf.now - timedelta(days=2), success=1)
    before = shelf.life.dump()
    assert unused_deleted(await deleted_tools(plain_ctx), shelf.now) == named
    assert shelf.life.dump() == before


@pytest.mark.req("L24")
async def test_a_dry_run_says_what_would_happen_and_changes_nothing(
    plain_ctx: Ctx, shelf: Shelf
) -> None:
    await deleted(shelf, "rare", 100)
    await deleted(shelf, "used", 100, 50)
    before = shelf.life.dump()
    cleaned = await cleanup_old_deleted_tools(plain_ctx, dry_run=True)
    assert cleaned == Cleaned(purged=["rare"], archived=["used"])
    assert shelf.life.dump() == before
