"""What the review of the tools says, and what is worth improving."""

from datetime import timedelta

import pytest

from aifp.helpers.lifecycle.internal.hints import todays_hints
from aifp.helpers.lifecycle.internal.review import review_tools
from aifp.schemas.ports import Ctx
from tests.clock import FakeClock
from tests.helpers.lifecycle.shelf import Shelf


async def used(shelf: Shelf, name: str, successes: int, of: int, days_ago: int = 1) -> None:
    tool = await shelf.tool(name)
    at = shelf.now - timedelta(days=days_ago)
    shelf.used(tool, at, success=successes, failure=of - successes)


@pytest.mark.req("L30")
async def test_tools_fall_into_classes_by_their_rate(plain_ctx: Ctx, shelf: Shelf) -> None:
    rates = {"a": 90, "b": 89, "c": 70, "d": 69, "e": 50, "f": 49}
    for name, rate in rates.items():
        await used(shelf, name, rate, 100)
    await used(shelf, "few", 9, 9)
    before = shelf.life.dump()
    review = await review_tools(plain_ctx)
    assert {each.name: each.standing for each in review.standings} == {
        "a": "excellent",
        "b": "good",
        "c": "good",
        "d": "struggling",
        "e": "struggling",
        "f": "failing",
    }
    assert shelf.life.dump() == before


@pytest.mark.req("L30")
async def test_candidates_are_named_at_their_bounds(plain_ctx: Ctx, shelf: Shelf) -> None:
    await used(shelf, "useless", 14, 50)
    await used(shelf, "not_yet_useless", 14, 49)
    await used(shelf, "just_weak", 30, 100)
    await used(shelf, "trusted", 85, 100)
    await used(shelf, "not_yet_trusted", 99, 99)
    await used(shelf, "idle", 1, 1, days_ago=31)
    await used(shelf, "not_idle", 1, 1, days_ago=30)
    review = await review_tools(plain_ctx)
    assert {(each.name, each.what) for each in review.candidates} == {
        ("useless", "deprecate"),
        ("trusted", "trust"),
        ("idle", "unused"),
    }


@pytest.mark.req("T20")
async def test_at_most_three_hints_a_day_and_the_worst_first(plain_ctx: Ctx, shelf: Shelf) -> None:
    for number in range(4):
        await used(shelf, f"weak{number}", number, 20)
    await used(shelf, "fine", 10, 20)
    await used(shelf, "too_few", 0, 19)
    first = await todays_hints(plain_ctx)
    assert [hint.name for hint in first] == ["weak0", "weak1", "weak2"]
    await used(shelf, "worst", 0, 100)
    assert await todays_hints(plain_ctx) == first
    clock = plain_ctx.clock
    assert isinstance(clock, FakeClock)
    clock.set(clock.now() + timedelta(days=1))
    assert [hint.name for hint in await todays_hints(plain_ctx)] == ["weak0", "worst", "weak1"]


@pytest.mark.req("T20")
async def test_slow_code_and_fallen_rates_are_worth_a_hint(plain_ctx: Ctx, shelf: Shelf) -> None:
    slow, quick, fallen = [await shelf.tool(name) for name in ("slow", "quick", "fallen")]
    shelf.used(slow, success=20, ms=5_001)
    shelf.used(quick, success=20, ms=5_000)
    shelf.used(fallen, success=12)
    deployment = shelf.deployed(fallen, fallen["current_version_id"], shelf.now)
    shelf.insert(
        "health_checks",
        deployment_id=deployment,
        checked_at="t",
        baseline_runs=10,
        current_runs=10,
        success_drop=0.25,
        severity="high",
        verdict="flag",
        cause="success_drop",
    )
    before = shelf.life.dump()
    hints = await todays_hints(plain_ctx, dry_run=True)
    assert [hint.name for hint in hints] == ["fallen", "slow"]
    assert shelf.life.dump() == before
