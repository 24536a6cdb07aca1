"""Print every limit of the product beside what was measured, in one run.

    python bench/run.py [DIRECTIVES]

Times depend on the machine and on what else it does, so each is also given as a ratio to
something measured in the same run: a bare pipe of our kind, the SDK's own minimal server, the
start of a bare Python. A limit is kept when the figure is within it; on a busy machine read the
ratios.
"""

import asyncio
import sys
from dataclasses import dataclass

from call_bench import measure_calls
from daemon_bench import measure_daemon
from house import open_house
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from sandbox_bench import measure
from sync_bench import FILES, measure_sync

from aifp.server.sandbox.build import build_with_display
from aifp.server.sandbox.runner_files import default_cache
from aifp.server.sandbox.wasm import open_sandbox

DIRECTIVES, SANDBOX_ROUNDS = 1000, 5


@dataclass(frozen=True, slots=True)
class Line:
    """One figure, what it may be at most, and what it is compared with."""

    what: str
    value: float
    unit: str
    limit: float | None = None
    # The same by a bare pipe and by the SDK's own server, measured in this run.
    here: float | None = None
    sdk: float | None = None

    def kept(self) -> bool:
        """Tell whether the limit is kept."""
        return self.limit is None or self.value <= self.limit


def call_lines(found: dict[str, float]) -> list[Line]:
    """Return what a client feels."""
    start = (found["bare start"], found["sdk start"])
    call = (found["bare call"], found["sdk call"])
    return [
        Line("bare pipe: start to initialized", found["bare start"], "ms"),
        Line("SDK's server: start to initialized", found["sdk start"], "ms"),
        Line("start to initialized, daemon up", found["aifp start"], "ms", 50, *start),
        Line("bare pipe: echo", found["bare call"], "ms"),
        Line("SDK's server: echo", found["sdk call"], "ms"),
        Line("read tool call, p50", found["read"], "ms", 0.45, *call),
        Line("durable write, p50", found["write"], "ms", 0.9, *call),
        Line("tools listed by default", found["tools"], "", 24),
        Line("tokens of the list", found["tokens"], "", 8000),
    ]


def sandbox_lines(found: dict[str, float]) -> list[Line]:
    """Return what a run in a fresh instance costs over the host call it makes."""
    host_call = found["one host call"]
    spent = found["fresh instance, one host call"] - host_call
    return [
        Line("bare python start", found["bare python start"], "ms"),
        Line("no-op host call", host_call, "ms"),
        Line("run in a fresh instance over it, p50", spent, "ms", 2.5),
    ]


def daemon_lines(found: dict[str, float], directives: int) -> list[Line]:
    """Return what a daemon with many directives costs."""
    return [
        Line(f"start with {directives} active directives", found["start"], "s"),
        Line("idle processor time", found["idle"], "%", 1.0),
        Line("memory of the daemon", found["daemon"], "MB", 200),
        Line("memory with its sandbox workers", found["all"], "MB", 200),
    ]


def sync_lines(found: dict[str, float]) -> list[Line]:
    """Return what comparing tools with their files costs."""
    return [
        Line(f"first sync of {FILES} files", found["first"], "s"),
        Line(f"sync of {FILES} unchanged files", found["unchanged"], "s", 1.0),
        Line(f"one of {FILES} edited, noticed by itself", found["noticed"], "s", 5.0),
    ]


async def measure_sandbox() -> dict[str, float]:
    """Return the sandbox's figures, each from its quietest round."""
    async with open_sandbox(workers=2) as sandbox:
        rounds = [await measure(sandbox) for _ in range(SANDBOX_ROUNDS)]
    return {what: min(found[what] for found in rounds) for what in rounds[0]}


def show(console: Console, lines: list[Line]) -> None:
    """Print the table."""
    table = Table("what", "measured", "limit", "/bare pipe", "/SDK", "kept")
    for line in lines:
        limit = "" if line.limit is None else f"{line.limit:g} {line.unit}"
        ratios = [f"{line.value / other:.2f}" if other else "" for other in (line.here, line.sdk)]
        kept = "" if line.limit is None else ("yes" if line.kept() else "NO")
        table.add_row(line.what, f"{line.value:.2f} {line.unit}", limit, *ratios, kept)
    console.print(table)


def main() -> int:
    """Measure everything; 1 when a limit is not kept."""
    directives = int(sys.argv[1]) if len(sys.argv) > 1 else DIRECTIVES
    console = Console()
    build_with_display(default_cache())
    with console.status("what a client feels"), open_house() as house:
        lines = call_lines(measure_calls(house))
    with console.status("the sandbox"):
        lines += sandbox_lines(asyncio.run(measure_sandbox()))
    with console.status("tools and their files"), open_house() as house:
        lines += sync_lines(measure_sync(house))
    with Progress(console=console) as progress, open_house() as house:
        task = progress.add_task("activating directives", total=directives)
        found = measure_daemon(
            house, directives, lambda done: progress.update(task, completed=done)
        )
    lines += daemon_lines(found, directives)
    show(console, lines)
    return 0 if all(line.kept() for line in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
