"""An event loop without sockets: when nothing can go on, all waiting host calls leave at once."""

import asyncio
import time
from asyncio import base_events, events
from collections.abc import Callable
from typing import Any

from aifp.server.sandbox.guest import requests
from aifp.server.sandbox.guest.door import exchange, value_of
from aifp.server.sandbox.guest.errors import HostError
from aifp.server.sandbox.guest.plain import Answer, Call, Json


class HostLoop(base_events.BaseEventLoop):
    """Runs coroutines; waits by asking the host."""

    def __init__(self) -> None:
        super().__init__()
        self._selector = self  # BaseEventLoop asks its selector when nothing is ready
        self._waiting: list[tuple[Call, asyncio.Future[Json]]] = []
        self._reached = 0.0

    def later(self, call: Call) -> "asyncio.Future[Json]":
        """Put a call into the next batch; batches keep the order of these calls."""
        future: asyncio.Future[Json] = self.create_future()
        self._waiting.append((call, future))
        return future

    def time(self) -> float:
        """Return the clock of the run, never behind a wait that has ended."""
        return max(time.monotonic(), self._reached)

    def select(self, timeout: float | None) -> list[object]:
        """Stand where a selector waits for sockets."""
        if timeout is None or timeout > 0:
            self._wait(timeout)
        return []

    def _wait(self, timeout: float | None) -> None:
        batch = [item for item in self._waiting if not item[1].done()]
        self._waiting.clear()
        if batch:
            self._send(batch)
        elif timeout is None:
            raise RuntimeError("the code waits for something that can never come")
        else:
            self._reached = self.time() + timeout
            value_of(exchange([requests.sleep(timeout, None)])[0])

    def _send(self, batch: "list[tuple[Call, asyncio.Future[Json]]]") -> None:
        answers = exchange([call for call, _ in batch])
        for (_, future), answer in zip(batch, answers, strict=True):
            _settle(future, answer)

    def _process_events(self, event_list: list[object]) -> None:
        """There are no events but the answers of the host."""

    def _write_to_self(self) -> None:
        """There is no other thread to wake this one."""

    def run_in_executor(self, executor: object, func: Callable[..., object], *args: object) -> Any:
        """Refuse: there are no threads here."""
        raise RuntimeError("there are no threads in the sandbox; use ctx.aio and asyncio.gather")


def _settle(future: "asyncio.Future[Json]", answer: Answer) -> None:
    try:
        future.set_result(value_of(answer))
    except HostError as error:
        future.set_exception(error)


def later(call: Call) -> "asyncio.Future[Json]":
    """Put a call into the next batch of the running loop."""
    loop = asyncio.get_running_loop()
    if not isinstance(loop, HostLoop):
        raise TypeError("ctx.aio works in the event loop of the sandbox only")
    return loop.later(call)


def install() -> None:
    """Make asyncio use this loop everywhere."""
    events.new_event_loop = asyncio.new_event_loop = HostLoop  # pyright: ignore[reportAttributeAccessIssue]
