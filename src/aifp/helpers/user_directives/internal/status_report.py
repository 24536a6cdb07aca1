"""Where every directive stands, part by part: what cannot be read is left out with a note."""

from collections.abc import Awaitable
from typing import TypeVar

from aifp.helpers.contract import guarded
from aifp.helpers.user_directives.internal.statistics import share
from aifp.helpers.user_directives.internal.workflow import Workflow
from aifp.schemas.common import Failure
from aifp.schemas.ports import Ctx, Row
from aifp.schemas.reports import DirectiveLine, StatusReport

# What comes next for a directive that does not fire yet.
PHASES = {
    "draft": "answer the open questions (user_directive_validate)",
    "validated": "implement (user_directive_implement)",
    "active": "fires",
    "paused": "paused",
    "error": "stopped after failures; mend and activate again",
    "archived": "archived",
}
T = TypeVar("T")


class Notes:
    """Collects what a report could not read."""

    def __init__(self) -> None:
        self._said: list[str] = []

    async def part(self, name: str, work: Awaitable[T], otherwise: T) -> T:
        """Return one part of the report, or what stands for it when it cannot be read."""
        found = await guarded(name, work)
        if isinstance(found, Failure):
            self._said.append(f"{name} cannot be told: {found.error}")
            return otherwise
        return found

    @property
    def text(self) -> str | None:
        """Return everything that was noted."""
        return "; ".join(self._said) or None


async def status_report(ctx: Ctx, name: str | None) -> StatusReport:
    """Build the report; what cannot be read is left out with a note."""
    notes = Notes()
    async with Workflow(ctx, "user_directive_status") as steps:
        counts = await notes.part("counts", steps.do("count", _counts, ctx, name), {})
        lines = await notes.part("directives", steps.do("list_directives", _lines, ctx, name), [])
        engine = await notes.part("engine", steps.do("ask_engine", ctx.engine.status), None)
        logs = await notes.part("logs", steps.do("find_logs", _folders, ctx), [])
    return StatusReport(
        message=_message(counts, name),
        counts=counts,
        directives=lines,
        engine=engine,
        logs=logs,
        note=notes.text,
    )


async def _counts(ctx: Ctx, name: str | None) -> dict[str, int]:
    rows = await ctx.directives.all("status_counts", name=name)
    return {str(row["status"]): int(str(row["directives"])) for row in rows}


def _message(counts: dict[str, int], name: str | None) -> str:
    if not counts:
        return f"There is no directive {name!r}." if name else "There are no directives yet."
    return ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))


async def _folders(ctx: Ctx) -> list[str]:
    return [str(row["log_directory"]) for row in await ctx.directives.all("log_folders")]


async def _lines(ctx: Ctx, name: str | None) -> list[DirectiveLine]:
    return [_line(row) for row in await ctx.directives.all("status_lines", name=name)]


def _line(row: Row) -> DirectiveLine:
    success, failed = int(str(row["success"])), int(str(row["failed"]))
    outside = ("success", "failed", "approved", "next_due_at")
    return DirectiveLine.model_validate(
        {
            **{key: value for key, value in row.items() if key not in outside},
            "phase": _phase(row),
            "next_due_at": row["next_due_at"] if row["status"] == "active" else None,
            "total_executions": success + failed,
            "success_rate": share(success, success + failed, 2),
        }
    )


def _phase(row: Row) -> str:
    if row["status"] == "implemented":
        approved = bool(row["approved"])
        return "activate (user_directive_activate)" if approved else "approve"
    return PHASES[str(row["status"])]
