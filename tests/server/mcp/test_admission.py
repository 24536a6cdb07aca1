import asyncio

import pytest
from mcp_types import JSONRPCNotification, JSONRPCRequest

from aifp.server.mcp.admission import Admission, Limits
from tests.clock import settle

NOTE = JSONRPCNotification(jsonrpc="2.0", method="notifications/x")


def request(number: int, method: str = "tools/call") -> JSONRPCRequest:
    return JSONRPCRequest(jsonrpc="2.0", id=number, method=method)


async def test_requests_come_in_order_until_the_slots_are_full() -> None:
    admission = Admission(Limits(in_flight=2))
    for number in range(3):
        admission.offer(request(number), 10)
    assert [(await admission.take()) for _ in range(2)] == [request(0), request(1)]
    third = asyncio.ensure_future(admission.take())
    await settle()
    assert not third.done()
    admission.settle(0)
    assert await third == request(2)


async def test_what_needs_no_slot_passes_waiting_requests() -> None:
    admission = Admission(Limits(in_flight=1))
    admission.offer(request(0), 10)
    await admission.take()
    admission.offer(request(1), 10)
    admission.offer(NOTE, 10)
    admission.offer(request(2, "subscriptions/listen"), 10)
    assert await admission.take() == NOTE
    assert await admission.take() == request(2, "subscriptions/listen")


async def test_without_slots_taken_the_order_is_kept() -> None:
    admission = Admission(Limits(in_flight=1))
    admission.offer(request(0, "initialize"), 10)
    admission.offer(NOTE, 10)
    assert await admission.take() == request(0, "initialize")
    assert await admission.take() == NOTE


@pytest.mark.req("I27")
@pytest.mark.parametrize("limits", [Limits(waiting=2), Limits(waiting_bytes=20)])
async def test_a_full_queue_holds_the_reader_back(limits: Limits) -> None:
    admission = Admission(limits)
    admission.offer(request(0), 10)
    admission.offer(request(1), 10)
    waiting = asyncio.ensure_future(admission.room())
    await settle()
    assert not waiting.done()
    await admission.take()
    assert await waiting is True


@pytest.mark.req("I27")
async def test_a_full_queue_never_blocks_the_answer_of_the_person() -> None:
    admission = Admission(Limits(waiting=1))
    admission.offer(request(0), 10)
    waiting = asyncio.ensure_future(admission.room())
    await settle()
    admission.asked(7)
    assert await waiting is False
    assert admission.answered(7) and not admission.answered(7)


async def test_a_waiting_request_can_be_withdrawn_and_its_id_used_again() -> None:
    admission = Admission(Limits())
    admission.offer(request(0), 10)
    assert admission.is_open(0)
    assert admission.withdraw(0) and not admission.withdraw(0)
    assert not admission.is_open(0)


async def test_idle_means_everything_but_subscriptions_is_answered() -> None:
    admission = Admission(Limits())
    admission.offer(request(0), 10)
    admission.offer(request(1, "subscriptions/listen"), 10)
    await admission.take()
    await admission.take()
    idle = asyncio.ensure_future(admission.idle())
    await settle()
    assert not idle.done()
    admission.settle(0)
    await idle
    admission.end()
    assert await admission.take() is None
