"""Every workflow tool follows its system directive, step by step and in the stored order."""

import logging
from collections.abc import Callable

import pytest

from aifp.helpers.user_directives.internal.monitoring import get_user_directive_status
from aifp.helpers.user_directives.internal.parsing import parse_directive_file
from aifp.helpers.user_directives.internal.workflow import OutOfOrder, Workflow
from aifp.helpers.user_directives.tools.workflow_tools import (
    user_directive_activate,
    user_directive_deactivate,
    user_directive_implement,
    user_directive_monitor,
    user_directive_parse,
    user_directive_status,
    user_directive_update,
    user_directive_validate,
)
from aifp.schemas.common import Failure
from aifp.schemas.errors import Unavailable
from aifp.schemas.ports import Ctx
from aifp.server.catalog.load import load_catalog
from tests.contexts import with_core
from tests.helpers.user_directives.lives import FUNCTIONS, TEXT, Life

QUESTION = TEXT.replace("every: 1h", "every: morning").replace("sums", "vague")
NINE = [d.name for d in load_catalog().directives]


@pytest.fixture
def trace(caplog: pytest.LogCaptureFixture) -> Callable[[str], list[str]]:
    """Return the steps that were logged of one system directive since the last look."""
    caplog.set_level(logging.INFO, "aifp.workflow")

    def steps(directive: str) -> list[str]:
        lines = [r.getMessage() for r in caplog.records if r.name == "aifp.workflow"]
        caplog.clear()
        return [line.rsplit(" ", 1)[1] for line in lines if line.startswith(f"{directive}: ")]

    return steps


async def stored(ctx: Ctx, directive: str, *left_out: str) -> list[str]:
    rows = await ctx.core.all("steps_of_system_directive", name=directive)
    return [str(row["step_name"]) for row in rows if row["step_name"] not in left_out]


async def nothing() -> None:
    pass


@pytest.mark.req("D78")
async def test_the_nine_system_directives_have_steps_that_resolve(plain_ctx: Ctx) -> None:
    helpers = {entry.name: entry for entry in load_catalog().helpers}
    assert len(NINE) == 9
    for name in NINE:
        rows = await plain_ctx.core.all("steps_of_system_directive", name=name)
        assert rows
        assert [row["sequence_order"] for row in rows] == list(range(1, len(rows) + 1))
        assert [row["helper"] for row in rows if row["helper"] not in helpers] == []
        assert helpers[name].is_tool


@pytest.mark.req("D79")
async def test_a_whole_life_follows_the_stored_steps(
    life: Life, trace: Callable[[str], list[str]]
) -> None:
    ctx = life.ctx
    await user_directive_parse(ctx, life.write("sums.yaml", TEXT))
    assert trace("user_directive_parse") == await stored(ctx, "user_directive_parse")
    await user_directive_validate(ctx, "sums")
    assert trace("user_directive_validate") == await stored(ctx, "user_directive_validate")
    await user_directive_implement(ctx, "sums", FUNCTIONS)
    assert trace("user_directive_implement") == await stored(ctx, "user_directive_implement")
    await life.approve()
    assert trace("user_directive_approve") == await stored(ctx, "user_directive_approve")
    await user_directive_activate(ctx, "sums")
    assert trace("user_directive_activate") == await stored(ctx, "user_directive_activate")
    await user_directive_monitor(ctx, "sums")
    assert trace("user_directive_monitor") == await stored(ctx, "user_directive_monitor")
    await user_directive_status(ctx)
    assert trace("user_directive_status") == await stored(ctx, "user_directive_status")
    life.write("sums.yaml", TEXT.replace("1h", "2h"))
    await user_directive_update(ctx, "sums")
    assert trace("user_directive_update") == await stored(ctx, "user_directive_update")
    await life.approve()
    await user_directive_activate(ctx, "sums")
    await user_directive_deactivate(ctx, "sums")
    assert trace("user_directive_deactivate") == await stored(ctx, "user_directive_deactivate")


@pytest.mark.req("D79")
async def test_what_is_not_required_may_be_left_out(
    life: Life, trace: Callable[[str], list[str]]
) -> None:
    ctx = life.ctx
    await user_directive_parse(ctx, life.write("vague.yaml", QUESTION))
    trace("")
    await user_directive_validate(ctx, "vague")
    open_still = await stored(ctx, "user_directive_validate", "read_back")
    assert trace("user_directive_validate") == open_still
    await user_directive_update(ctx, "vague", dry_run=True)
    assert trace("user_directive_update") == ["compare"]
    await user_directive_monitor(ctx)
    assert trace("user_directive_monitor") == ["read_record"]


@pytest.mark.req("D79")
async def test_a_refusal_ends_the_steps_where_it_happened(
    life: Life, trace: Callable[[str], list[str]]
) -> None:
    await life.implemented()
    trace("")
    answer = await user_directive_activate(life.ctx, "sums")
    assert isinstance(answer, Failure)
    whole = await stored(life.ctx, "user_directive_activate")
    assert trace("user_directive_activate") == whole[: whole.index("check_release") + 1]


@pytest.mark.req("D79")
async def test_steps_in_another_order_are_refused(plain_ctx: Ctx) -> None:
    steps = Workflow(plain_ctx, "user_directive_parse")
    async with steps:
        for name in ("read_file", "store_drafts", "store_drafts", "report"):
            await steps.do(name, nothing)
        with pytest.raises(OutOfOrder, match="store_drafts is no step of user_directive_parse"):
            await steps.do("store_drafts", nothing)
        with pytest.raises(OutOfOrder, match="dance"):
            await steps.do("dance", nothing)


@pytest.mark.req("D79")
async def test_a_required_step_cannot_be_left_out(plain_ctx: Ctx) -> None:
    with pytest.raises(OutOfOrder, match="left out store_drafts before report"):
        async with Workflow(plain_ctx, "user_directive_parse") as steps:
            await steps.do("read_file", nothing)
            await steps.do("report", nothing)
    with pytest.raises(OutOfOrder, match="left out store_drafts, report before its end"):
        async with Workflow(plain_ctx, "user_directive_parse") as steps:
            await steps.do("read_file", nothing)


@pytest.mark.req("D79")
async def test_a_helper_runs_only_under_the_step_that_names_it(plain_ctx: Ctx) -> None:
    async with Workflow(plain_ctx, "user_directive_status") as steps:
        with pytest.raises(OutOfOrder, match="count of user_directive_status is work of get_user"):
            await steps.do("count", parse_directive_file, plain_ctx, "x.yaml")
        for name in ("count", "list_directives", "ask_engine", "find_logs"):
            await steps.do(name, nothing)


async def test_without_its_steps_a_tool_says_how_to_get_them(plain_ctx: Ctx) -> None:
    class Nothing:
        async def all(self, query: str, **params: object) -> list[object]:
            return []

    with pytest.raises(Unavailable, match=r"python sync-directives\.py"):
        await get_user_directive_status(with_core(plain_ctx, Nothing()))
