"""Where the project stands follows from its directives, and from nothing else."""

import pytest

from aifp.helpers.project.tools.project_tools import (
    get_completion_path,
    get_project_context,
    get_project_status,
    get_status_tree,
)
from aifp.helpers.user_directives.internal.activation import deactivate_directive
from aifp.helpers.user_directives.internal.monitoring import monitor_directive_execution
from aifp.helpers.user_directives.internal.updates import archive
from aifp.helpers.user_directives.tools.dependency_tools import (
    add_dependency,
    mark_dependency_installed,
)
from aifp.helpers.user_directives.tools.implementation_tools import update_test_status
from aifp.helpers.user_directives.tools.workflow_tools import (
    user_directive_activate,
    user_directive_implement,
    user_directive_parse,
    user_directive_update,
    user_directive_validate,
)
from aifp.schemas.ports import Ctx
from aifp.schemas.project import (
    CompletionPath,
    ProjectContext,
    ProjectStatus,
    StatusTree,
    Task,
)
from tests.helpers.project.looking import Shelf
from tests.helpers.user_directives.lives import FUNCTIONS, TEXT, Life

UNCLEAR = """timezone: UTC
directives:
  wake_up:
    at: noon
    do: turn on the light
"""


async def standing(ctx: Ctx) -> set[str | None]:
    """Return the derived status as each of the three tools tells it."""
    status, context = await get_project_status(ctx), await get_project_context(ctx)
    tree = await get_status_tree(ctx)
    assert isinstance(status, ProjectStatus)
    assert isinstance(context, ProjectContext)
    assert isinstance(tree, StatusTree)
    return {one.user_directives_status for one in (status, context, tree)}


async def path(ctx: Ctx) -> CompletionPath:
    found = await get_completion_path(ctx)
    assert isinstance(found, CompletionPath), found
    return found


async def progress(ctx: Ctx) -> str:
    return (await path(ctx)).overall_progress


async def tasks(ctx: Ctx) -> list[Task]:
    tree = await get_status_tree(ctx)
    assert isinstance(tree, StatusTree)
    return [task for stage in tree.stages for one in stage.directives for task in one.tasks]


@pytest.mark.req("D74")
async def test_the_status_of_all_directives_walks_through_its_four_values(
    shelf: Shelf, life: Life
) -> None:
    ctx = life.ctx
    assert await standing(ctx) == {None}
    directive_id = await life.validated()
    assert await standing(ctx) == {"in_progress"}
    await user_directive_implement(ctx, "sums", FUNCTIONS)
    assert await standing(ctx) == {"in_progress"}
    await life.approve()
    await user_directive_activate(ctx, "sums")
    assert await standing(ctx) == {"active"}
    await deactivate_directive(ctx, directive_id)
    assert await standing(ctx) == {"disabled"}
    row = life.row(directive_id)
    await archive(ctx, row, "over")
    assert await standing(ctx) == {"disabled"}


@pytest.mark.req("D75")
async def test_a_directive_goes_the_whole_path_and_back_after_an_edit(
    shelf: Shelf, life: Life
) -> None:
    ctx, seen = life.ctx, [await progress(life.ctx)]
    await user_directive_parse(ctx, life.write("sums.yaml", TEXT))
    seen.append(await progress(ctx))
    await user_directive_validate(ctx, "sums")
    seen.append(await progress(ctx))
    await user_directive_implement(ctx, "sums", FUNCTIONS)
    seen.append(await progress(ctx))
    await life.approve()
    seen.append(await progress(ctx))
    await user_directive_activate(ctx, "sums")
    seen.append(await progress(ctx))
    directive_id = int(life.sql("SELECT id FROM user_directives")[0]["id"])
    life.insert(
        "runs",
        kind="directive",
        directive_id=directive_id,
        directive_version=life.row(directive_id)["version"],
        trigger_source="schedule",
        idempotency_key="k",
        status="success",
        created_at="2026-01-01T00:00:00.000Z",
        random_seed="s",
    )
    await monitor_directive_execution(ctx, directive_id)
    seen.append(await progress(ctx))
    assert seen == ["0/6", "1/6", "2/6", "3/6", "4/6", "5/6", "6/6"]
    assert (await path(ctx)).current_stage is None

    life.write("sums.yaml", TEXT.replace("every: 1h", "every: 2h"))
    await user_directive_update(ctx, "sums")
    after = await path(ctx)
    assert after.overall_progress == "3/6"
    assert after.current_stage == "approve"
    assert [one.progress for one in after.directives] == ["3/6"]


@pytest.mark.req("D75")
async def test_a_pause_opens_no_stage_again(shelf: Shelf, life: Life) -> None:
    directive_id = await life.active()
    before = await progress(life.ctx)
    await deactivate_directive(life.ctx, directive_id)
    assert await progress(life.ctx) == before == "5/6"


@pytest.mark.req("D75")
async def test_an_archived_directive_is_on_no_path(shelf: Shelf, life: Life) -> None:
    directive_id = await life.validated()
    assert [one.directive for one in (await path(life.ctx)).directives] == ["sums"]
    await archive(life.ctx, life.row(directive_id), "over")
    assert (await path(life.ctx)).directives == []
    assert await tasks(life.ctx) == []


@pytest.mark.req("D75")
async def test_an_open_question_is_a_task_until_it_is_answered(
    shelf: Shelf, plain_ctx: Ctx, life: Life
) -> None:
    ctx = life.ctx
    await user_directive_parse(ctx, life.write("wake.yaml", UNCLEAR))
    asked = life.sql("SELECT question_id FROM directive_questions WHERE severity = 'error'")
    assert asked
    opened = await tasks(ctx)
    assert len(opened) == len(asked)
    status = await get_project_status(ctx)
    assert isinstance(status, ProjectStatus)
    assert status.open_tasks == len(asked)
    life.write("wake.yaml", TEXT.replace("sums", "wake_up"))
    await user_directive_parse(ctx, "wake.yaml")
    assert await tasks(ctx) == []
    closed = shelf.sql("SELECT status, closed_at FROM tasks")
    assert {row["status"] for row in closed} == {"completed"}
    assert all(row["closed_at"] for row in closed)


@pytest.mark.req("D75")
async def test_missing_dependencies_and_failing_tests_are_tasks_until_they_are_mended(
    shelf: Shelf, life: Life
) -> None:
    ctx, directive_id = life.ctx, await life.implemented()
    assert await tasks(ctx) == []
    made = life.sql("SELECT id FROM directive_implementations")[0]["id"]
    await add_dependency(ctx, directive_id, "api_key", "MAIL_KEY")
    await update_test_status(ctx, made, "failing")
    assert [task.name for task in await tasks(ctx)] == ["Make the tests pass", "Provide MAIL_KEY"]
    life.keyring.store("MAIL_KEY", "x-secret-x")
    needed = life.sql("SELECT id FROM directive_dependencies WHERE name = 'MAIL_KEY'")[0]["id"]
    await mark_dependency_installed(ctx, needed)
    await update_test_status(ctx, made, "passing")
    assert await tasks(ctx) == []
    await update_test_status(ctx, made, "failing")
    assert [task.name for task in await tasks(ctx)] == ["Make the tests pass"]
    assert len(shelf.sql("SELECT id FROM tasks")) == 2
