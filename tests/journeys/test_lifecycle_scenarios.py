"""The four scenarios in the life of a tool: junk, an accident, a duplicate, daily maintenance."""

import pytest

from tests.journeys.assistants import Assistant, assistant, eventually
from tests.journeys.clocks import MovedClock
from tests.journeys.house import daemon
from tests.journeys.projects import Project

DAY = 86_400
USEFUL = '''"""Percentages."""


def run(part: float, whole: float) -> float:
    """Say how many percent of the whole a part is."""
    if whole == 0:
        raise ValueError("a whole of nothing has no percents")
    return round(100 * part / whole, 2)
'''
BUGGY = '''"""Broken."""


def run(word: str) -> str:
    """Turn a word round."""
    raise RuntimeError("not written yet")
'''
ECHO = '''"""Echo."""


def run(word: str) -> str:
    """Say the word again."""
    return word
'''


@pytest.fixture
def clock(project: Project) -> MovedClock:
    return MovedClock(project.folder.parent / "clock")


@pytest.mark.req("L28", "L18", "L20")
async def test_a_junk_tool_goes_silently_and_is_purged_after_ninety_days(
    project: Project, clock: MovedClock
) -> None:
    with daemon(project, **clock.variables):
        async with assistant(project) as it:
            await it.take_in("buggy", BUGGY)
            for _ in range(2):
                assert (await it.use("buggy", word="a")).is_error
    clock.move(8 * DAY)
    with daemon(project, **clock.variables):
        async with assistant(project) as it:
            await it.remove("buggy")
            assert "buggy" not in await it.listed()
            assert await it.alerts_about("buggy") == []
            gone = await it.do("get_tool_statistics", name="buggy")
            assert (gone["total_executions"], gone["success_rate"]) == (2, 0)
    clock.move(8 * DAY + 91 * DAY)
    with daemon(project, **clock.variables):
        async with assistant(project) as it:
            await it.do("run_maintenance")
            assert await it.status("buggy") == "gone"
            assert (await it.events_of("buggy"))[0] == "purged"


@pytest.mark.req("L32", "L01", "L11", "L14")
async def test_files_alone_take_a_tool_away_and_bring_it_back(project: Project) -> None:
    with daemon(project):
        async with assistant(project) as it:
            await it.take_in("percent", USEFUL)
            for number in range(21):
                await it.use("percent", part=number, whole=10)
            await it.remove("percent")
            assert "percent" not in await it.listed()
            (alert,) = await it.alerts_about("percent")
            assert alert["code"] == "useful_tool_deleted"
            kept = await it.do("get_tool_statistics", name="percent")
            assert (kept["total_executions"], kept["success_rate"]) == (21, 1)
            (it.tools / "percent.py").write_text(USEFUL, encoding="utf-8")

            async def is_back() -> bool:
                return "percent" in await it.listed()

            await eventually(is_back)
            answer = await it.use("percent", part=1, whole=4)
            assert not answer.is_error and "25" in str(answer.structured_content)
            assert await it.alerts_about("percent") == []


@pytest.mark.req("L28", "L14", "L21", "L02")
async def test_a_useful_tool_that_is_deleted_by_accident_comes_back_byte_for_byte(
    project: Project,
) -> None:
    with daemon(project):
        async with assistant(project) as it:
            await it.take_in("percent", USEFUL)
            before = (it.tools / "percent.py").read_bytes()
            for number in range(500):
                await it.use("percent", part=number, whole=0 if number % 20 == 0 else 500)
            await it.remove("percent")
            assert "percent" not in await it.listed()
            (alert,) = await it.alerts_about("percent")
            assert (alert["code"], alert["severity"]) == ("useful_tool_deleted", "warning")
            kept = await it.do("get_tool_statistics", name="percent")
            assert kept["total_executions"] == 500
            assert kept["success_rate"] == pytest.approx(0.95)
            assert kept["status"] == "deleted"
            restored = await it.do("restore_tool", name="percent")
            assert restored["success"] and restored["callable"]
            assert (it.tools / "percent.py").read_bytes() == before
            answer = await it.use("percent", part=1, whole=4)
            assert not answer.is_error and "25" in str(answer.structured_content)


@pytest.mark.req("L28", "L22")
async def test_of_two_equal_tools_the_better_one_is_kept_after_a_yes(project: Project) -> None:
    with daemon(project):
        async with assistant(project) as it:
            await it.take_in("percent", USEFUL)
            await it.take_in("percent_v2", USEFUL)
            for number in range(100):
                await it.use("percent", part=number, whole=0 if number % 20 == 0 else 100)
            for number in range(5):
                await it.use("percent_v2", part=number, whole=0 if number == 0 else 100)
            (pair,) = (await it.do("find_duplicates"))["result"]
            assert {pair["a"]["name"], pair["b"]["name"]} == {"percent", "percent_v2"}
            assert (pair["similarity"], pair["keep"]) == (1.0, "percent")
            assert await it.status("percent_v2") == "active"
            answer = await it.call(
                "request_approval", subject_kind="archive_duplicate", subject="percent_v2"
            )
            assert answer["approved"], answer
            assert await it.status("percent_v2") == "archived"
            assert await it.status("percent") == "active"
            assert "percent_v2" not in await it.listed()


@pytest.mark.req("L23", "L28")
async def test_each_day_has_its_maintenance_report(project: Project, clock: MovedClock) -> None:
    days: list[str] = []
    for day in range(3):
        clock.move(day * DAY + day * 60)
        with daemon(project, **clock.variables):
            async with assistant(project) as it:
                await it.take_in(f"echo{day}", ECHO)

                async def is_reported(day: int = day, it: Assistant = it) -> bool:
                    report = await it.do("run_maintenance", dry_run=True)
                    assert report["success"], report
                    at = report["previous"] and str(report["previous"]["at"])
                    if at and at not in days:
                        days.append(at)
                    return len(days) == day

                await eventually(is_reported)
    assert len({at[:10] for at in days}) == 2
