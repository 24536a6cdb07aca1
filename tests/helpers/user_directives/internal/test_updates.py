import json

import pytest

from aifp.helpers.user_directives.internal import updates
from aifp.helpers.user_directives.internal.gate import require_release
from aifp.helpers.user_directives.internal.pausing import release_to_run
from aifp.helpers.user_directives.tools.workflow_tools import (
    user_directive_update,
    user_directive_validate,
)
from aifp.schemas.common import Failure
from aifp.schemas.errors import ApprovalRequired, InvalidArgument
from aifp.schemas.updating import UpdateReport
from tests.helpers.user_directives.engines import RecordingEngine
from tests.helpers.user_directives.lives import MODULE, TEXT, Life, code_of

HOME = """timezone: UTC
directives:
  edited: {every: 1h, do: log "one"}
  removed: {every: 2h, do: log "two"}
  same: {every: 3h, do: log "three"}
"""
EDITED = """timezone: UTC
directives:
  edited: {every: 1h, do: log "ONE"}
  same: {every: 3h, do: log "three"}
  added: {every: 4h, do: log "four"}
"""


async def updated(
    life: Life, name: str | None = None, file_path: str | None = None, *, dry_run: bool = False
) -> UpdateReport:
    report = await user_directive_update(life.ctx, name, file_path, dry_run)
    assert isinstance(report, UpdateReport), report
    return report


def statuses(life: Life) -> dict[str, str]:
    rows = life.sql("SELECT name, status FROM user_directives ORDER BY id")
    return {row["name"]: row["status"] for row in rows}


@pytest.fixture
async def ids(life: Life) -> dict[str, int]:
    """Make every directive of one file active."""
    for name in ("edited", "removed", "same"):
        await life.active(HOME, name, "home.yaml")
    return {row["name"]: row["id"] for row in life.sql("SELECT id, name FROM user_directives")}


@pytest.mark.req("D52")
async def test_a_dry_run_tells_the_difference_and_changes_nothing(
    life: Life, ids: dict[str, int]
) -> None:
    life.write("home.yaml", EDITED)
    before = life.dump()
    report = await updated(life, file_path="home.yaml", dry_run=True)
    assert life.dump() == before
    assert report.dry_run
    assert [(d.name, d.status, d.note) for d in report.changed] == [
        ("edited", "active", "would be updated")
    ]
    assert (report.added, report.removed) == (["added"], ["removed"])
    assert 'log "one"' in report.diff
    assert 'log "ONE"' in report.diff


@pytest.mark.req("D44", "D52", "D103")
async def test_an_edit_becomes_a_new_version_that_waits_for_its_approval(
    life: Life, ids: dict[str, int], engine: RecordingEngine
) -> None:
    life.write("home.yaml", EDITED)
    life.sql("UPDATE source_files SET changed_at = '2026'")
    assert (await require_release(life.ctx, ids["edited"])).directive_version == 1
    report = await updated(life, file_path="home.yaml")
    assert report.success
    assert [(d.name, d.previous_status, d.status) for d in report.changed] == [
        ("edited", "active", "implemented")
    ]
    assert statuses(life) == {
        "edited": "implemented",
        "removed": "archived",
        "same": "active",
        "added": "draft",
    }
    with pytest.raises(ApprovalRequired):
        await require_release(life.ctx, ids["edited"])
    assert life.row(ids["edited"])["version"] == 2
    assert '"message":"ONE"' in life.row(ids["edited"])["configuration_json"].replace(" ", "")
    assert life.sql("SELECT changed_at FROM source_files") == [{"changed_at": None}]
    again = await updated(life, file_path="home.yaml")
    assert (again.changed, again.added, again.removed, again.diff) == ([], [], [], "")


@pytest.mark.req("D52")
async def test_one_directive_is_updated_by_name_and_the_rest_stays_to_be_done(
    life: Life, ids: dict[str, int]
) -> None:
    life.write("home.yaml", EDITED)
    life.sql("UPDATE source_files SET changed_at = '2026'")
    report = await updated(life, "edited")
    assert ([d.name for d in report.changed], report.added, report.removed) == (["edited"], [], [])
    assert statuses(life) == {"edited": "implemented", "removed": "active", "same": "active"}
    assert life.sql("SELECT changed_at FROM source_files") == [{"changed_at": "2026"}]
    await updated(life, "removed")
    await updated(life, "added", "home.yaml")
    assert statuses(life)["removed"] == "archived"
    assert statuses(life)["added"] == "draft"
    assert life.sql("SELECT changed_at FROM source_files") == [{"changed_at": None}]


@pytest.mark.req("D52", "8.1")
async def test_what_was_removed_comes_back_as_a_draft_with_its_text(
    life: Life, ids: dict[str, int]
) -> None:
    life.write("home.yaml", EDITED)
    await updated(life, file_path="home.yaml")
    life.write("home.yaml", HOME)
    report = await updated(life, file_path="home.yaml")
    assert (report.added, report.removed) == (["removed"], ["added"])
    assert statuses(life)["removed"] == "draft"
    assert life.row(ids["removed"])["archived_at"] is None


@pytest.mark.req("D52")
async def test_what_was_archived_by_hand_stays_so_until_it_is_named(
    life: Life, ids: dict[str, int]
) -> None:
    life.sql("UPDATE user_directives SET status = 'archived' WHERE name = 'same'")
    report = await updated(life, file_path="home.yaml")
    assert (report.changed, report.added) == ([], [])
    assert (await updated(life, "same")).added == ["same"]
    assert statuses(life)["same"] == "draft"


@pytest.mark.req("D52", "D103")
async def test_a_file_that_is_gone_archives_what_came_from_it(
    life: Life, ids: dict[str, int]
) -> None:
    (life.project / "home.yaml").unlink()
    assert (await release_to_run(life.ctx, ids["same"])).directive.name == "same"
    dry = await updated(life, file_path="home.yaml", dry_run=True)
    assert dry.removed == ["edited", "removed", "same"]
    report = await updated(life, file_path="home.yaml")
    assert report.removed == dry.removed
    assert set(statuses(life).values()) == {"archived"}
    assert life.sql("SELECT * FROM source_files") == []
    assert code_of(await user_directive_update(life.ctx, file_path="other.yaml")) == "file_missing"


@pytest.mark.req("D52")
@pytest.mark.parametrize("text", ["directives: &x {}\n", "\x00", "directives:\n  a: [\n"])
async def test_a_file_that_cannot_be_read_removes_nothing(
    life: Life, ids: dict[str, int], text: str
) -> None:
    life.write("home.yaml", text)
    report = await updated(life, file_path="home.yaml")
    assert not report.success
    assert report.errors
    assert report.removed == []
    assert set(statuses(life).values()) == {"active"}


@pytest.mark.req("D52")
async def test_one_bad_directive_keeps_its_version_and_does_not_block_the_others(
    life: Life, ids: dict[str, int]
) -> None:
    life.write("home.yaml", EDITED.replace('do: log "three"', 'od: log "three"'))
    report = await updated(life, file_path="home.yaml")
    assert not report.success
    assert statuses(life)["same"] == "active"
    assert statuses(life)["edited"] == "implemented"


@pytest.mark.req("D52")
async def test_nothing_named_is_refused(life: Life, ids: dict[str, int]) -> None:
    assert code_of(await user_directive_update(life.ctx)) == "invalid_argument"
    assert code_of(await user_directive_update(life.ctx, "nobody")) == "not_found"


@pytest.mark.req("D44")
async def test_a_new_text_that_leaves_a_question_open_is_a_draft(
    life: Life, ids: dict[str, int]
) -> None:
    vague = '{at: "5", do: log "ONE"}'
    life.write("home.yaml", HOME.replace('{every: 1h, do: log "one"}', vague))
    report = await updated(life, "edited")
    assert not report.errors
    (changed,) = report.changed
    assert changed.status == "draft"
    assert "questions are open" in changed.note
    answer = await user_directive_validate(life.ctx, "edited")
    assert not isinstance(answer, Failure)
    assert answer.questions


PLAIN = """timezone: UTC
directives:
  sums:
    every: 1h
    do: notify log "sums of today"
"""
FAULTS: list[BaseException] = [
    InvalidArgument("failpoint"),
    ZeroDivisionError("failpoint"),
    KeyboardInterrupt(),
]


@pytest.mark.req("D44")
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
@pytest.mark.parametrize("late", [False, True], ids=["before writing", "after registering"])
async def test_a_failure_in_generation_brings_the_earlier_version_back(
    life: Life, monkeypatch: pytest.MonkeyPatch, *, fault: BaseException, late: bool
) -> None:
    directive_id = await life.active(PLAIN)
    before = life.row(directive_id)
    release = await require_release(life.ctx, directive_id)
    code = (life.project / MODULE).read_bytes()
    real = updates.implement_directive

    async def broken(*args: object) -> object:
        if late:
            await real(*args)  # pyright: ignore[reportArgumentType]
        raise fault

    monkeypatch.setattr(updates, "implement_directive", broken)
    life.write("sums.yaml", (life.project / "sums.yaml").read_text().replace("today", "now"))
    if isinstance(fault, InvalidArgument):
        report = await updated(life, "sums")
        assert not report.success
        (changed,) = report.changed
        assert (changed.status, changed.applied) == ("active", False)
        assert changed.note == "the earlier version stays: failpoint"
    elif isinstance(fault, ZeroDivisionError):
        assert code_of(await user_directive_update(life.ctx, "sums")) == "internal"
    else:
        with pytest.raises(KeyboardInterrupt):
            await user_directive_update(life.ctx, "sums")
    after = life.row(directive_id)
    assert {k: v for k, v in after.items() if k != "updated_at"} == {
        k: v for k, v in before.items() if k != "updated_at"
    }
    assert (life.project / MODULE).read_bytes() == code
    assert await require_release(life.ctx, directive_id) == release
    assert len(life.events("status_restored")) == 1
    monkeypatch.undo()
    report = await updated(life, "sums")
    assert [d.status for d in report.changed] == ["implemented"], report.changed[0].note


@pytest.mark.req("D44")
async def test_code_that_was_supplied_is_asked_for_again(life: Life) -> None:
    directive_id = await life.active()
    life.sql("UPDATE directive_implementations SET generator = 'given'")
    life.write("sums.yaml", TEXT.replace("today", "now"))
    report = await updated(life, "sums")
    assert [d.status for d in report.changed] == ["validated"]
    assert "supplied" in report.changed[0].note
    assert life.row(directive_id)["approved"] == 0
    stored = life.sql("SELECT configuration_json FROM directive_versions WHERE version = 2")
    assert "now" in json.dumps(stored)
