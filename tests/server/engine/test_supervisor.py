"""Tasks of the engine never die silently."""

import asyncio
from pathlib import Path

import pytest

from aifp.server.engine.supervisor import Supervisor
from tests.clock import FakeClock, settle
from tests.server.engine.watchhouse import every, open_watchhouse


@pytest.mark.req("F31")
@pytest.mark.parametrize("how", ["raises", "is cancelled", "returns"])
async def test_a_task_that_dies_is_started_again_and_counted(how: str) -> None:
    clock, lives, told = FakeClock(), list[str](), list[tuple[str, str, int]]()

    async def tell(name: str, died_of: str, times: int) -> None:
        told.append((name, died_of, times))

    async def body() -> None:
        lives.append(how)
        if len(lives) == 1 and how == "raises":
            raise ValueError("broken")
        if len(lives) == 1 and how == "is cancelled":
            raise asyncio.CancelledError
        if len(lives) > 1:
            await asyncio.Event().wait()

    supervisor = Supervisor(clock, tell)
    await supervisor.open()
    supervisor.keep("loop", body)
    await settle()
    await clock.advance(1)
    assert len(lives) == 2
    assert supervisor.restarts == {"loop": 1}
    assert [(name, times) for name, _, times in told] == [("loop", 1)]
    await supervisor.close()


@pytest.mark.req("F31")
async def test_a_cancellation_from_outside_does_not_end_a_task() -> None:
    clock, lives = FakeClock(), list[asyncio.Task[None] | None]()

    async def body() -> None:
        lives.append(asyncio.current_task())
        await asyncio.Event().wait()

    supervisor = Supervisor(clock)
    await supervisor.open()
    supervisor.keep("loop", body)
    for expected in (1, 2, 3):
        await settle()
        await clock.advance(40)
        assert len(lives) == expected
        task = lives[-1]
        assert task is not None
        task.cancel()
    await supervisor.close()
    assert task.done()


@pytest.mark.req("F31")
async def test_a_teller_that_fails_does_not_end_the_task() -> None:
    clock, lives = FakeClock(), list[int]()

    async def tell(name: str, died_of: str, times: int) -> None:
        raise OSError("disk full")

    async def body() -> None:
        lives.append(1)

    supervisor = Supervisor(clock, tell)
    await supervisor.open()
    supervisor.keep("loop", body)
    await settle()
    await clock.advance(2)
    assert len(lives) > 2
    await supervisor.close()


@pytest.mark.req("F31")
@pytest.mark.parametrize("kind", [RuntimeError, asyncio.CancelledError])
async def test_the_scheduler_goes_on_after_trouble_at_any_of_its_waits(
    tmp_path: Path, kind: type[BaseException]
) -> None:
    async with open_watchhouse(tmp_path) as house:
        await house.add("a", when=[every(60_000)])
        trouble = Trouble(house.ctx.directives, kind)
        clock = house.clock
        house.scheduler._directives = trouble  # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue]
        supervisor = Supervisor(clock)
        await supervisor.open()
        supervisor.keep("scheduler", house.scheduler.run)
        for minute in range(1, 7):
            trouble.strike_after = minute
            await clock.advance(60)
            for _ in range(40):
                await asyncio.sleep(0.01)
                await clock.advance(0.5 if len(house.runs()) < minute else 0)
                if len(house.runs()) >= minute:
                    break
        await supervisor.close()
        dues = [row["due_at"] for row in house.runs()]
        assert len(dues) == len(set(dues)) >= 6
        assert supervisor.restarts["scheduler"] >= 1


class Trouble:
    """A database that fails once, at the nth thing asked of it."""

    def __init__(self, inner: object, kind: type[BaseException]) -> None:
        self._inner, self._kind, self.strike_after = inner, kind, 0

    def __getattr__(self, name: str) -> object:
        self.strike_after -= 1
        if self.strike_after == 0:
            raise self._kind
        return getattr(self._inner, name)
