import asyncio

from aifp.server.sandbox.turns import Turns


async def test_turns_come_in_the_order_of_asking():
    turns, order = Turns(1, 1), list[int]()

    async def run(number: int) -> None:
        await turns.take()
        order.append(number)
        turns.leave()

    await turns.take()
    async with asyncio.TaskGroup() as group:
        for number in range(5):
            group.create_task(run(number))
        await asyncio.sleep(0)
        turns.leave()
    assert order == [0, 1, 2, 3, 4]


async def test_who_gives_up_waiting_takes_no_turn_from_others():
    turns = Turns(1, 1)
    await turns.take()
    async with asyncio.TaskGroup() as group:
        first, second = (group.create_task(turns.take()) for _ in range(2))
        await asyncio.sleep(0)
        turns.leave()
        first.cancel()
        await second
    assert first.cancelled() and second.done()


async def test_waiting_for_the_host_lets_the_next_one_compute():
    turns = Turns(1, 2)
    await turns.take()
    with turns.waiting():
        await asyncio.wait_for(turns.take(), 1)
        assert turns.is_asked_for() is False


async def test_a_short_wait_for_the_host_keeps_the_turn():
    turns = Turns(1, 2)
    await turns.take()
    async with asyncio.TaskGroup() as group:
        second = group.create_task(turns.take())
        with turns.waiting():
            await asyncio.sleep(0)
        assert not second.done()
        turns.leave()
        await second


async def test_called_code_goes_first_and_beyond_the_most():
    turns, order = Turns(1, 1), list[str]()

    async def run(name: str, *, inner: bool) -> None:
        await turns.take(inner=inner)
        order.append(name)
        turns.leave()

    await turns.take()
    async with asyncio.TaskGroup() as group:
        group.create_task(run("another", inner=False))
        await asyncio.sleep(0)
        called = group.create_task(run("called", inner=True))
        with turns.waiting():
            await asyncio.wait_for(called, 10)
            assert order == ["called"]
        turns.leave()
    assert order == ["called", "another"]
