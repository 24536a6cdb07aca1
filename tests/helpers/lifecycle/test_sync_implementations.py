"""The code of directives is compared with its files too, and its directive heeds it."""

import shutil
from pathlib import Path
from typing import cast

import pytest

from aifp.helpers.lifecycle.internal.reconciling import sync_step
from aifp.helpers.lifecycle.tools.lifecycle_tools import delete_tool, restore_tool
from aifp.helpers.user_directives.tools.implementation_tools import get_implementation
from aifp.helpers.user_directives.tools.workflow_tools import user_directive_implement
from aifp.schemas.errors import Conflict
from aifp.schemas.ports import FoundFile
from aifp.schemas.workflow import ImplementAnswer
from tests.clock import FakeClock
from tests.helpers.lifecycle.workshop import Workshop
from tests.helpers.user_directives.lives import FUNCTIONS, HELPER, MODULE, Life, code_of

KIND = "implementation"


@pytest.fixture
def shop(life: Life, project: Path) -> Workshop:
    """The same project, with short ways to sync."""
    return Workshop(life.ctx, project, life)


def _never(file: FoundFile) -> bool:
    return False


def _edit(life: Life, path: str = HELPER) -> str:
    """Edit a file and return what it held."""
    place = life.project / path
    before = place.read_text(encoding="utf-8")
    place.write_text(before + "\n# edited\n", encoding="utf-8")
    return before


@pytest.mark.req("L10", "L17")
async def test_the_directive_whose_code_is_deleted_pauses_and_resumes_with_it(
    life: Life, shop: Workshop
) -> None:
    directive_id = await life.active()
    text = (life.project / MODULE).read_text(encoding="utf-8")
    (life.project / MODULE).unlink()
    report = await shop.sync()

    assert report.newly_deleted == ["sums"]
    assert life.standing(directive_id)[:2] == ("paused", "file_deleted")
    assert ("implementation_deleted", "sums") in shop.alerts()
    assert {alert.severity for alert in report.alerts} == {"critical"}

    life.write(MODULE, text)
    assert (await shop.sync()).restored == ["sums"]
    assert life.standing(directive_id) == ("active", None, 1)
    assert shop.standing("sums", KIND) == ("active", "approved")
    assert shop.alerts() == []


@pytest.mark.req("L10")
async def test_code_that_is_gone_for_a_moment_pauses_nothing(life: Life, shop: Workshop) -> None:
    directive_id = await life.active()
    (life.project / MODULE).rename(life.project / "moved.py")
    await sync_step(shop.ctx, _never)
    await shop.clock.advance(1)
    (life.project / "moved.py").rename(life.project / MODULE)
    await sync_step(shop.ctx, _never)
    await shop.clock.advance(60)
    assert (await sync_step(shop.ctx, _never)).report.newly_deleted == []
    assert life.standing(directive_id) == ("active", None, 1)


@pytest.mark.req("L12", "S07")
async def test_an_edited_module_beside_the_code_is_a_new_version_and_pauses_the_directive(
    life: Life, shop: Workshop
) -> None:
    directive_id = await life.active()
    before = _edit(life)
    report = await shop.sync()

    assert report.changed == ["sums"]
    assert [(v["version_number"], v["reason"]) for v in shop.versions("sums")][-1] == (
        2,
        "manual_edit",
    )
    assert life.standing(directive_id) == ("paused", "approval_void", 0)
    assert shop.standing("sums", KIND) == ("active", "pending")

    life.write(HELPER, before)
    assert (await shop.sync()).changed == ["sums"]
    assert len(shop.versions("sums")) == 3
    assert life.standing(directive_id) == ("active", None, 1)
    assert shop.standing("sums", KIND) == ("active", "approved")


@pytest.mark.req("D21")
async def test_the_time_of_the_last_change_follows_an_edit_after_a_sync(
    life: Life, shop: Workshop
) -> None:
    directive_id = await life.implemented()
    made = await get_implementation(life.ctx, directive_id)
    await cast("FakeClock", life.ctx.clock).advance(3_600)
    await shop.sync()
    assert await get_implementation(life.ctx, directive_id) == made

    _edit(life)
    await shop.sync()
    edited = await get_implementation(life.ctx, directive_id)
    assert edited.model_dump()["last_modified"] == "2026-11-21T13:00:00.000Z"
    assert made.model_dump()["last_modified"] == "2026-11-21T12:00:00.000Z"


async def test_an_edit_that_a_sync_has_seen_is_still_never_written_over(
    life: Life, shop: Workshop
) -> None:
    await life.implemented()
    _edit(life)
    await shop.sync()
    answer = await user_directive_implement(life.ctx, "sums", FUNCTIONS)
    assert code_of(answer) == Conflict.code
    assert "# edited" in (life.project / HELPER).read_text(encoding="utf-8")


async def test_an_edit_is_taken_in_as_code_and_is_the_version_that_the_sync_has_made(
    life: Life, shop: Workshop
) -> None:
    await life.implemented()
    _edit(life)
    await shop.sync()
    edited = (life.project / HELPER).read_text(encoding="utf-8")
    answer = await user_directive_implement(life.ctx, "sums", edited)
    assert isinstance(answer, ImplementAnswer), answer
    assert len(shop.versions("sums")) == 2
    assert (await shop.sync()).changed == []
    assert isinstance(await user_directive_implement(life.ctx, "sums", FUNCTIONS), ImplementAnswer)


@pytest.mark.req("L11", "L05")
async def test_code_that_is_made_anew_after_its_deletion_is_restored_with_one_event(
    life: Life, shop: Workshop
) -> None:
    await life.implemented()
    (life.project / MODULE).unlink()
    await shop.sync()
    assert isinstance(await user_directive_implement(life.ctx, "sums", FUNCTIONS), ImplementAnswer)
    assert (await shop.sync()).restored == ["sums"]
    assert shop.events("sums") == ["deleted", "restored"]
    assert shop.standing("sums", KIND)[0] == "active"


@pytest.mark.req("L31")
async def test_a_folder_of_code_that_is_gone_marks_nothing_and_is_told_once(
    life: Life, shop: Workshop
) -> None:
    await life.implemented()
    await shop.sync()
    (life.project / "src").rename(life.project / "elsewhere")
    report = await shop.sync()
    assert report.newly_deleted == []
    assert [(alert.code, alert.tool) for alert in report.alerts] == [
        ("tool_sync_stopped", "src/automations")
    ]
    assert shop.standing("sums", KIND)[0] == "active"
    assert (await shop.sync()).alerts == []

    (life.project / "elsewhere").rename(life.project / "src")
    await shop.sync()
    assert shop.alerts() == []


async def test_a_folder_that_held_only_what_was_deleted_may_go_as_well(
    life: Life, shop: Workshop
) -> None:
    await life.implemented()
    (life.project / MODULE).unlink()
    await shop.sync()
    shutil.rmtree(life.project / "src")
    assert (await shop.sync()).alerts == []
    assert shop.standing("sums", KIND)[0] == "deleted"


CALLING = """timezone: UTC
directives:
  caller:
    every: 1h
    steps:
      - {id: sum, call: tool.add, with: {a: 1}, save_as: sum}
      - {id: tell, notify: log, message: "{{ vars.sum }} today"}
"""


@pytest.mark.req("L10", "L11", "L26")
@pytest.mark.parametrize("by_hand", [True, False])
async def test_a_directive_pauses_while_a_tool_that_it_calls_is_not_there(
    life: Life,
    shop: Workshop,
    by_hand: bool,  # noqa: FBT001
) -> None:
    await shop.added("add", "other")
    directive_id = await life.active(CALLING, "caller")
    if by_hand:
        shop.remove("add")
        assert (await shop.sync()).newly_deleted == ["add"]
    else:
        await delete_tool(life.ctx, "add")
    assert life.standing(directive_id)[:2] == ("paused", "file_deleted")
    (alert,) = [alert for alert in shop.alerts() if alert[1] == "caller"]
    assert alert[0] == "implementation_deleted"

    if by_hand:
        shop.write("add")
        assert (await shop.sync()).restored == ["add"]
    else:
        await restore_tool(life.ctx, "add")
    assert life.standing(directive_id)[:2] == ("active", None)
    assert "caller" not in {name for _, name in shop.alerts()}
