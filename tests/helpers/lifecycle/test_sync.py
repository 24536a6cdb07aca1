"""The files decide which tools exist: new, edited, deleted, restored ones, and what holds back."""

import shutil
import sqlite3
from typing import Any, get_args

import pytest

from aifp.helpers.lifecycle.internal.artifact_rows import require_artifact
from aifp.helpers.lifecycle.internal.reconciling import sync_from_filesystem, sync_step
from aifp.helpers.lifecycle.internal.tool_events import Told, tell_tool
from aifp.helpers.shared.events import first_broken_event
from aifp.schemas.errors import FileMissing, Unavailable
from aifp.schemas.ports import FoundFile
from aifp.schemas.tool_sync import SyncReport
from aifp.schemas.words import ToolEvent
from tests.contexts import with_directives
from tests.helpers.lifecycle.workshop import SUM, Workshop

EMPTY = SyncReport(newly_deleted=[], restored=[], new_manual_tools=[], changed=[], alerts=[])
EDITED = SUM.replace("a + b", "b + a")


def _never(file: FoundFile) -> bool:
    return False


@pytest.mark.req("L09", "L03", "S01", "S04")
async def test_a_file_without_a_record_becomes_a_tool_that_waits_for_approval(
    workshop: Workshop,
) -> None:
    workshop.write("add_up")
    report = await workshop.sync()

    assert report == EMPTY.model_copy(update={"new_manual_tools": ["add_up"]})
    tool = workshop.tool("add_up")
    assert workshop.standing("add_up") == ("active", "pending")
    assert (tool["origin"], tool["path"]) == ("user", "tools/add_up.py")
    assert tool["description"] == "Add two numbers."
    assert '"required": ["a"]' in tool["parameters_json"]
    (version,) = workshop.versions("add_up")
    assert (version["version_number"], version["reason"], version["state"]) == (
        1,
        "initial",
        "draft",
    )
    (event,) = workshop.sql("SELECT * FROM tool_lifecycle_events")
    assert (event["event_type"], event["reason"]) == ("created", "manual_creation")
    assert event["triggered_by"] == "user"
    (file,) = workshop.sql("SELECT object_sha256 AS h FROM artifact_version_files")
    assert await workshop.ctx.files.fetch(file["h"]) == SUM.encode()


@pytest.mark.req("L08", "S02")
async def test_a_sync_tells_each_kind_of_difference_once(workshop: Workshop) -> None:
    await workshop.added("kept", "edited", "removed", "back")
    workshop.remove("back")
    await workshop.sync()

    workshop.remove("removed")
    workshop.write("edited", EDITED)
    workshop.write("back")
    workshop.write("fresh")
    report = await workshop.sync()

    assert report == SyncReport(
        newly_deleted=["removed"],
        restored=["back"],
        new_manual_tools=["fresh"],
        changed=["edited"],
        alerts=[],
    )
    assert await workshop.sync() == EMPTY


@pytest.mark.req("L07", "L10", "L01", "L05")
async def test_a_tool_whose_file_is_gone_twice_is_deleted_with_one_event(
    workshop: Workshop,
) -> None:
    await workshop.added("one", "two", "three")
    workshop.remove("two")
    first = await sync_step(workshop.ctx, _never)
    assert (first.report, first.again) == (EMPTY, True)
    assert workshop.standing("two") == ("active", "pending")

    await workshop.clock.advance(2)
    second = await sync_step(workshop.ctx, _never)

    assert second.report.newly_deleted == ["two"]
    assert workshop.events("two") == ["created", "deleted"]
    row = workshop.tool("two")
    assert (row["status"], row["status_reason"]) == ("deleted", "tools/two.py is gone")
    assert row["missing_since"] is None
    assert workshop.standing("one") == workshop.standing("three") == ("active", "pending")


@pytest.mark.req("L08", "L10")
async def test_a_call_right_after_the_engine_has_missed_a_file_tells_that_it_is_gone(
    workshop: Workshop,
) -> None:
    await workshop.added("one", "two")
    workshop.remove("one")
    await sync_step(workshop.ctx, _never)
    await workshop.clock.advance(1)
    assert (await workshop.sync()).newly_deleted == ["one"]


@pytest.mark.req("L10")
async def test_an_editor_that_saves_by_renaming_changes_nothing(workshop: Workshop) -> None:
    await workshop.added("one", "two")
    workshop.file("one").rename(workshop.file("hidden").with_suffix(".part"))
    await sync_step(workshop.ctx, _never)
    await workshop.clock.advance(1)
    workshop.file("hidden").with_suffix(".part").rename(workshop.file("one"))
    await sync_step(workshop.ctx, _never)
    await workshop.clock.advance(5)
    step = await sync_step(workshop.ctx, _never)

    assert (step.report, step.again) == (EMPTY, False)
    assert workshop.events("one") == ["created"]
    assert workshop.tool("one")["missing_since"] is None
    assert len(workshop.versions("one")) == 1


@pytest.mark.req("L11")
@pytest.mark.parametrize("status", ["deleted", "archived"])
async def test_approved_bytes_that_come_back_need_no_new_decision(
    workshop: Workshop, status: str
) -> None:
    await workshop.added("one", "two")
    workshop.approve("one")
    workshop.remove("one")
    await workshop.sync()
    workshop.sql("UPDATE artifacts SET status = ? WHERE name = 'one'", status)
    workshop.write("one")
    report = await workshop.sync()

    assert (report.restored, report.changed) == (["one"], [])
    assert workshop.standing("one") == ("active", "approved")
    assert workshop.events("one") == ["created", "deleted", "restored"]
    assert len(workshop.versions("one")) == 1


@pytest.mark.req("L11")
async def test_other_bytes_that_come_back_wait_for_approval(workshop: Workshop) -> None:
    await workshop.added("one", "two")
    workshop.approve("one")
    workshop.remove("one")
    await workshop.sync()
    workshop.write("one", EDITED)
    report = await workshop.sync()

    assert (report.restored, report.changed) == (["one"], ["one"])
    assert workshop.standing("one") == ("active", "pending")
    assert workshop.events("one") == ["created", "deleted", "restored", "changed"]


@pytest.mark.req("L12")
async def test_one_edited_byte_is_a_new_version_that_nobody_approved(workshop: Workshop) -> None:
    await workshop.added("one", "two")
    workshop.approve("one")
    workshop.write("one", EDITED)
    report = await workshop.sync()

    assert report.changed == ["one"]
    assert [(alert.code, alert.tool) for alert in report.alerts] == [("approval_void", "one")]
    (alert,) = workshop.sql("SELECT stats_json AS s FROM alerts WHERE code = 'approval_void'")
    assert "-    return a + b" in alert["s"]
    assert workshop.standing("one") == ("active", "pending")
    assert [(v["version_number"], v["reason"]) for v in workshop.versions("one")] == [
        (1, "initial"),
        (2, "manual_edit"),
    ]
    assert workshop.tool("one")["current_version_id"] == workshop.versions("one")[1]["id"]


@pytest.mark.req("L11", "L12", "S08")
async def test_an_approval_counts_again_when_its_bytes_come_back(workshop: Workshop) -> None:
    await workshop.added("one", "two")
    release = workshop.approve("one")
    workshop.write("one", EDITED)
    await workshop.sync()
    workshop.write("one")
    await workshop.sync()

    assert workshop.standing("one") == ("active", "approved")
    last = workshop.versions("one")[-1]
    assert (last["version_number"], last["state"]) == (3, "approved")
    assert last["release_sha256"] == release
    assert workshop.alerts() == []


async def test_that_an_approval_does_not_count_is_over_when_the_edit_is_approved(
    workshop: Workshop,
) -> None:
    await workshop.added("one", "two")
    workshop.approve("one")
    workshop.write("one", EDITED)
    await workshop.sync()
    assert workshop.alerts() == [("approval_void", "one")]
    workshop.approve("one")
    await workshop.sync()
    assert workshop.alerts() == []


async def test_an_approval_that_was_written_by_hand_does_not_count(workshop: Workshop) -> None:
    await workshop.added("one", "two")
    workshop.approve("one")
    workshop.sql("UPDATE approvals SET checksum = 'made up'")
    workshop.write("one", EDITED)
    await workshop.sync()
    workshop.write("one")
    await workshop.sync()
    assert workshop.standing("one") == ("active", "pending")


async def test_a_tool_that_a_person_disabled_stays_so_when_its_bytes_come_back(
    workshop: Workshop,
) -> None:
    await workshop.added("one", "two")
    workshop.approve("one")
    workshop.sql("UPDATE artifacts SET authorization = 'disabled' WHERE name = 'one'")
    workshop.write("one", EDITED)
    await workshop.sync()
    assert workshop.standing("one") == ("active", "pending")
    workshop.write("one")
    await workshop.sync()
    assert workshop.standing("one") == ("active", "disabled")


@pytest.mark.req("S01")
async def test_a_broken_file_is_a_tool_that_cannot_be_called_until_it_is_mended(
    workshop: Workshop,
) -> None:
    await workshop.added("broken", text="def run(:\n")
    assert workshop.alerts() == [("load_failed", "broken")]
    assert "tools/broken.py, line 1: not valid Python" in workshop.tool("broken")["problem"]

    workshop.write("broken")
    await workshop.sync()
    assert workshop.tool("broken")["problem"] is None
    assert workshop.tool("broken")["description"] == "Add two numbers."
    assert workshop.alerts() == []


async def test_a_tool_is_as_dangerous_as_its_text_shows_whatever_it_says_of_itself(
    workshop: Workshop,
) -> None:
    said = 'CHARACTERISTICS = {"effect_class": "read_only", "side_effects": False}\n\n\n'
    await workshop.added("honest", text=said + SUM)
    await workshop.added("liar", text=f'{said}def run(ctx):\n    ctx.notify("log", "hi")\n')
    found = workshop.sql("SELECT name, effect_class, risk FROM artifacts ORDER BY name")
    assert [tuple(row.values()) for row in found] == [
        ("honest", "read_only", "low"),
        ("liar", "side_effects", "medium"),
    ]


@pytest.mark.req("S01")
async def test_only_plain_sources_of_the_folder_itself_are_tools(workshop: Workshop) -> None:
    await workshop.added("live")
    (workshop.project / "tools" / "backups").mkdir()
    (workshop.project / "tools" / "backups" / "live.py").write_text("def run():\n    return 'old'")
    for name in ("_helper.py", "notes.txt", ".hidden.py", "tool.pyc"):
        (workshop.project / "tools" / name).write_text(SUM)
    (workshop.project / "tools" / "linked.py").symlink_to(workshop.file("live"))
    (workshop.project / "tools" / "folder.py").mkdir()
    assert await workshop.sync() == EMPTY
    assert [row["name"] for row in workshop.sql("SELECT name FROM artifacts")] == ["live"]
    assert len(workshop.versions("live")) == 1


@pytest.mark.req("S24")
async def test_a_file_named_like_a_tool_of_aifp_is_left_alone(workshop: Workshop) -> None:
    await workshop.added("get_alerts", "mine")
    assert workshop.alerts() == [("name_collision", "tools/get_alerts.py")]
    assert [row["name"] for row in workshop.sql("SELECT name FROM artifacts")] == ["mine"]
    assert await workshop.sync() == EMPTY

    workshop.remove("get_alerts")
    await workshop.sync()
    assert workshop.alerts() == []


async def test_a_file_that_can_have_no_name_or_cannot_be_read_is_told_once(
    workshop: Workshop,
) -> None:
    await workshop.added("two-words", "mine")
    workshop.write("huge", "#" * 1_100_000)
    report = await workshop.sync()
    assert [(alert.code, alert.tool) for alert in report.alerts] == [
        ("tool_unreadable", "tools/huge.py")
    ]
    assert set(workshop.alerts()) == {
        ("bad_tool_name", "tools/two-words.py"),
        ("tool_unreadable", "tools/huge.py"),
    }
    assert await workshop.sync() == EMPTY


async def test_a_known_tool_that_cannot_be_read_is_neither_deleted_nor_changed(
    workshop: Workshop,
) -> None:
    await workshop.added("one", "two")
    workshop.write("one", "#" * 1_100_000)
    report = await workshop.sync()
    assert (report.newly_deleted, report.changed) == ([], [])
    assert workshop.alerts() == [("tool_unreadable", "tools/one.py")]


@pytest.mark.req("L24")
async def test_a_dry_run_tells_the_same_and_changes_nothing(workshop: Workshop) -> None:
    await workshop.added("edited", "removed", "kept")
    workshop.approve("edited")
    workshop.uses("removed", success=30, failure=0)
    workshop.remove("removed")
    workshop.write("edited", EDITED)
    workshop.write("fresh", "def run(:\n")
    before, files = workshop.life.dump(), _objects(workshop)
    stored = workshop.life.database.read_bytes()

    foreseen = await workshop.sync(dry_run=True)

    assert (workshop.life.dump(), _objects(workshop)) == (before, files)
    assert workshop.life.database.read_bytes() == stored
    assert foreseen == await workshop.sync()
    assert foreseen.newly_deleted == ["removed"]
    assert {alert.code for alert in foreseen.alerts} == {
        "approval_void",
        "useful_tool_deleted",
        "load_failed",
    }


@pytest.mark.req("L24")
async def test_a_dry_run_makes_no_database(workshop: Workshop) -> None:
    workshop.write("fresh")
    report = await workshop.sync(dry_run=True)
    assert report.new_manual_tools == ["fresh"]
    assert not workshop.life.database.exists()


def _objects(workshop: Workshop) -> list[str]:
    place = workshop.project / ".aifp-project" / "objects"
    return sorted(path.name for path in place.glob("*/*"))


@pytest.mark.req("L31")
async def test_a_missing_folder_stops_the_sync_and_marks_nothing(workshop: Workshop) -> None:
    await workshop.added("one", "two")
    (workshop.project / "tools").rename(workshop.project / "elsewhere")
    before = workshop.life.dump()
    for _ in range(2):
        with pytest.raises(FileMissing, match="Nothing was marked"):
            await sync_from_filesystem(workshop.ctx)
        await workshop.clock.advance(60)
    assert workshop.life.dump() == before

    (workshop.project / "elsewhere").rename(workshop.project / "tools")
    assert await workshop.sync() == EMPTY


@pytest.mark.req("L31")
async def test_a_folder_that_leads_elsewhere_stops_the_sync(workshop: Workshop) -> None:
    await workshop.added("one")
    shutil.rmtree(workshop.project / "tools")
    (workshop.project / "tools").symlink_to(workshop.project.parent)
    with pytest.raises(Unavailable, match="Nothing was marked"):
        await sync_from_filesystem(workshop.ctx)
    assert workshop.standing("one") == ("active", "pending")


@pytest.mark.req("L31")
async def test_a_locked_database_stops_the_sync(workshop: Workshop) -> None:
    await workshop.added("one", "two")
    workshop.remove("one")

    class Locked:
        """Reads, and fails like a file that another process holds when it is written."""

        def __init__(self, directives: Any) -> None:
            self.one, self.all = directives.one, directives.all

        def write(self) -> Any:
            raise Unavailable("Another process holds it.")

    locked = with_directives(workshop.ctx, Locked(workshop.ctx.directives))
    with pytest.raises(Unavailable):
        await workshop.passing(sync_from_filesystem(locked))
    assert workshop.standing("one") == ("active", "pending")
    assert (await workshop.sync()).newly_deleted == ["one"]


@pytest.mark.req("L31")
async def test_another_branch_with_few_tools_marks_nothing_and_tells_it_once(
    workshop: Workshop,
) -> None:
    names = [f"tool_{number}" for number in range(9)]
    await workshop.added(*names)
    workshop.remove(*names[:5])
    report = await workshop.sync()

    assert report.newly_deleted == []
    assert [(a.code, a.severity) for a in report.alerts] == [("mass_deletion", "critical")]
    assert "5 of 9 tools vanished at once" in report.alerts[0].message
    assert all(workshop.standing(name)[0] == "active" for name in names)
    assert await workshop.sync() == EMPTY

    for name in names:
        workshop.write(name)
    assert await workshop.sync() == EMPTY
    assert workshop.alerts() == []
    assert all(workshop.events(name) == ["created"] for name in names)


@pytest.mark.req("L31")
async def test_a_mass_deletion_that_a_person_has_seen_is_marked(workshop: Workshop) -> None:
    names = [f"tool_{number}" for number in range(6)]
    await workshop.added(*names)
    workshop.remove(*names)
    await workshop.sync()
    workshop.sql("UPDATE alerts SET state = 'acknowledged'")
    assert (await workshop.sync()).newly_deleted == names
    assert workshop.alerts() == workshop.alerts("acknowledged") == []


@pytest.mark.req("L31")
@pytest.mark.parametrize(("all_of", "removed"), [(8, 4), (10, 5)])
async def test_half_of_all_or_four_are_no_mass(
    workshop: Workshop, all_of: int, removed: int
) -> None:
    names = [f"tool_{number}" for number in range(all_of)]
    await workshop.added(*names)
    workshop.remove(*names[:removed])
    assert (await workshop.sync()).newly_deleted == names[:removed]


async def test_a_useful_tool_that_is_deleted_is_told_and_its_return_ends_that(
    workshop: Workshop,
) -> None:
    await workshop.added("one", "two")
    workshop.uses("one", success=95, failure=5)
    workshop.remove("one")
    report = await workshop.sync()
    assert [(alert.code, alert.tool) for alert in report.alerts] == [("useful_tool_deleted", "one")]
    (event,) = workshop.sql("SELECT metadata_json AS m FROM events WHERE event_type = 'deleted'")
    assert '"success_rate": 0.95, "total_uses": 100' in event["m"]

    workshop.write("one")
    await workshop.sync()
    assert workshop.alerts() == []


@pytest.mark.req("S23")
async def test_what_was_lost_about_tools_is_read_from_their_files_again(
    workshop: Workshop,
) -> None:
    await workshop.added("one", "two")
    workshop.approve("one")
    workshop.sql("DELETE FROM artifacts WHERE name = 'one'")
    report = await workshop.sync()

    assert report.new_manual_tools == ["one"]
    assert workshop.standing("one") == ("active", "pending")
    assert workshop.tool("one")["description"] == "Add two numbers."


@pytest.mark.req("S23")
async def test_a_description_that_was_lost_comes_back_and_the_approval_stays(
    workshop: Workshop,
) -> None:
    await workshop.added("one", "two")
    workshop.approve("one")
    workshop.sql("UPDATE artifacts SET description = NULL, parameters_json = '{}'")
    assert await workshop.sync() == EMPTY
    assert workshop.tool("one")["description"] == "Add two numbers."
    assert workshop.standing("one") == ("active", "approved")
    assert len(workshop.versions("one")) == 1


@pytest.mark.req("S23")
async def test_versions_that_were_lost_begin_anew_without_approval(workshop: Workshop) -> None:
    await workshop.added("one", "two")
    workshop.approve("one")
    workshop.sql("DELETE FROM artifact_version_files")
    workshop.sql("DELETE FROM artifact_versions")
    assert (await workshop.sync()).changed == ["one", "two"]
    assert workshop.standing("one") == ("active", "pending")
    assert await workshop.sync() == EMPTY


async def test_files_that_are_still_being_written_are_left_for_later(workshop: Workshop) -> None:
    await workshop.added("one", "two")
    workshop.write("one", EDITED)
    workshop.write("fresh")
    step = await sync_step(workshop.ctx, lambda file: True)
    assert (step.report, step.again) == (EMPTY, True)
    step = await sync_step(workshop.ctx, _never)
    assert (step.report.changed, step.report.new_manual_tools) == (["one"], ["fresh"])


async def test_files_are_read_again_only_when_they_look_otherwise(workshop: Workshop) -> None:
    await workshop.added("one", "two")
    for row in workshop.sql("SELECT path FROM artifact_version_files"):
        facts = (workshop.project / row["path"]).stat()
        workshop.life.insert(
            "file_looks",
            path=row["path"],
            size_bytes=facts.st_size,
            modified_ns=facts.st_mtime_ns,
            changed_ns=facts.st_ctime_ns,
            sha256="as it was",
        )
    assert (await workshop.sync()).changed == []


@pytest.mark.req("L06")
async def test_each_kind_of_event_is_kept_and_an_edited_one_breaks_the_chain(
    workshop: Workshop,
) -> None:
    await workshop.added("one", "two")
    ctx = workshop.ctx
    artifact = await require_artifact(ctx.directives, "one")
    kinds: tuple[ToolEvent, ...] = get_args(ToolEvent)
    async with ctx.directives.write() as db:
        for kind in kinds:
            await tell_tool(db, ctx.clock.now(), artifact, "ai", kind, Told("because"))
    stored = workshop.sql("SELECT event_type, triggered_by FROM tool_lifecycle_events")
    assert [row["event_type"] for row in stored][2:] == list(kinds)
    assert await first_broken_event(ctx.directives) is None
    workshop.sql("UPDATE events SET reason = 'another' WHERE id = 4")
    assert await first_broken_event(ctx.directives) == 4


@pytest.mark.req("L03")
@pytest.mark.parametrize("word", ["gone", None])
async def test_a_status_that_is_none_is_refused_by_the_database(
    workshop: Workshop, word: str | None
) -> None:
    await workshop.added("one")
    with pytest.raises(sqlite3.IntegrityError):
        workshop.sql("UPDATE artifacts SET status = ?", word)
    row = workshop.tool("one")
    assert (row["status"], row["status_reason"]) == ("active", "manual_creation")
    assert row["status_changed_at"] == "2026-11-21T12:00:00.000Z"
