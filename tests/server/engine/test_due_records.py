"""The set of due times equals the set of records, whoever dies when."""

import random
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aifp.schemas.instants import from_text
from aifp.schemas.ports import Database, Row, SqlValue, Writer
from aifp.server.engine.starting.timetable import first_due
from tests.contexts import with_directives
from tests.server.engine.watchhouse import (
    NOON,
    Watchhouse,
    directive_of,
    due_of,
    every,
    open_watchhouse,
)

STARTS: list[list[dict[str, Any]]] = [
    [every(7_000)],
    [every(60_000)],
    [every(3_600_000)],
    [{"kind": "cron", "expr": "*/5 * * * *"}],
    [every(600_000), {"kind": "cron", "expr": "0 * * * *"}],
]
RULES = [
    {"policy": "none"},
    {"policy": "last", "within_ms": 3_600_000},
    {"policy": "all", "within_ms": 3_600_000, "max": 5},
]


class Killed(BaseException):
    """The process is gone."""


class Mortal:
    """A database whose process dies at the nth statement; what was not committed is lost."""

    def __init__(self, inner: Database, dies_after: int) -> None:
        self._inner, self.left = inner, dies_after

    async def one(self, query: str, /, **params: SqlValue) -> Row | None:
        self._tick()
        return await self._inner.one(query, **params)

    async def all(self, query: str, /, **params: SqlValue) -> list[Row]:
        self._tick()
        return await self._inner.all(query, **params)

    @asynccontextmanager
    async def write(self) -> AsyncGenerator[Writer]:
        async with self._inner.write() as w:
            yield MortalWriter(w, self._tick)
        self._tick()

    def _tick(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise Killed


class MortalWriter:
    def __init__(self, inner: Writer, tick: Any) -> None:
        self._inner, self._tick = inner, tick

    async def one(self, query: str, /, **params: SqlValue) -> Row | None:
        self._tick()
        return await self._inner.one(query, **params)

    async def all(self, query: str, /, **params: SqlValue) -> list[Row]:
        self._tick()
        return await self._inner.all(query, **params)

    async def run(self, query: str, /, **params: SqlValue) -> int:
        self._tick()
        return await self._inner.run(query, **params)


async def live_and_die(house: Watchhouse, dice: random.Random, end: datetime) -> None:
    """Engines follow each other; some of the dead ones still try to claim."""
    zombie: Watchhouse | None = None
    while house.clock.now() < end:
        mortal = Mortal(
            house.ctx.directives, dice.choice([dice.randrange(1, 60), dice.randrange(60, 900)])
        )
        engine = Watchhouse(with_directives(house.ctx, mortal), house.clock, house.path)
        try:
            await engine.open()
            while house.clock.now() < end:
                await house.clock.advance(dice.choice([1, 7, 30, 61, 300]))
                if zombie is not None and dice.random() < 0.5:
                    await zombie.scheduler.turn()
                await engine.scheduler.turn()
        except Killed:
            mortal.left = -1
            zombie = engine if dice.random() < 0.7 else zombie
            await house.clock.advance(dice.choice([0, 5, 90, 1200, 4000]))


def claimed(house: Watchhouse, name: str) -> list[datetime]:
    """Return every due time that has a record; folded records are taken apart."""
    found: list[datetime] = []
    for row in house.runs(name):
        if row["due_count"] == 1:
            found.append(due_of(row))
        else:
            last = from_text(row["due_until"])
            inside = [at for at in dues(house, name, last) if at >= due_of(row)]
            assert len(inside) == row["due_count"]
            found += inside
    return found


def dues(house: Watchhouse, name: str, until: datetime) -> list[datetime]:
    """Walk the due times one by one."""
    text = house.value("SELECT configuration_json FROM user_directives WHERE name = ?", name)
    directive = type(directive_of("x")).model_validate_json(text)
    found: list[datetime] = []
    due = first_due(directive, NOON)
    while due is not None and due.at <= until:
        found.append(due.at)
        due = first_due(directive, due.at)
    return found


async def play(folder: Path, seed: int) -> None:
    dice = random.Random(seed)
    async with open_watchhouse(folder / str(seed)) as house:
        for number, when in enumerate(STARTS):
            rule = {"catch_up": dice.choice(RULES)}
            await house.add(f"d{number}", when=when, policies=rule)
        end = NOON + timedelta(hours=dice.choice([1, 3]))
        await live_and_die(house, dice, end)
        last = Watchhouse(house.ctx, house.clock, house.path)
        await last.open()
        for number in range(len(STARTS)):
            expected = dues(house, f"d{number}", house.clock.now())
            assert sorted(claimed(house, f"d{number}")) == expected, f"seed {seed}, d{number}"


@pytest.mark.req("F01", "D91")
@pytest.mark.parametrize("seed", range(12))
async def test_every_due_time_has_exactly_one_record(tmp_path: Path, seed: int) -> None:
    await play(tmp_path, seed)


@pytest.mark.nightly
@pytest.mark.timeout(900)
@pytest.mark.req("F01", "D91")
async def test_every_due_time_has_exactly_one_record_over_two_hundred_seeds(
    tmp_path: Path,
) -> None:
    for seed in range(1000, 1200):
        await play(tmp_path, seed)
