from datetime import timedelta

import pytest

from tests.server.sandbox.doubles import START, AnySandbox, Host, job

EVERYTHING_RANDOM = """
import datetime, os, random, secrets, time, uuid
def execute(ctx):
    random.shuffle(order := list(range(20)))
    return [
        random.random(), order, str(uuid.uuid4()), str(uuid.uuid1()), os.urandom(40).hex(),
        secrets.token_hex(), time.time(), time.time_ns(), time.monotonic(), time.perf_counter(),
        datetime.datetime.now().isoformat(), hash("a"), list({"a", "b", "c", "d"}), id(ctx) > 0,
        random.SystemRandom().random(), id(order),
    ]
"""


@pytest.mark.req("D96")
async def test_two_runs_of_the_same_job_give_the_same(each: AnySandbox):
    first = await each.run(job(EVERYTHING_RANDOM))
    second = await each.run(job(EVERYTHING_RANDOM))
    assert first.status == "ok", first
    assert first.result == second.result


async def test_another_seed_gives_other_random_values(each: AnySandbox):
    first = await each.run(job(EVERYTHING_RANDOM, seed="one"))
    second = await each.run(job(EVERYTHING_RANDOM, seed="two"))
    assert isinstance(first.result, list) and isinstance(second.result, list)
    assert all(first.result[place] != second.result[place] for place in (0, 1, 2, 4, 5, 14))


@pytest.mark.req("D96")
async def test_time_moves_by_the_answers_of_the_host_only(each: AnySandbox):
    code = """
import time
from datetime import datetime, UTC
def execute(ctx):
    seen = [datetime.now(UTC).isoformat()]
    sum(range(200_000))
    seen.append(datetime.now(UTC).isoformat())
    began = time.monotonic()
    ctx.log("info", "x")
    seen.append(datetime.now(UTC).isoformat())
    return [seen, time.monotonic() - began]
"""
    end = await each.run(job(code), Host())
    later = (START + timedelta(seconds=1)).isoformat()
    assert end.result == [[START.isoformat(), START.isoformat(), later], 1.0]


async def test_sleeping_in_python_asks_the_host(each: AnySandbox):
    code = """
import asyncio, time
async def nap():
    await asyncio.sleep(2.5)
def execute(ctx):
    time.sleep(1.5)
    asyncio.run(nap())
"""
    host = Host()
    end = await each.run(job(code), host)
    assert end.status == "ok", end
    assert [batch[0].arguments for batch in host.batches] == [{"seconds": 1.5}, {"seconds": 2.5}]
