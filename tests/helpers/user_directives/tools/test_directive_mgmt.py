"""Directives looked up and moved, as a client does it."""

import unicodedata
from typing import Any, Literal, cast, get_args

import pytest

from aifp.helpers.shared.events import first_broken_event
from aifp.schemas.ports import HumanAnswer
from aifp.schemas.words import DirectiveStatus
from tests.clock import FakeClock
from tests.helpers.user_directives.calls import answered, called, names, refused
from tests.helpers.user_directives.engines import RecordingEngine
from tests.helpers.user_directives.internal.test_transitions import EDGES
from tests.helpers.user_directives.lives import LATER, NO, TEXT, YES, Life

STATUSES: tuple[DirectiveStatus, ...] = get_args(DirectiveStatus)
TEN = {
    "id": 1,
    "name": "turn_on_lights",
    "source_file": "directives/lights.yaml",
    "directive_type": "schedule",
    "trigger": "time: 18:00",
    "action": "http_request: POST https://hub.example/api/lights/on",
    "status": "validated",
    "approved": False,
    "created_at": "2026-11-21T12:00:00.000Z",
}
ADDED = {
    "description": "At dusk",
    "domain": "home",
    "priority": 7,
    "timezone": "Europe/Berlin",
    "version": 1,
    "status_reason": "nothing is open",
    "pause_cause": None,
    "approval_state": "none",
    "next_due_at": None,
    "updated_at": "2026-11-21T12:00:00.000Z",
    "validated_at": "2026-11-21T12:00:00.000Z",
    "activated_at": None,
    "archived_at": None,
    "last_error": None,
    "found": True,
}
LIGHTS = """timezone: Europe/Berlin
directives:
  turn_on_lights:
    description: At dusk
    domain: home
    priority: 7
    at: "18:00"
    do: "POST https://hub.example/api/lights/on"
"""
FIVE = """timezone: UTC
directives:
  by_time: {every: 1h, do: log "a"}
  by_time_too: {at: "07:00", do: log "a", priority: 9}
  by_event: {on: start, do: log "b"}
  by_call: {api: POST /bell, auth: none, do: log "c"}
  by_state: {if: "sensor.door == 'open'", do: log "d"}
  by_hand:
    steps: [{log: "one"}, {log: "two"}]
"""


async def parsed(life: Life, file: str, text: str) -> list[dict[str, Any]]:
    answer = await called(life.ctx, "user_directive_parse", file_path=life.write(file, text))
    assert answer["errors"] == []
    return answer["directives"]


@pytest.mark.req("D01", "D59")
async def test_one_directive_is_told_whole(life: Life) -> None:
    await life.validated(LIGHTS, "turn_on_lights", "directives/lights.yaml")
    before = life.dump()
    found = await called(life.ctx, "get_directive_by_id", directive_id=1)
    configuration = found.pop("configuration_json")
    assert configuration["when"] == [{"kind": "cron", "expr": "0 18 * * *"}]
    assert configuration["name"] == "turn_on_lights"
    assert found == TEN | ADDED
    assert await called(life.ctx, "get_directive_by_id", directive_id=999_999) == {"found": False}
    assert life.dump() == before


@pytest.mark.req("D02", "D59")
async def test_a_name_is_exact_whatever_its_spelling_in_bytes(life: Life) -> None:
    await life.validated(LIGHTS, "turn_on_lights")
    by_id = await called(life.ctx, "get_directive_by_id", directive_id=1)
    assert await called(life.ctx, "get_directive_by_name", name="turn_on_lights") == by_id
    for other in ("Turn_on_lights", "turn_on_lights ", "turn_on_light", ""):
        assert await called(life.ctx, "get_directive_by_name", name=other) == {"found": False}
    life.sql("UPDATE user_directives SET name = 'd\u00fcn\u00e9'")
    forms: tuple[Literal["NFC", "NFD"], ...] = ("NFC", "NFD")
    for form in forms:
        name = unicodedata.normalize(form, "d\u00fcn\u00e9")
        assert (await called(life.ctx, "get_directive_by_name", name=name))["id"] == 1


@pytest.mark.req("D03", "D64")
async def test_each_status_lists_its_own(life: Life, caplog: pytest.LogCaptureFixture) -> None:
    text = "timezone: UTC\ndirectives:\n" + "".join(
        f'  d_{status}: {{every: 1h, do: log "x"}}\n' for status in STATUSES
    )
    await parsed(life, "all.yaml", text)
    for status in STATUSES:
        life.sql("UPDATE user_directives SET status = ? WHERE name = ?", status, f"d_{status}")
    for status in STATUSES:
        found = await called(life.ctx, "get_directives_by_status", status=status)
        (one,) = found["result"]
        assert one["name"] == f"d_{status}"
        assert {*one} == {*TEN, "configuration_json", "approval_state", "next_due_at"}
    assert not caplog.records
    wrong = await answered(life.ctx, "get_directives_by_status", status="running")
    assert wrong.is_error
    assert wrong.data["result"] == [] and wrong.data["total"] == 0
    (warning,) = cast("list[str]", wrong.data["warnings"])
    assert "status" in warning and "'archived'" in warning
    (line,) = [record.getMessage() for record in caplog.records]
    assert "get_directives_by_status" in line and "'archived'" in line


@pytest.mark.req("D03", "D04")
async def test_the_highest_priority_comes_first_then_the_name(life: Life) -> None:
    await parsed(life, "five.yaml", FIVE)
    drafts = await names(life.ctx, "get_directives_by_status", status="draft")
    assert drafts[0] == "by_time_too" and drafts[1:] == sorted(drafts[1:])


@pytest.mark.req("D04", "D64")
async def test_each_type_lists_its_own_that_is_not_archived(life: Life) -> None:
    await parsed(life, "five.yaml", FIVE)
    expected = {
        "schedule": ["by_time_too", "by_time"],
        "trigger": ["by_event"],
        "api": ["by_call"],
        "conditional": ["by_state"],
        "sequence": ["by_hand"],
    }
    for directive_type, listed in expected.items():
        found = await names(life.ctx, "get_directives_by_type", directive_type=directive_type)
        assert found == listed
    life.sql("UPDATE user_directives SET status = 'archived' WHERE name = 'by_time'")
    found = await names(life.ctx, "get_directives_by_type", directive_type="schedule")
    assert found == ["by_time_too"]
    wrong = await refused(life.ctx, "get_directives_by_type", directive_type="cron")
    assert wrong["result"] == [] and "'sequence'" in str(cast("list[str]", wrong["warnings"])[0])


@pytest.mark.req("D05")
async def test_only_what_fires_is_active(life: Life) -> None:
    text = "timezone: UTC\ndirectives:\n" + "".join(
        f'  d{number}: {{every: 1h, do: log "x{number}"}}\n' for number in range(5)
    )
    await parsed(life, "five.yaml", text)
    for number in range(3):
        name = f"d{number}"
        await called(life.ctx, "user_directive_validate", name=name)
        await called(life.ctx, "user_directive_implement", name=name)
        await life.approve(name)
        await called(life.ctx, "user_directive_activate", name=name)
        due = f"2026-11-21T1{number + 3}:00:00.000Z"
        life.insert("directive_schedule", directive_id=number + 1, timezone="UTC", next_due_at=due)
    await called(life.ctx, "user_directive_deactivate", name="d1")
    life.sql("UPDATE user_directives SET status = 'error' WHERE name = 'd3'")
    life.sql("UPDATE user_directives SET status = 'archived' WHERE name = 'd4'")
    found = await called(life.ctx, "get_active_directives")
    assert [(d["name"], d["next_due_at"]) for d in found["result"]] == [
        ("d0", "2026-11-21T13:00:00.000Z"),
        ("d2", "2026-11-21T15:00:00.000Z"),
    ]


@pytest.mark.req("D06", "D64")
async def test_a_file_is_the_same_however_its_path_is_written(
    life: Life, caplog: pytest.LogCaptureFixture
) -> None:
    await parsed(life, "lights.yaml", FIVE)
    await parsed(life, "other.yaml", LIGHTS)
    life.sql("UPDATE user_directives SET status = 'archived' WHERE name = 'by_event'")
    whole = ["by_time", "by_time_too", "by_event", "by_call", "by_state", "by_hand"]
    absolute = str(life.project / "lights.yaml")
    for path in ("lights.yaml", "./a/../lights.yaml", "./lights.yaml", absolute):
        assert await names(life.ctx, "get_directives_from_file", source_file=path) == whole
    assert await names(life.ctx, "get_directives_from_file", source_file="no.yaml") == []
    assert not caplog.records
    for path in ("../x.yaml", "a/../../lights.yaml", "/etc/passwd", ".."):
        wrong = await refused(life.ctx, "get_directives_from_file", source_file=path)
        assert wrong["result"] == [] and "source_file" in str(wrong["warnings"])
    assert len(caplog.records) == 4


async def at_rest(life: Life) -> int:
    """Make an approved directive, whose row a test then puts into any status."""
    return await life.approved(TEXT)


def put(life: Life, status: str) -> None:
    cause = "user" if status == "paused" else None
    life.sql("UPDATE user_directives SET status = ?, pause_cause = ?", status, cause)


@pytest.mark.req("D07", "8.1")
@pytest.mark.parametrize("present", STATUSES)
async def test_every_pair_of_statuses_is_an_edge_or_changes_nothing(
    life: Life, present: DirectiveStatus
) -> None:
    directive_id = await at_rest(life)
    for to in STATUSES:
        put(life, present)
        before, events = life.dump(), len(life.sql("SELECT id FROM events"))
        answer = await answered(
            life.ctx, "update_directive_status", directive_id=directive_id, status=to
        )
        words = {"previous_status": present, "new_status": to}
        if present == to:
            assert answer.data == {"success": True, **words}
            assert life.dump() == before
        elif to in EDGES[present]:
            assert answer.data == {"success": True, **words}
            assert life.row(directive_id)["status"] == to
            new = life.sql("SELECT * FROM events ORDER BY id")[events:]
            ((kind, source, target),) = [
                (e["event_type"], e["from_status"], e["to_status"]) for e in new
            ]
            assert (kind, source, target) == ("status_changed", present, to)
        else:
            assert answer.data["error_code"] == "invalid_transition", (present, to, answer)
            assert answer.data["details"] == words
            assert life.dump() == before
    assert await first_broken_event(life.ctx.directives) is None


@pytest.mark.req("D07", "D50")
async def test_activating_by_status_goes_through_the_whole_gate(
    life: Life, engine: RecordingEngine
) -> None:
    directive_id = await at_rest(life)
    gate = ("update_directive_status", {"directive_id": directive_id, "status": "active"})
    words = {"previous_status": "implemented", "new_status": "active"}
    engine.running = False
    assert await gated(life, *gate) == ("unavailable", words)
    engine.running = True
    code = (life.project / "src/automations/sums.py").read_text()
    life.write("src/automations/sums.py", code + "# more\n")
    assert await gated(life, *gate) == ("approval_required", words)
    (life.project / "src/automations/sums.py").unlink()
    assert await gated(life, *gate) == ("file_missing", words)
    life.write("src/automations/sums.py", code)
    add = {"dependency_type": "service", "name": "hub", "created_at": "2026"}
    life.insert("directive_dependencies", directive_id=directive_id, **add)
    assert await gated(life, *gate) == ("dependency_missing", words)
    life.sql("DELETE FROM directive_dependencies")
    await called(life.ctx, gate[0], **gate[1])
    assert life.standing(directive_id) == ("active", None, 1)


async def gated(life: Life, tool: str, given: dict[str, Any]) -> tuple[object, object]:
    """Return code and details of a refusal that changed nothing."""
    before = life.dump()
    answer = await refused(life.ctx, tool, **given)
    assert life.dump() == before
    return answer["error_code"], answer["details"]


@pytest.mark.req("D07", "D65")
async def test_a_draft_with_open_questions_cannot_be_called_validated(life: Life) -> None:
    await parsed(life, "open.yaml", 'directives:\n  late: {every: day, do: log "x"}\n')
    given = {"directive_id": 1, "status": "validated"}
    code, words = await gated(life, "update_directive_status", given)
    assert (code, words) == (
        "invalid_transition",
        {"previous_status": "draft", "new_status": "validated"},
    )
    validated = await life.validated(LIGHTS, "turn_on_lights")
    given = {"directive_id": validated, "status": "implemented"}
    assert (await gated(life, "update_directive_status", given))[0] == "invalid_transition"


@pytest.mark.req("D65", "D59", "D61")
@pytest.mark.parametrize(
    ("tool", "more"),
    [
        ("update_directive_status", {"status": "paused"}),
        ("set_directive_approval", {"approved": True}),
        ("set_directive_approval", {"approved": False}),
        ("archive_directive", {}),
    ],
)
async def test_an_unknown_directive_is_not_found_and_leaves_nothing(
    life: Life, tool: str, more: dict[str, Any]
) -> None:
    assert (await refused(life.ctx, tool, directive_id=77, **more))["error_code"] == "not_found"
    assert not life.database.exists()
    await life.validated()
    before = life.dump()
    assert (await refused(life.ctx, tool, directive_id=77, **more))["error_code"] == "not_found"
    assert life.dump() == before


def release_of(life: Life) -> tuple[int, str]:
    row = life.row(1)
    return row["approved"], row["status"]


@pytest.mark.req("D09")
async def test_true_asks_the_person_and_their_answer_stands(life: Life) -> None:
    await life.implemented()
    ask = {"directive_id": 1, "approved": True}
    pending = {
        "success": False,
        "approved": False,
        "pending_approval": True,
        "approval_id": 1,
        "command": "aifp approve sums",
    }
    for answer in (HumanAnswer(action="unavailable"), LATER):
        life.person.answers.append(answer)
        told = await answered(life.ctx, "set_directive_approval", **ask)
        assert told.data == pending and not told.is_error
        assert release_of(life) == (0, "implemented")
    life.person.answers.append(NO)
    declined = await refused(life.ctx, "set_directive_approval", **ask)
    assert declined["error_code"] == "approval_rejected"
    assert release_of(life) == (0, "implemented")
    life.person.answers.append(YES)
    yes = await called(life.ctx, "set_directive_approval", **ask)
    assert yes == {"success": True, "approved": True, "approval_id": 2}
    assert release_of(life) == (1, "implemented")


@pytest.mark.req("D09")
async def test_false_takes_the_approval_back_at_once(life: Life) -> None:
    directive_id = await life.active()
    for _ in range(2):
        back = await called(
            life.ctx, "set_directive_approval", directive_id=directive_id, approved=False
        )
        assert (back["success"], back["approved"]) == (True, False)
        assert life.standing(directive_id) == ("paused", "approval_void", 0)
    assert life.sql("SELECT decision FROM approvals") == [{"decision": "revoked"}]
    assert len(life.events("approval_revoked")) == 1
    refusal = await refused(life.ctx, "user_directive_activate", name="sums")
    assert refusal["error_code"] == "approval_required"


@pytest.mark.req("D10", "D04", "D05")
async def test_an_archived_directive_keeps_its_history_and_its_date(life: Life) -> None:
    directive_id = await life.active()
    async with life.ctx.project.write() as db:
        await db.run("add_project", name="p", timezone="Pacific/Auckland", at="2026")
    life.insert("run_daily", subject_kind="directive", subject_id="1", day="2026-11-20", success=3)
    rows = len(life.sql("SELECT id FROM directive_versions"))
    first = await called(life.ctx, "archive_directive", directive_id=directive_id)
    # Noon in UTC is the next day in Auckland.
    assert first == {"success": True, "archived_date": "2026-11-22"}
    await cast("FakeClock", life.ctx.clock).advance(72 * 3600)
    before = life.dump()
    assert await called(life.ctx, "archive_directive", directive_id=directive_id) == first
    assert life.dump() == before
    assert await names(life.ctx, "get_active_directives") == []
    assert await names(life.ctx, "get_directives_by_type", directive_type="schedule") == []
    stats = await called(life.ctx, "get_execution_stats", directive_id=directive_id)
    assert stats["total_executions"] == 3
    assert len(life.sql("SELECT id FROM directive_versions")) == rows
    assert (life.project / "src/automations/sums.py").exists()
    (event,) = [e for e in life.events("status_changed") if e["to_status"] == "archived"]
    assert event["from_status"] == "active"


@pytest.mark.req("D07", "D37", "D98")
async def test_another_answer_after_a_step_back_is_a_version_of_its_own(life: Life) -> None:
    text = 'timezone: UTC\ndirectives:\n  sums: {every: day, do: log "x"}\n'
    await parsed(life, "sums.yaml", text)
    answers = {"q.time_of_day": "07:00"}
    await called(life.ctx, "user_directive_validate", name="sums", answers=answers)
    await called(life.ctx, "user_directive_implement", name="sums")
    await called(life.ctx, "update_directive_status", directive_id=1, status="draft")
    answers = {"q.time_of_day": "08:00"}
    again = await called(life.ctx, "user_directive_validate", name="sums", answers=answers)
    assert again["status"] == "validated"
    versions = life.sql("SELECT version, configuration_json FROM directive_versions ORDER BY 1")
    assert [row["version"] for row in versions] == [1, 2]
    assert "0 7 * * *" in versions[0]["configuration_json"]
    assert "0 8 * * *" in versions[1]["configuration_json"]
    # The code was made for the first version, so that it does not carry the second one.
    answer = await refused(
        life.ctx, "update_directive_status", directive_id=1, status="implemented"
    )
    assert answer["error_code"] == "invalid_transition"
