"""Conditions and entities start runs: edges, holds, latches, over restarts."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from aifp.schemas.starts import StateStart, ValueStart
from aifp.server.engine.world.changes import begins, inside
from aifp.server.engine.world.observations import Change, Observation
from tests.clock import FakeClock
from tests.server.engine.watchhouse import NOON, Watchhouse, open_watchhouse

MINUTE = 60_000


def watching(expr: str, **more: Any) -> dict[str, Any]:
    return {"type": "conditional", "when": [{"kind": "watch", "expr": expr, **more}]}


async def see(house: Watchhouse, entity: str, *states: Any) -> None:
    for state in states:
        await house.entities.observe(entity, state, {})


async def test_a_watch_fires_when_it_turns_true_and_not_while_it_stays_true(
    tmp_path: Path,
) -> None:
    async with open_watchhouse(tmp_path) as house:
        await house.add("warm", **watching("sensor.porch > 25"))
        await house.turn()
        for state, runs in ((20, 0), (26, 1), (30, 1), (24, 1), (26, 2)):
            house.clock.set(house.clock.now() + timedelta(seconds=1))
            await see(house, "sensor.porch", state)
            assert len(house.runs()) == runs
        assert {r["trigger_source"] for r in house.runs()} == {"condition"}


async def test_unknown_leaves_the_value_of_a_watch_as_it_was(tmp_path: Path) -> None:
    async with open_watchhouse(tmp_path) as house:
        await house.add("warm", **watching("sensor.porch > 25"))
        await see(house, "sensor.porch", 26, "unavailable", 27)
        assert len(house.runs()) == 1


async def test_a_latch_survives_a_restart(tmp_path: Path) -> None:
    clock = FakeClock(NOON)
    async with open_watchhouse(tmp_path, clock) as house:
        await house.add("warm", **watching("sensor.porch > 25"))
        await see(house, "sensor.porch", 26)
    await clock.advance(600)
    async with open_watchhouse(tmp_path, clock) as house:
        await house.turn()
        assert len(house.runs()) == 1


async def test_a_watch_on_the_time_is_tested_every_check(tmp_path: Path) -> None:
    async with open_watchhouse(tmp_path) as house:
        await house.add("tea", **watching("time between 12:05 and 12:10", check_ms=30_000))
        for _ in range(30):
            await house.pass_time(30)
        assert len(house.runs()) == 1
        latched = house.value("SELECT latched FROM directive_schedule")
        assert latched == 0


async def test_a_for_time_runs_out_and_fires_once(tmp_path: Path) -> None:
    async with open_watchhouse(tmp_path) as house:
        await house.add("open", **watching('door.front == "open" for 5m', check_ms=3_600_000))
        await see(house, "door.front", "open")
        await house.pass_time(299)
        assert house.runs() == []
        await house.pass_time(1)
        assert len(house.runs()) == 1


async def test_a_for_time_goes_on_over_a_restart_and_breaks_with_the_value(
    tmp_path: Path,
) -> None:
    clock = FakeClock(NOON)
    async with open_watchhouse(tmp_path, clock) as house:
        await house.add("open", **watching('door.front == "open" for 5m'))
        await see(house, "door.front", "open")
        await house.pass_time(200)
    await clock.advance(60)
    async with open_watchhouse(tmp_path, clock) as house:
        await house.pass_time(39)
        assert house.runs() == []
        await house.pass_time(1)
        assert len(house.runs()) == 1
        await see(house, "door.front", "closed", "open")
        await house.pass_time(299)
        assert len(house.runs()) == 1


async def test_a_guard_with_a_for_time_knows_since_when(tmp_path: Path) -> None:
    async with open_watchhouse(tmp_path) as house:
        quiet = {"if": 'hall.motion == "off" for 2m'}
        await house.add("lights", when=[{"kind": "interval", "every_ms": 90_000}], **quiet)
        await see(house, "hall.motion", "off")
        for _ in range(2):
            await house.pass_time(90)
            await house.admit(house.runs()[-1]["id"])
        assert house.told() == ["skipped(condition false)", "queued"]


async def test_a_watch_reads_before_it_tests(tmp_path: Path) -> None:
    async with open_watchhouse(tmp_path) as house:
        read = {"price": {"verb": "http", "method": "GET", "url": "http://shop/price"}}
        await house.add("cheap", read=read, **watching("read.price < 10"))
        for price, runs in ((12, 0), (9, 1), (8, 1)):
            house.reads["price"] = price
            await house.pass_time(60)
            assert len(house.runs()) == runs


async def test_a_state_start_fires_on_its_change_only(tmp_path: Path) -> None:
    async with open_watchhouse(tmp_path) as house:
        start = {"kind": "state", "entity": ["door.front"], "to": ["open"], "as": "front"}
        await house.add("door", type="trigger", when=[start])
        await see(house, "door.front", "open")
        assert house.runs() == []
        for state, runs in (("closed", 0), ("open", 1), ("open", 1), ("unavailable", 1)):
            await see(house, "door.front", state)
            assert len(house.runs()) == runs
        await see(house, "door.front", "open")
        assert len(house.runs()) == 1
        assert '"id": "front"' in house.runs()[0]["trigger_json"]


async def test_a_state_start_with_a_for_time_survives_a_restart(tmp_path: Path) -> None:
    clock = FakeClock(NOON)
    start = {"kind": "state", "entity": ["door.front"], "to": ["open"], "for_ms": 5 * MINUTE}
    async with open_watchhouse(tmp_path, clock) as house:
        await house.add("door", type="trigger", when=[start])
        await see(house, "door.front", "closed", "open")
        await house.pass_time(120)
    await clock.advance(120)
    async with open_watchhouse(tmp_path, clock) as house:
        await house.pass_time(59)
        assert house.runs() == []
        await house.pass_time(1)
        assert len(house.runs()) == 1
        await house.pass_time(600)
        assert len(house.runs()) == 1


async def test_a_value_start_fires_when_the_value_crosses_into_the_range(tmp_path: Path) -> None:
    async with open_watchhouse(tmp_path) as house:
        start = {"kind": "value", "entity": ["sensor.porch"], "above": 25, "below": 40}
        await house.add("hot", type="trigger", when=[start])
        for state, runs in ((30, 0), (20, 0), (26, 1), (39, 1), (41, 1), ("30", 2)):
            house.clock.set(house.clock.now() + timedelta(seconds=1))
            await see(house, "sensor.porch", state)
            assert len(house.runs()) == runs


@pytest.mark.parametrize(
    ("more", "old", "new", "fires"),
    [
        ({}, "on", "off", True),
        ({}, "on", "on", False),
        ({}, "on", "unavailable", False),
        ({"to": ["unavailable"]}, "on", "unavailable", True),
        ({}, "unavailable", "on", False),
        ({"from": ["unavailable"]}, "unavailable", "on", True),
        ({"from": ["off"]}, "on", "blue", False),
        ({"not_to": ["off"]}, "on", "off", False),
        ({"not_from": ["on"]}, "on", "off", False),
        ({"to": [21]}, "20", "21", True),
    ],
)
def test_what_counts_as_a_change_of_state(
    more: dict[str, Any], old: str, new: str, fires: object
) -> None:
    start = StateStart.model_validate({"kind": "state", "entity": ["a.b"], **more})
    change = Change("a.b", Observation(old, {}, NOON), Observation(new, {}, NOON))
    assert begins(start, change) is fires


def test_a_range_excludes_its_ends() -> None:
    start = ValueStart(kind="value", entity=["a.b"], above=1, below=3)
    assert [inside(start, value) for value in (1, 2, 3, "2", None, True)] == [
        False,
        True,
        False,
        True,
        False,
        False,
    ]


async def test_attributes_start_runs_too(tmp_path: Path) -> None:
    async with open_watchhouse(tmp_path) as house:
        start = {"kind": "value", "entity": ["light.desk"], "attribute": "level", "above": 50}
        await house.add("bright", type="trigger", when=[start])
        for level in (10, 60):
            await house.entities.observe("light.desk", "on", {"level": level})
        assert len(house.runs()) == 1
