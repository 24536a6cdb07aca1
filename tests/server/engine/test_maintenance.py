"""What is dropped, what stays, and requests that nobody answers."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from aifp.schemas.instants import to_text
from aifp.server.engine.maintenance import Maintenance, last_maintenance
from tests.server.engine.watchhouse import NOON, Watchhouse, every, open_watchhouse

DAY = timedelta(days=1)


def upkeep(house: Watchhouse, pruned: list[str] | None = None) -> Maintenance:
    async def prune(zone: ZoneInfo) -> int:
        if pruned is not None:
            pruned.append(str(zone))
        return 0

    return Maintenance(house.ctx, prune, lambda: None)


def given_run(house: Watchhouse, directive: int, finished: datetime, **more: Any) -> int:
    columns = {"settled": 1, "mode": "live"} | more
    key = f"{directive}:{to_text(finished)}:{sorted(columns.items())}"
    house.write(
        "INSERT INTO runs (kind, mode, directive_id, trigger_source, idempotency_key, status,"
        " created_at, finished_at, random_seed, settled)"
        " VALUES ('directive', ?, ?, 'schedule', ?, 'success', ?, ?, '', ?)",
        columns["mode"],
        directive,
        key,
        to_text(finished),
        to_text(finished),
        columns["settled"],
    )
    run = house.value("SELECT max(id) FROM runs")
    house.write(
        "INSERT INTO run_attempts (run_id, attempt, status, started_at)"
        " VALUES (?, 1, 'success', '')",
        run,
    )
    house.write(
        "INSERT INTO run_steps (run_id, attempt, seq, function, call_sha256, status, started_at)"
        " VALUES (?, 1, 1, 'log', '', 'ok', '')",
        run,
    )
    return run


def kept(house: Watchhouse) -> list[int]:
    return [row["id"] for row in house.rows("SELECT id FROM runs ORDER BY id")]


@pytest.mark.req("D71", "D80")
@pytest.mark.parametrize(("days", "runs"), [(89, 2), (90, 2), (91, 1)])
async def test_runs_stay_ninety_days_and_the_last_one_for_ever(
    tmp_path: Path, days: int, runs: int
) -> None:
    async with open_watchhouse(tmp_path) as house:
        directive = await house.add("a", when=[every(86_400_000)])
        given_run(house, directive, NOON)
        newest = given_run(house, directive, NOON + timedelta(seconds=1))
        await upkeep(house).clean(NOON + days * DAY)
        assert len(kept(house)) == runs
        await upkeep(house).clean(NOON + 4000 * DAY)
        assert kept(house) == [newest]


@pytest.mark.req("D71")
@pytest.mark.parametrize(("days", "steps"), [(29, 1), (30, 1), (31, 0)])
async def test_steps_stay_thirty_days(tmp_path: Path, days: int, steps: int) -> None:
    async with open_watchhouse(tmp_path) as house:
        directive = await house.add("a", when=[every(86_400_000)])
        given_run(house, directive, NOON)
        await upkeep(house).clean(NOON + days * DAY)
        assert house.value("SELECT count(*) FROM run_steps") == steps
        assert house.value("SELECT count(*) FROM runs") == 1


@pytest.mark.req("D71")
async def test_a_directive_may_keep_its_runs_shorter_or_longer(tmp_path: Path) -> None:
    async with open_watchhouse(tmp_path) as house:
        day = 86_400_000
        for name, keep in (("short", 2 * day), ("long", 400 * day)):
            directive = await house.add(name, when=[every(day)], policies={"keep_ms": keep})
            for second in range(3):
                given_run(house, directive, NOON + timedelta(seconds=second))
        await upkeep(house).clean(NOON + 100 * DAY)
        assert [len(house.runs(name)) for name in ("short", "long")] == [1, 3]


@pytest.mark.req("D71")
async def test_a_run_with_an_open_alert_or_unsettled_end_stays(tmp_path: Path) -> None:
    async with open_watchhouse(tmp_path) as house:
        directive = await house.add("a", when=[every(86_400_000)])
        alerted = given_run(house, directive, NOON)
        unsettled = given_run(house, directive, NOON, settled=0)
        given_run(house, directive, NOON, mode="dry_run")
        last = given_run(house, directive, NOON + DAY)
        house.write(
            "INSERT INTO alerts (created_at, severity, code, subject_kind, subject_id,"
            " subject_name, message, dedupe_key) VALUES ('', 'info', 'x', 'run', ?, 'a', '', 'k')",
            str(alerted),
        )
        await upkeep(house).clean(NOON + 100 * DAY)
        assert kept(house) == [alerted, unsettled, last]


@pytest.mark.req("D71")
async def test_the_daily_totals_stay_for_ever(tmp_path: Path) -> None:
    async with open_watchhouse(tmp_path) as house:
        await house.add("a", when=[every(3_600_000)], policies={"catch_up": {"policy": "none"}})
        house.clock.set(NOON + timedelta(hours=3))
        await house.turn()
        await house.consequences.turn(house.clock.now())
        before = house.rows("SELECT * FROM run_daily")
        await upkeep(house).clean(NOON + 1000 * DAY)
        assert house.rows("SELECT * FROM run_daily") == before != []


async def test_cleaning_happens_at_start_and_once_a_day(tmp_path: Path) -> None:
    async with open_watchhouse(tmp_path) as house:
        pruned: list[str] = []
        maintenance = upkeep(house, pruned)
        for hours in (0, 1, 23, 24, 47, 48):
            await maintenance.turn(NOON + timedelta(hours=hours))
        assert pruned == ["UTC"] * 3
        assert await last_maintenance(house.ctx) == NOON + 2 * DAY


@pytest.mark.req("D100")
async def test_requests_expire_with_a_notice(tmp_path: Path) -> None:
    async with open_watchhouse(tmp_path) as house:
        house.write(
            "INSERT INTO approvals (subject_kind, subject_id, subject_name, release_sha256,"
            " request_json, requested_by, requested_at, expires_at)"
            " VALUES ('directive', '1', 'a', 'r', '{}', 'ai', '', ?)",
            to_text(NOON + 7 * DAY),
        )
        maintenance = upkeep(house)
        assert await maintenance.expire(NOON + 7 * DAY - timedelta(seconds=1)) == 0
        assert await maintenance.expire(NOON + 7 * DAY) == 1
        assert house.value("SELECT decision FROM approvals") == "expired"
        assert house.value("SELECT code FROM alerts") == "approval_expired"
        assert await maintenance.expire(NOON + 8 * DAY) == 0
