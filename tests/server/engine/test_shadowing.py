"""Shadow: a version goes along with live runs; what it would send is caught."""

from datetime import timedelta

import pytest

from aifp.schemas.errors import InvalidTransition
from aifp.schemas.releases import Permission
from tests.server.engine.loopback import Loopback
from tests.server.engine.rig import Rig
from tests.server.engine.workbench import Workbench, clock_of, host_permission

STATE = Permission(resource="state_mb", value={"mb": 1})


@pytest.fixture
def rig(bench: Workbench) -> Rig:
    return Rig(bench)


def mailer(server: Loopback, more: str = "", text: str = "hello") -> str:
    return f"""
def execute_night_light(ctx):
    who = ctx.http("GET", "{server.url("/who")}")["json"]
    ctx.http("POST", "{server.url("/mail")}", json={{"to": "ada", "text": "{text}"}})
    {more or "pass"}
    return {{"who": who, "n": ctx.input.get("n")}}
"""


async def follow(rig: Rig, many: int, word: str = "due") -> None:
    """Let live runs happen, and the shadow go along until nothing is left."""
    for number in range(many):
        await rig.live(f"{word}-{number}", n=number)
        await rig.shadows().turn(rig.bench.clock.now())


async def shadow(rig: Rig) -> dict[str, object]:
    return (await rig.bench.look("SELECT * FROM test_runs WHERE strategy = 'shadow'"))[-1]


@pytest.mark.req("T09")
async def test_identical_code_agrees_every_time_and_no_second_mail_is_sent(
    rig: Rig, server: Loopback
) -> None:
    await rig.begin(mailer(server), host_permission(server.port), STATE)
    version = await rig.version(mailer(server) + "# same\n")
    begun = await rig.test(version, "shadow")
    assert begun.passed is None and begun.completed_at is None
    await follow(rig, 10)
    assert len(server.calls("POST", "/mail")) == 10
    assert len(server.calls("GET", "/who")) == 10
    report = await rig.test(version, "shadow")
    assert (report.cases, report.agreements, report.score, report.passed) == (10, 10, 1.0, True)
    assert report.test_run_id == begun.test_run_id


@pytest.mark.req("T09")
async def test_a_second_mail_is_caught_and_counted_as_disagreement(
    rig: Rig, server: Loopback
) -> None:
    await rig.begin(mailer(server), host_permission(server.port), STATE)
    again = f'ctx.http("POST", "{server.url("/mail")}", json={{"to": "bob"}})'
    version = await rig.version(mailer(server, again))
    await rig.test(version, "shadow")
    await follow(rig, 10)
    assert len(server.calls("POST", "/mail")) == 10
    row = await shadow(rig)
    assert (row["agreements"], row["disagreements"], row["passed"]) == (0, 10, 0)
    report = await rig.test(version, "shadow")
    assert "does as well: http" in report.details[0].told[0]


@pytest.mark.req("T09")
async def test_a_read_that_the_live_run_did_not_make_is_a_disagreement(
    rig: Rig, server: Loopback
) -> None:
    await rig.begin(mailer(server), host_permission(server.port), STATE)
    version = await rig.version(mailer(server, f'ctx.http("GET", "{server.url("/other")}")'))
    await rig.test(version, "shadow")
    await follow(rig, 2)
    assert (await shadow(rig))["disagreements"] == 2
    assert server.calls("GET", "/other") == []


@pytest.mark.req("T09")
async def test_only_runs_during_the_test_are_shadowed_and_each_once(rig: Rig) -> None:
    await rig.begin("def execute_night_light(ctx):\n    return 1\n")
    await rig.live("before")
    clock_of(rig.bench).set(rig.bench.clock.now() + timedelta(minutes=1))
    await rig.test(await rig.version("def execute_night_light(ctx):\n    return 1 + 0\n"), "shadow")
    await follow(rig, 7)
    for _ in range(3):
        await rig.shadows().turn(rig.bench.clock.now())
    assert (await shadow(rig))["cases"] == 7
    records = await rig.bench.look("SELECT * FROM runs WHERE kind = 'test' AND mode = 'shadow'")
    assert len(records) == 7


@pytest.mark.req("T09")
async def test_the_test_is_over_after_a_day_with_ten_runs_or_after_two_weeks(rig: Rig) -> None:
    start = rig.bench.clock.now()
    await rig.begin("def execute_night_light(ctx):\n    return 1\n")
    await rig.test(await rig.version("def execute_night_light(ctx):\n    return 1 + 0\n"), "shadow")
    await follow(rig, 4)
    clock_of(rig.bench).set(start + timedelta(hours=25))
    await rig.shadows().turn(rig.bench.clock.now())
    assert (await shadow(rig))["completed_at"] is None
    await follow(rig, 6, "later")
    row = await shadow(rig)
    assert (row["cases"], row["passed"]) == (10, 1) and row["completed_at"]
    clock_of(rig.bench).set(rig.bench.clock.now() + timedelta(minutes=1))
    await rig.test(await rig.version("def execute_night_light(ctx):\n    return 0 + 1\n"), "shadow")
    clock_of(rig.bench).set(rig.bench.clock.now() + timedelta(days=14))
    await rig.shadows().turn(rig.bench.clock.now())
    row = await shadow(rig)
    assert (row["cases"], row["passed"]) == (0, None) and row["completed_at"]


async def test_a_test_ends_when_another_version_comes_into_force(rig: Rig) -> None:
    await rig.begin("def execute_night_light(ctx):\n    return 1\n")
    await rig.test(await rig.version("def execute_night_light(ctx):\n    return 1 + 0\n"), "shadow")
    other = await rig.version("def execute_night_light(ctx):\n    return 2\n")
    await rig.bench.write("UPDATE artifacts SET deployed_version_id = ? RETURNING id", other)
    await rig.shadows().turn(rig.bench.clock.now())
    row = await shadow(rig)
    assert row["completed_at"] and "another version is in force" in str(row["details_json"])


async def test_the_version_in_force_has_nothing_to_go_along_with(rig: Rig) -> None:
    version = await rig.begin("def execute_night_light(ctx):\n    return 1\n")
    with pytest.raises(InvalidTransition, match="no other version in force"):
        await rig.test(version, "shadow")


@pytest.mark.req("T02", "T09")
async def test_what_a_shadow_does_raises_its_class(rig: Rig, server: Loopback) -> None:
    rig.kind = "user_tool"
    said = 'CHARACTERISTICS = {"effect_class": "read_only", "side_effects": False}\n\n'
    plain = said + "def run() -> int:\n    return 1\n"
    await rig.begin(plain)
    version = await rig.version(plain + "# more\n")
    posting = f'def execute_tool(ctx):\n    ctx.http("POST", "{server.url("/x")}")\n    return 1\n'
    release = rig.releases[version]
    rig.releases[version] = release.model_copy(update={"modules": {"call": posting}})
    await rig.test(version, "shadow")
    await follow(rig, 1)
    alerts = await rig.bench.look("SELECT * FROM alerts WHERE code = 'class_understated'")
    assert len(alerts) == 1 and "side_effects" in alerts[0]["message"]
    assert server.received == []


async def test_a_run_without_details_is_passed_over_once_and_holds_up_nobody(rig: Rig) -> None:
    await rig.begin("def execute_night_light(ctx):\n    return 1\n")
    await rig.test(await rig.version("def execute_night_light(ctx):\n    return 1 + 0\n"), "shadow")
    await rig.live(*(f"lost-{number}" for number in range(6)))
    await rig.bench.write("DELETE FROM run_attempts RETURNING run_id AS id")
    shadows = rig.shadows()
    for _ in range(2):
        await shadows.turn(rig.bench.clock.now())
    assert shadows.next() is None and (await shadow(rig))["cases"] == 0
    await follow(rig, 1)
    assert (await shadow(rig))["cases"] == 1
