#!/usr/bin/env python3
"""Show aifp whole: directive files become tested, approved automations that really fire.

Run it with `make demo`. It works in a temporary folder, calls nothing but its own service on this
machine, checks itself, and removes everything it made.
"""

import asyncio
import signal
import sys
import time
from typing import Any

from demo_parts.checks import faults, passed
from demo_parts.firing import due_times, knock, recent_runs, wait_for_all
from demo_parts.project import Assistant, Failed, Project, assistant, reasons, throwaway_project
from demo_parts.service import Service, serving
from demo_parts.stages import activate, approve, has_terminal, implement, write_files
from rich.console import Console

PLAIN_WIDTH = 160
console = Console(width=None if has_terminal() else PLAIN_WIDTH, highlight=False)


def heading(number: int, text: str) -> None:
    """Begin a part of the demo."""
    console.print(f"\n[bold]{number}. {text}[/bold]")


async def tour(project: Project, service: Service, helper: Assistant) -> list[str]:
    """Go the whole way; return the promises that were broken."""
    heading(1, "The assistant reads, checks and implements the files (MCP tools)")
    files = write_files(project, service.port)
    names = await implement(console, helper, files)
    heading(2, "A person approves: text, code, rights and times of each directive")
    await approve(console, project, names)
    heading(3, "They are switched on, and the world happens")
    await activate(helper, files)
    due, began = due_times(project), time.monotonic()
    await knock(console, project)
    runs = await wait_for_all(console, helper, names)
    heading(4, f"What ran in {time.monotonic() - began:.0f} seconds (aifp runs)")
    show(project, "runs", "--count", "40")
    run_id = next(run["id"] for run in runs if run["directive_name"] == "bill_the_day")
    heading(5, f"What run {run_id} did; its second step was refused once (aifp trace {run_id})")
    show(project, "trace", str(run_id))
    heading(6, "What comes next (aifp due)")
    show(project, "due", "--count", "5")
    return judged(names, await recent_runs(helper), due, service)


def show(project: Project, *arguments: str) -> None:
    """Show what a command prints, as it prints it."""
    console.print(project.asked(*arguments).rstrip(), markup=False, highlight=False, soft_wrap=True)


def judged(
    names: list[str], runs: list[dict[str, Any]], due: dict[str, list[str]], service: Service
) -> list[str]:
    """Tell the result of all checks; return the broken promises."""
    heading(7, "Checked")
    broken = faults(names, runs, due, service)
    arrived = sum(service.accepted.values())
    console.print(f"{len(names)} directives fired, in {len(runs)} runs.")
    console.print(f"{len(passed(due))} due times came, each has its record.")
    console.print(f"{arrived} requests were accepted, none of them twice.")
    for text in broken:
        console.print(f"BROKEN: {text}", style="red")
    return broken


async def demo() -> list[str]:
    """Make the project, show everything, clean up whatever happens."""
    with serving() as service, throwaway_project() as project:
        console.print(f"A throw-away project in {project.folder}; times are UTC.")
        async with assistant(project) as helper:
            return await tour(project, service, helper)


def end(signum: int, _: object) -> None:
    """End like a failure, so that everything is cleaned up."""
    sys.exit(128 + signum)


def main() -> int:
    """Run the demo and return its exit code."""
    signal.signal(signal.SIGTERM, end)
    code = 1
    try:
        code = 1 if asyncio.run(demo()) else 0
    except* Failed as early:
        console.print(f"\nThe demo ended early: {'; '.join(reasons(early))}", markup=False)
    except* KeyboardInterrupt:
        console.print("\nEnded by you; everything is removed.")
    return code


if __name__ == "__main__":
    sys.exit(main())
