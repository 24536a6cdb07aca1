import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest
from mcp.client.client import Client

from aifp.server.mcp import wire
from tests.clock import until
from tests.server.mcp.living import GOOD, Living, call
from tests.server.mcp.wiring import data_of

ERAS = pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])
SPIN = "directives:\n  spinning:\n    timeout: 5m\n    do:\n      - code: spin\n"
CODE = """
def spin(ctx: Ctx) -> None:
    while True:
        pass
"""
# What the audit says of a call that was cut off.
INTERRUPTED = '"tool":"run_directive","actor":"ai","outcome":"interrupted"'
Told = list[tuple[float, float | None, str | None]]


async def told_by(client: Client, tool: str, **arguments: Any) -> tuple[dict[str, Any], Told]:
    """Call a tool; return its answer and the progress it told."""
    told: Told = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, total, message))

    return data_of(await client.call_tool(tool, arguments, progress_callback=note)), told


def require_growing(told: Told, total: float) -> None:
    steps = [done for done, _, _ in told]
    assert steps == sorted(set(steps)) and steps[-1] <= total
    assert {whole for _, whole, _ in told} == {total}
    assert all(message for _, _, message in told)


@ERAS
async def test_long_calls_tell_their_progress(living: Living, mode: str) -> None:
    async with living.client(mode) as client:
        path = living.write("notes.yaml", GOOD)
        await call(client, "user_directive_parse", file_path=path)
        await call(client, "user_directive_validate", name="watering")
        made, told = await told_by(client, "user_directive_implement", name="watering")
        assert made["success"]
        require_growing(told, 4)
        assert len(told) == 4 and "testing" in str(told[1])
        await call(client, "user_directive_approve", name="watering")
        active, told = await told_by(client, "user_directive_activate", source_file=path)
        assert active["success"]
        require_growing(told, 1)
        report, told = await told_by(client, "run_directive", name="watering")
        assert report["status"] == "success"
        require_growing(told, 1)
        assert "success" in str(told[-1])
        living.write("notes.yaml", GOOD.replace("06:30", "07:30"))
        update, told = await told_by(client, "user_directive_update", file_path=path)
        assert update["success"] and [one["name"] for one in update["changed"]] == ["watering"]
        require_growing(told, 1)
        assert len(told) == 4


@asynccontextmanager
async def called(client: Client, tool: str, **arguments: Any) -> AsyncGenerator[anyio.CancelScope]:
    """Have a call open, and take it back at the end: the client says notifications/cancelled."""
    scope = anyio.CancelScope()

    async def run() -> None:
        with scope:
            await client.call_tool(tool, arguments)

    async with asyncio.TaskGroup() as group:
        group.create_task(run())
        yield scope
        scope.cancel()


async def newest(client: Client, *statuses: str) -> dict[str, Any]:
    """Return the newest run once it stands so."""
    async with asyncio.timeout(30):
        for _ in range(10_000):
            runs = (await call(client, "get_recent_executions", limit=1))["result"]
            if runs and runs[0]["status"] in statuses:
                return runs[0]
            await asyncio.sleep(0.01)
    raise AssertionError(statuses)


async def spinning(living: Living, client: Client) -> None:
    path = living.write("spin.yaml", SPIN)
    await call(client, "user_directive_parse", file_path=path)
    await call(client, "user_directive_validate", name="spinning")
    made = await call(client, "user_directive_implement", name="spinning", code=CODE)
    assert made["success"], made
    approved = await call(client, "user_directive_approve", name="spinning")
    assert approved["success"], approved


@ERAS
async def test_a_live_run_that_is_called_off_ends_cancelled_with_its_reason(
    living: Living, mode: str
) -> None:
    async with living.client(mode) as client, living.client("legacy") as other:
        await spinning(living, other)
        async with called(client, "run_directive", name="spinning"):
            await newest(other, "running")
        run = await newest(other, "cancelled")
        assert run["reason"] == "called off by the client"
        assert (await call(client, "get_run", run_id=run["id"]))["found"]


async def ended_by_the_test(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    """See that the call of a run has ended and the run has not; then end that, too."""
    await until(lambda: INTERRUPTED in caplog.text)
    run = await newest(client, "running", "cancelled", "interrupted")
    assert run["status"] == "running", run
    assert (await call(client, "cancel_run", run_id=run["id"], reason="by the test"))["success"]
    assert (await newest(client, "cancelled"))["reason"] == "by the test"


async def test_a_client_that_goes_lets_its_run_go_on(
    living: Living, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "aifp.audit")
    monkeypatch.setattr(wire, "END_GRACE_SECONDS", 0)
    async with living.client("legacy") as other:
        await spinning(living, other)
        async with asyncio.TaskGroup() as group, living.client("legacy") as client:

            async def run() -> None:
                with pytest.raises(Exception):  # noqa: B017
                    await client.call_tool("run_directive", {"name": "spinning"})

            group.create_task(run())
            await newest(other, "running")
        await ended_by_the_test(other, caplog)


@ERAS
async def test_a_dry_run_that_is_called_off_leaves_no_open_run(living: Living, mode: str) -> None:
    async with living.client(mode) as client, living.client("legacy") as other:
        await spinning(living, other)
        async with called(client, "run_directive", name="spinning", dry_run=True):
            await newest_dry(living, "running")
        await newest_dry(living, "interrupted")


async def newest_dry(living: Living, status: str) -> None:
    """Wait until the newest dry run stands so; lists of runs leave dry ones out."""
    rows: list[dict[str, Any]] = []
    async with asyncio.timeout(60):
        for _ in range(500):
            rows = await living.look("SELECT status FROM runs WHERE mode = 'dry_run'")
            if [row["status"] for row in rows] == [status]:
                return
            await asyncio.sleep(0.01)
    raise AssertionError((rows, status))


@ERAS
@pytest.mark.parametrize("after", [0, 1, 2, 3, 4])
async def test_an_implementation_that_is_called_off_is_there_whole_or_not_at_all(
    living: Living, mode: str, after: int
) -> None:
    """Cancel when the progress of a stage is heard, and once at the very begin."""
    async with living.client(mode) as client, living.client("legacy") as other:
        path = living.write("notes.yaml", GOOD)
        await call(other, "user_directive_parse", file_path=path)
        await call(other, "user_directive_validate", name="watering")
        scope, heard = anyio.CancelScope(), 0

        async def note(progress: float, total: float | None, message: str | None) -> None:
            nonlocal heard
            heard += 1
            if heard == after:
                scope.cancel()

        with scope:
            if not after:
                scope.cancel()
            await client.call_tool(
                "user_directive_implement", {"name": "watering"}, progress_callback=note
            )
        directive = await call(other, "get_directive_by_name", name="watering")
        file = living.folder / "src/automations/watering.py"
        assert (directive["status"] == "implemented") == await asyncio.to_thread(file.exists)
        again = await call(other, "user_directive_implement", name="watering")
        assert again["success"], again
