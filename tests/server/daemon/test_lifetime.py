import asyncio
import os
import signal

import pytest

from aifp.schemas.errors import Unavailable
from aifp.server.daemon.lifetime import Lifetime, ending_on_signals
from tests.clock import FakeClock, settle


class Work:
    """Tells whether a directive is active."""

    def __init__(self) -> None:
        self.active = False
        self.fault: Exception | None = None

    async def __call__(self) -> bool:
        if self.fault is not None:
            raise self.fault
        return self.active


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


async def test_an_idle_daemon_ends_after_its_minutes(clock: FakeClock) -> None:
    running = asyncio.ensure_future(Lifetime(clock, Work(), 15).run())
    await settle()
    await clock.advance(14 * 60)
    assert not running.done()
    await clock.advance(2 * 60)
    assert "idle for 15 minutes" in await running


async def test_a_client_keeps_it_and_the_minutes_count_from_the_last_one(clock: FakeClock) -> None:
    lifetime = Lifetime(clock, Work(), 15)
    running = asyncio.ensure_future(lifetime.run())
    with lifetime.client():
        await settle()
        await clock.advance(3600)
        assert lifetime.clients == 1 and not running.done()
    await settle()
    await clock.advance(14 * 60)
    assert not running.done()
    await clock.advance(2 * 60)
    assert running.done()


async def test_an_active_directive_keeps_it_without_any_client(clock: FakeClock) -> None:
    work = Work()
    work.active = True
    running = asyncio.ensure_future(Lifetime(clock, work, 15).run())
    await settle()
    for _ in range(5):
        await clock.advance(15 * 60)
    assert not running.done()
    work.active = False
    await clock.advance(15 * 60)
    assert running.done()


@pytest.mark.parametrize("fault", [Unavailable("the disk is away"), OSError("broken")])
async def test_a_daemon_that_cannot_look_for_work_goes_on(
    clock: FakeClock, fault: Exception
) -> None:
    work = Work()
    work.fault = fault
    running = asyncio.ensure_future(Lifetime(clock, work, 15).run())
    await settle()
    await clock.advance(15 * 60)
    assert not running.done()
    work.fault = None
    await clock.advance(15 * 60)
    assert running.done()


async def test_a_signal_ends_it_by_its_name(clock: FakeClock) -> None:
    lifetime = Lifetime(clock, Work(), 15)
    with ending_on_signals(lifetime.end), lifetime.client():
        running = asyncio.ensure_future(lifetime.run())
        os.kill(os.getpid(), signal.SIGTERM)
        assert await asyncio.wait_for(running, 5) == "SIGTERM"
        lifetime.end("later")
        assert await lifetime.run() == "SIGTERM"
