import pytest

from aifp.helpers.lifecycle.internal.tool_calls import admit_call
from aifp.helpers.lifecycle.tools.lifecycle_tools import delete_tool, deprecate_tool, restore_tool
from aifp.helpers.lifecycle.tools.statistics_tools import get_tools_by_status
from aifp.schemas.deploying import Restored, ToolStatusChanged
from tests.helpers.lifecycle.shops import approved, deployed, runs, told
from tests.helpers.lifecycle.workshop import SUM, Workshop
from tests.helpers.user_directives.lives import HELPER, MODULE, Life, code_of

SECOND = SUM.replace("a + b", "b + a")


@pytest.mark.req("L21", "L26", "8.3")
@pytest.mark.parametrize("noticed", [True, False])
async def test_a_removed_tool_comes_back_byte_by_byte_and_runs(
    shop: Workshop, *, noticed: bool
) -> None:
    await approved(shop)
    shop.remove("add")
    if noticed:
        await shop.sync()
        assert shop.standing("add")[0] == "deleted"
    answer = await restore_tool(shop.ctx, "add")
    assert isinstance(answer, Restored), answer
    assert (answer.path, answer.callable, answer.version_number) == ("tools/add.py", True, 1)
    assert shop.file("add").read_text() == SUM
    assert shop.standing("add") == ("active", "approved")
    assert await runs(shop)
    report = await shop.sync()
    assert not report.changed
    assert not report.restored


@pytest.mark.req("L21")
async def test_a_tool_nobody_approved_comes_back_and_waits(shop: Workshop) -> None:
    await shop.added("add")
    shop.remove("add")
    await shop.sync()
    answer = await restore_tool(shop.ctx, "add")
    assert isinstance(answer, Restored), answer
    assert not answer.callable
    assert shop.file("add").read_text() == SUM
    assert shop.standing("add") == ("active", "pending")
    assert told(shop) == ["created", "deleted", "restored"]


@pytest.mark.req("L21")
async def test_even_a_file_that_is_no_tool_comes_back(shop: Workshop) -> None:
    await shop.added("add")
    shop.write("add", "def run(:\n")
    await shop.sync()
    shop.remove("add")
    await shop.sync()
    answer = await restore_tool(shop.ctx, "add")
    assert isinstance(answer, Restored), answer
    assert not answer.callable
    assert shop.file("add").read_text() == "def run(:\n"


@pytest.mark.req("L21")
async def test_another_file_in_its_place_is_a_conflict(shop: Workshop) -> None:
    await approved(shop)
    shop.write("add", SECOND)
    assert code_of(await restore_tool(shop.ctx, "add")) == "conflict"
    assert shop.file("add").read_text() == SECOND


@pytest.mark.req("L21", "S20")
async def test_an_earlier_version_can_be_the_one_that_comes_back(shop: Workshop) -> None:
    await approved(shop)
    await deployed(shop, SECOND)
    shop.remove("add")
    await shop.sync()
    answer = await restore_tool(shop.ctx, "add", 1)
    assert isinstance(answer, Restored), answer
    assert (answer.version_number, answer.callable) == (3, True)
    assert shop.file("add").read_text() == SUM
    assert [v["reason"] for v in shop.versions("add")] == ["initial", "enhancement", "restore"]
    types = shop.sql("SELECT deployment_type AS t FROM deployments ORDER BY id")
    assert [row["t"] for row in types] == ["new", "improvement", "restore"]
    assert code_of(await restore_tool(shop.ctx, "add", 9)) == "not_found"


@pytest.mark.req("L26", "8.3")
@pytest.mark.parametrize(("archive", "status"), [(False, "deleted"), (True, "archived")])
async def test_a_deleted_tool_is_gone_and_can_be_brought_back(
    shop: Workshop, *, archive: bool, status: str
) -> None:
    await approved(shop)
    answer = await delete_tool(shop.ctx, "add", archive)
    assert isinstance(answer, ToolStatusChanged), answer
    assert (answer.previous_status, answer.status) == ("active", status)
    assert not shop.file("add").exists()
    assert shop.standing("add")[0] == status
    assert told(shop)[-1] == status
    assert not await runs(shop)
    await shop.sync()
    assert not shop.file("add").exists()
    answer = await restore_tool(shop.ctx, "add")
    assert isinstance(answer, Restored), answer
    assert answer.callable
    assert shop.file("add").read_text() == SUM


@pytest.mark.req("L26")
async def test_an_edit_that_nobody_saw_is_kept_before_its_file_goes(shop: Workshop) -> None:
    await approved(shop)
    shop.write("add", SECOND)
    await delete_tool(shop.ctx, "add")
    assert told(shop)[-2:] == ["changed", "deleted"]
    assert shop.standing("add") == ("deleted", "pending")
    answer = await restore_tool(shop.ctx, "add")
    assert isinstance(answer, Restored), answer
    assert shop.file("add").read_text() == SECOND
    assert not answer.callable


@pytest.mark.req("L26")
async def test_what_is_gone_is_not_deleted_twice(shop: Workshop) -> None:
    await approved(shop)
    await delete_tool(shop.ctx, "add")
    assert code_of(await delete_tool(shop.ctx, "add")) == "invalid_transition"
    assert code_of(await delete_tool(shop.ctx, "sub")) == "not_found"


@pytest.mark.req("L26", "L17")
async def test_the_code_of_an_active_directive_pauses_it_and_comes_back(life: Life) -> None:
    directive_id = await life.active()
    answer = await delete_tool(life.ctx, "sums")
    assert isinstance(answer, ToolStatusChanged), answer
    assert not (life.project / MODULE).exists()
    assert life.standing(directive_id)[:2] == ("paused", "file_deleted")
    assert "implementation_deleted" in life.alerts()
    back = await restore_tool(life.ctx, "sums")
    assert isinstance(back, Restored), back
    assert back.callable
    assert life.standing(directive_id) == ("active", None, 1)
    assert (life.project / HELPER).exists()
    assert code_of(await restore_tool(life.ctx, "sums", 7)) == "not_found"


@pytest.mark.req("L27", "8.3")
async def test_a_deprecated_tool_runs_unlisted_and_names_its_successor(shop: Workshop) -> None:
    await approved(shop)
    await approved(shop, "total")
    answer = await deprecate_tool(shop.ctx, "add", "total", "It takes a list.")
    assert isinstance(answer, ToolStatusChanged), answer
    assert answer.status == "deprecated"
    listed = await get_tools_by_status(shop.ctx)
    assert isinstance(listed, list)
    assert [tool.name for tool in listed] == ["total"]
    admitted = await admit_call(shop.ctx, "add")
    assert admitted.notice == "The tool add is deprecated. Use total instead. It takes a list."
    assert told(shop)[-1] == "deprecated"
    for note, events in (("It takes a list.", 1), ("It takes many.", 2)):
        await deprecate_tool(shop.ctx, "add", "total", note)
        assert told(shop).count("deprecated") == events
    await deployed(shop, SECOND)
    assert shop.standing("add")[0] == "deprecated"
    back = await restore_tool(shop.ctx, "add")
    assert isinstance(back, Restored), back
    assert shop.standing("add") == ("active", "approved")
    assert (await admit_call(shop.ctx, "add")).notice is None


@pytest.mark.req("L27")
async def test_only_another_active_tool_can_be_a_successor(shop: Workshop) -> None:
    await approved(shop)
    await approved(shop, "total")
    assert code_of(await deprecate_tool(shop.ctx, "add", "add")) == "invalid_argument"
    await delete_tool(shop.ctx, "total", archive=True)
    assert code_of(await deprecate_tool(shop.ctx, "add", "total")) == "invalid_argument"
    assert code_of(await deprecate_tool(shop.ctx, "total", "add")) == "invalid_transition"
    assert code_of(await deprecate_tool(shop.ctx, "add", "nobody")) == "not_found"
    assert shop.standing("add")[0] == "active"
