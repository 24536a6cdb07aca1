"""From directive files to directives that fire, step by step through the real doors."""

import asyncio
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from rich.console import Console
from rich.table import Table

from demo_parts.project import Assistant, Failed, Project

FILES = ("clock.txt", "events.yaml", "orders.json")
# The first clock time lies so far ahead; one a minute follows, for people who read carefully.
LEAD = timedelta(seconds=25)
CLOCK_TIMES_ALONE, CLOCK_TIMES_WITH_A_PERSON = 5, 15


def has_terminal() -> bool:
    """Say whether a person sits in front of the demo."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def write_files(project: Project, port: int) -> list[str]:
    """Write the demo's directive files with the port of its service and the clock times."""
    words = {"PORT": str(port), "CLOCK": ", ".join(_clock_times())}
    return [project.fill_in(name, **words) for name in FILES]


def _clock_times() -> Iterator[str]:
    first = datetime.now(UTC) + LEAD  # noqa: TID251 - a script of its own
    count = CLOCK_TIMES_WITH_A_PERSON if has_terminal() else CLOCK_TIMES_ALONE
    for minute in range(count):
        yield f"{first + timedelta(minutes=minute):%H:%M:%S}"


async def implement(console: Console, helper: Assistant, files: list[str]) -> list[str]:
    """Take every file through parse, validate and implement; return the names."""
    table = Table("file", "directive", "type", "starts", "tests in the sandbox", box=None)
    names: list[str] = []
    for file in files:
        parsed = await helper.call("user_directive_parse", file_path=file)
        for directive in parsed["directives"]:
            name, kind = directive["name"], directive["directive_type"]
            reading = await _validate(helper, name)
            table.add_row(file, name, kind, _start_line(reading), await _tests(helper, name))
            names.append(name)
    console.print(table)
    return names


async def _validate(helper: Assistant, name: str) -> str:
    report = await helper.call("user_directive_validate", name=name)
    return str(report["reading"])


def _start_line(reading: str) -> str:
    line = next((line for line in reading.splitlines() if line.startswith("Starts ")), "")
    line = line.removeprefix("Starts ")
    return line if len(line) <= 48 else line[:45] + "..."


async def _tests(helper: Assistant, name: str) -> str:
    made = await helper.call("user_directive_implement", name=name)
    results = made["test_results"]
    failed = [result["name"] for result in results if not result["passed"]]
    if failed or not results:
        raise Failed(f"The tests of {name} did not pass: {failed}")
    return f"{len(results)} passed"


async def approve(console: Console, project: Project, names: list[str]) -> None:
    """Let the person decide; without a terminal a throw-away project may decide for itself."""
    if has_terminal():
        console.print("Nothing runs before you say so. This is the prompt you will always see:\n")
        if await asyncio.to_thread(project.command, "approve", *names):
            raise Failed("You did not approve, so nothing runs. That is all there is to it.")
        return
    console.print(
        "There is no terminal, so nobody can be asked. Only a project made to be thrown away\n"
        "accepts `aifp approve --yes`; every other project refuses it.\n"
    )
    for line in project.asked("approve", "--yes", *names).splitlines():
        if line in [f"{name}: approved." for name in names]:
            console.print(line)


async def activate(helper: Assistant, files: list[str]) -> None:
    """Let every directive fire."""
    for file in files:
        await helper.call("user_directive_activate", source_file=file)
