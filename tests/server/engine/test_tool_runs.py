"""Calls of the user's own tools, through the real gate and the real sandbox."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from aifp.helpers.lifecycle.internal.authorizing import revoke_tool_approval, switch_tool
from aifp.helpers.lifecycle.internal.reconciling import sync_from_filesystem
from aifp.schemas.errors import (
    AifpError,
    ApprovalRequired,
    DependencyMissing,
    InvalidArgument,
    NoSuch,
    Unavailable,
)
from aifp.schemas.runs import CALLED_OFF, ToolRequest
from aifp.server.engine.driving.recovery import recover
from aifp.server.engine.driving.runner import AsyncRunner
from aifp.server.engine.switch import set_stop
from tests.helpers.lifecycle.toolboxes import HELLO
from tests.server.engine.desks import Desk
from tests.server.engine.loopback import Loopback, Reply
from tests.server.engine.workbench import Workbench, clock_of

READS = 'CHARACTERISTICS = {"effect_class": "read_only", "side_effects": False}\n'


@pytest.fixture
async def desk(bench: Workbench) -> AsyncGenerator[Desk]:
    made = Desk(bench)
    yield made
    await made.tools.close()


@pytest.mark.req("S24")
async def test_an_approved_tool_answers_and_leaves_one_counted_run(desk: Desk) -> None:
    version = await desk.box.approved()
    report = await desk.call()
    assert report.success and report.result == "Hello you" and report.notice is None
    assert (
        await desk.tools.call_tool(ToolRequest(name="hello", input={"name": "Ada"}))
    ).result == ("Hello Ada")
    first, second = await desk.runs()
    artifact = await desk.box.row()
    for run in (first, second):
        assert (run["status"], run["artifact_id"]) == ("success", artifact["id"])
        assert (run["artifact_version_id"], run["directive_id"]) == (version, None)
        assert run["approval_id"] and run["release_sha256"]
    daily = await desk.bench.look(
        "SELECT success FROM run_daily WHERE subject_kind = 'artifact' AND subject_id = ?",
        str(artifact["id"]),
    )
    assert daily == [{"success": 2}] and desk.ended == [first["id"], second["id"]]
    in_force = await desk.bench.look("SELECT version_id, total_runs, successes FROM deployments")
    assert in_force == [{"version_id": version, "total_runs": 2, "successes": 2}]


async def test_a_plain_an_async_and_a_context_tool_all_run(desk: Desk) -> None:
    await desk.box.approved("plain", "def run(a: int, b: int = 2) -> int:\n    return a + b\n")
    await desk.box.approved("later", "async def run(a: int) -> list[int]:\n    return [a]\n")
    source = (
        "from aifp_guest import Ctx\n\n\n"
        "def run(ctx: Ctx, word: str) -> str:\n"
        '    ctx.log("info", word)\n'
        '    ctx.state("set", "last", word)\n'
        '    return str(ctx.memory.get("last"))\n'
    )
    await desk.box.approved("noting", source)
    assert (await desk.call("plain", a=1)).result == 3
    assert (await desk.call("later", a=1)).result == [1]
    assert (await desk.call("noting", word="one")).result == "None"
    assert (await desk.call("noting", word="two")).result == "one"
    kept = await desk.bench.look("SELECT owner_kind, state_key FROM kv_state")
    assert kept == [{"owner_kind": "artifact", "state_key": "last"}]


async def test_a_tool_may_have_the_name_of_a_module_of_python(desk: Desk) -> None:
    await desk.box.approved(
        "json", "import json\n\n\ndef run() -> str:\n    return json.dumps(1)\n"
    )
    assert (await desk.call("json")).result == "1"


@pytest.mark.req("S01", "L11", "L12")
async def test_edited_code_runs_once_approved_and_the_old_code_whenever_its_bytes_are_back(
    desk: Desk,
) -> None:
    await desk.box.approved()
    assert (await desk.call()).result == "Hello you"
    desk.box.write("hello", HELLO.replace("Hello", "Good day"))
    for _ in range(2):
        with pytest.raises(ApprovalRequired):
            await desk.call()
        await sync_from_filesystem(desk.bench.ctx)

    desk.box.write("hello", HELLO)
    await sync_from_filesystem(desk.bench.ctx)
    assert (await desk.call()).result == "Hello you"
    await desk.box.approved("hello", HELLO.replace("Hello", "Good day"))
    assert (await sync_from_filesystem(desk.bench.ctx)).changed == []
    assert (await desk.call()).result == "Good day you"


@pytest.mark.req("S20", "L11")
async def test_each_run_counts_in_one_deployment_also_once_approved_bytes_are_back(
    desk: Desk,
) -> None:
    await desk.box.approved()
    await desk.call()
    await desk.box.known("hello", HELLO.replace("Hello", "Good day"))
    await desk.box.known("hello", HELLO)
    await desk.call()
    await desk.call()
    rows = desk.box.sql("SELECT * FROM deployments ORDER BY id")
    assert [(row["deployment_type"], row["total_runs"]) for row in rows] == [
        ("new", 1),
        ("restore", 2),
    ]
    assert (rows[0]["undeployed_at"] is None, rows[1]["undeployed_at"]) == (False, None)
    tool = await desk.box.row()
    assert rows[1]["version_id"] == tool["deployed_version_id"] == tool["current_version_id"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "a"),
        ({"a": "one"}, "a must be integer"),
        ({"a": 1, "c": 1}, "c"),
    ],
)
async def test_arguments_that_do_not_fit_are_refused_and_open_no_run(
    desk: Desk, given: dict[str, object], told: str
) -> None:
    await desk.box.approved("plain", "def run(a: int) -> int:\n    return a\n")
    with pytest.raises(InvalidArgument, match=told):
        await desk.call("plain", **given)
    assert await desk.runs() == []


@pytest.mark.req("8.4", "S24", "L01")
async def test_only_a_tool_that_is_there_approved_and_unchanged_is_called(desk: Desk) -> None:
    with pytest.raises(NoSuch):
        await desk.call()
    await desk.box.known()
    assert (await desk.box.row())["authorization"] == "pending"
    with pytest.raises(ApprovalRequired, match="waits for a person"):
        await desk.call()
    await desk.box.approved()
    assert (await desk.call()).success
    desk.box.write("hello", HELLO + "\n# edited\n")
    with pytest.raises(ApprovalRequired, match="waits for a person"):
        await desk.call()
    desk.box.write("hello", HELLO)
    assert (await desk.call()).success
    (desk.bench.project / "tools" / "hello.py").unlink()
    with pytest.raises(NoSuch, match="is gone"):
        await desk.call()
    desk.box.write("hello", HELLO)
    desk.box.sql("UPDATE artifacts SET status = 'deleted'")
    with pytest.raises(NoSuch):
        await desk.call()


@pytest.mark.req("8.4")
async def test_a_new_version_begins_at_pending_and_old_bytes_are_still_approved(desk: Desk) -> None:
    await desk.box.approved()
    edited = HELLO.replace("Hello", "Good day")
    await desk.box.known("hello", edited)
    assert (await desk.box.row())["authorization"] == "pending"
    with pytest.raises(ApprovalRequired):
        await desk.call()
    await desk.box.known("hello", HELLO)
    assert (await desk.box.row())["authorization"] == "approved"
    assert (await desk.call()).result == "Hello you"


@pytest.mark.req("8.4")
async def test_a_tool_is_switched_off_and_on_and_a_revoked_one_stays_revoked(desk: Desk) -> None:
    await desk.box.approved()
    ctx = desk.bench.ctx
    assert await switch_tool(ctx, await desk.box.row(), enabled=False) == "disabled"
    with pytest.raises(ApprovalRequired, match="switched off"):
        await desk.call()
    assert await switch_tool(ctx, await desk.box.row(), enabled=True) == "approved"
    assert (await desk.call()).success
    await revoke_tool_approval(ctx, await desk.box.row(), "no more")
    with pytest.raises(ApprovalRequired, match="took that back"):
        await desk.call()
    with pytest.raises(AifpError, match="only an approved tool"):
        await switch_tool(ctx, await desk.box.row(), enabled=True)
    with pytest.raises(AifpError, match="for good"):
        await desk.box.approved()
    await desk.box.approved("hello", HELLO + "\n# other code\n")
    assert (await desk.call()).success


async def test_a_forged_approval_in_the_database_opens_nothing(desk: Desk) -> None:
    await desk.box.known()
    await desk.box.approved("other", HELLO)
    desk.box.sql(
        "UPDATE artifacts SET authorization = 'approved', deployed_version_id = current_version_id"
    )
    desk.box.sql("UPDATE approvals SET subject_id = (SELECT id FROM artifacts WHERE name='hello')")
    with pytest.raises(ApprovalRequired, match="not approved as it stands"):
        await desk.call()


async def test_nothing_is_called_while_everything_is_stopped(desk: Desk) -> None:
    await desk.box.approved()
    await set_stop(desk.bench.ctx, "holiday")
    with pytest.raises(Unavailable):
        await desk.call()


async def test_a_tool_that_needs_a_secret_nobody_has_stored_is_not_called(desk: Desk) -> None:
    source = (
        "def run(ctx) -> None:\n"
        '    ctx.http("GET", "https://example.org/x", auth="secret weather_key")\n'
    )
    await desk.box.approved("asking", source)
    with pytest.raises(DependencyMissing, match="aifp secret set weather_key"):
        await desk.call("asking")


async def test_code_that_fails_ends_as_a_failed_run_with_its_error(desk: Desk) -> None:
    await desk.box.approved("broken", "def run() -> None:\n    raise ValueError('no such day')\n")
    report = await desk.call("broken")
    assert not report.success and report.status == "failure"
    assert report.error is not None and "no such day" in report.error
    assert (await desk.runs())[0]["error_type"] == "ValueError"


async def test_a_tool_works_no_longer_than_it_says_itself(desk: Desk) -> None:
    code = "def run() -> None:\n    while True:\n        pass\n"
    source = f'CHARACTERISTICS = {{"timeout_s": 0.3}}\n\n\n{code}'
    await desk.box.approved("endless", source)
    assert (await desk.call("endless")).status == "timeout"


async def test_a_deprecated_tool_answers_with_a_notice(desk: Desk) -> None:
    await desk.box.approved()
    await desk.box.approved("greet", HELLO)
    desk.box.sql(
        "UPDATE artifacts SET status = 'deprecated', migration_note = 'Same arguments.',"
        " successor_id = (SELECT id FROM artifacts WHERE name = 'greet') WHERE name = 'hello'"
    )
    report = await desk.call()
    assert report.result == "Hello you"
    assert report.notice == "The tool hello is deprecated. Use greet instead. Same arguments."


async def test_a_tool_reaches_only_what_its_own_code_names(desk: Desk, server: Loopback) -> None:
    address = server.url("/named")
    source = (
        f'def run(ctx, page: str) -> object:\n    return ctx.http("GET", f"{address}/{{page}}")\n'
    )
    await desk.box.approved("reaching", source)
    report = await desk.call("reaching", page="one")
    assert report.success, report
    computed = 'def run(ctx, url: str) -> object:\n    return ctx.http("GET", url)\n'
    await desk.box.approved("computed", computed)
    report = await desk.call("computed", url=server.url("/x"))
    assert not report.success and report.error is not None and "not grant" in report.error


async def test_a_sleeping_tool_goes_on_from_its_own_record(desk: Desk) -> None:
    source = (
        "def run(ctx) -> list[str]:\n"
        '    ctx.log("info", "before")\n'
        "    ctx.sleep(seconds=600)\n"
        '    ctx.log("info", "after")\n'
        '    return ["done"]\n'
    )
    await desk.box.approved("sleepy", source)
    call = asyncio.ensure_future(desk.call("sleepy"))
    clock = clock_of(desk.bench)
    await desk.bench.until(lambda: clock.waiting > 0)
    await clock.advance(600)
    report = await call
    assert report.result == ["done"], report
    run = (await desk.runs())[0]
    steps = await desk.bench.steps(int(str(run["id"])))
    assert [step["function"] for step in steps] == ["log", "sleep", "log"]
    assert run["epoch"] == 2


SLOW = 'def run(ctx) -> None:\n    ctx.http("GET", "{url}/slow")\n'


async def begun(desk: Desk, server: Loopback) -> int:
    """Wait until the slow call is under way and return its run."""
    await desk.bench.until(lambda: bool(server.calls(path="/slow")))
    return int(str((await desk.runs())[-1]["id"]))


async def test_a_call_that_is_called_off_ends_its_run(desk: Desk, server: Loopback) -> None:
    server.script("/slow", Reply(delay_s=30.0))
    await desk.box.approved("slow", SLOW.format(url=server.url("")))
    call = asyncio.ensure_future(desk.call("slow"))
    run_id = await begun(desk, server)
    call.cancel(CALLED_OFF)
    await asyncio.gather(call, return_exceptions=True)
    row = await desk.bench.row(run_id)
    assert (row["status"], row["reason"]) == ("cancelled", CALLED_OFF)


async def test_who_only_stops_waiting_lets_the_run_go_on(desk: Desk, server: Loopback) -> None:
    server.script("/slow", Reply(delay_s=0.5))
    await desk.box.approved("slow", SLOW.format(url=server.url("")))
    call = asyncio.ensure_future(desk.call("slow"))
    run_id = await begun(desk, server)
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)
    await desk.bench.until_status(run_id, "success")


async def test_a_run_that_is_cancelled_answers_its_caller(desk: Desk, server: Loopback) -> None:
    server.script("/slow", Reply(delay_s=30.0))
    await desk.box.approved("slow", SLOW.format(url=server.url("")))
    call = asyncio.ensure_future(desk.call("slow"))
    run_id = await begun(desk, server)
    assert desk.tools.holds(run_id)
    assert await desk.tools.cancel(run_id, "enough")
    report = await call
    assert (report.success, report.status, report.reason) == (False, "cancelled", "enough")
    assert not await desk.tools.cancel(run_id, "again")


@pytest.mark.req("L01")
async def test_a_call_that_the_engine_left_open_ends_interrupted_at_the_next_start(
    desk: Desk,
) -> None:
    await desk.box.approved()
    await desk.call()
    desk.box.sql("UPDATE runs SET status = 'running', finished_at = NULL")
    desk.box.sql(
        "INSERT INTO runs (kind, trigger_source, idempotency_key, status, created_at, random_seed)"
        " VALUES ('tool', 'manual', 'never begun', 'queued', 't', 's')"
    )
    runner = AsyncRunner(desk.bench.ctx, desk.bench.driver(), 1, desk.ended.append)
    assert await recover(desk.bench.ctx, runner) == 2
    assert {run["status"] for run in await desk.runs()} == {"interrupted"}
