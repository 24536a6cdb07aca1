import asyncio
from pathlib import Path

from aifp.server.engine.consequences import Settled
from aifp.server.engine.sources.replies import RunEnds
from tests.clock import until
from tests.server.engine.watchhouse import open_watchhouse

ENDED = Settled(
    run_id=1,
    directive_id=1,
    status="success",
    reason=None,
    due_at=None,
    name="lights",
    was_driven=True,
    tripped=False,
)


async def test_a_caller_that_gives_up_takes_no_news_from_the_others(tmp_path: Path) -> None:
    async with open_watchhouse(tmp_path) as house:
        ends, before = RunEnds(house.ctx), house.clock.waiting
        async with asyncio.TaskGroup() as group:
            hasty = group.create_task(ends.wait(1, 1.0))
            patient = group.create_task(ends.wait(1, 3600.0))
            await until(lambda: house.clock.waiting == before + 2)
            await house.clock.advance(1.0)
            await asyncio.wait([hasty])
            assert not patient.done()
            await ends.settled(ENDED)
            await asyncio.wait([patient])
        assert house.clock.monotonic() == 1.0
