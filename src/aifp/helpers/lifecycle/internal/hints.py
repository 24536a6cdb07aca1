"""What would be worth improving, for the assistant: at most a few a day, and nothing is changed."""

from dataclasses import dataclass
from fractions import Fraction

from aifp.helpers.lifecycle.internal.uses import Uses, uses_from
from aifp.helpers.shared.zones import project_zone
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx, Row
from aifp.schemas.upkeep import Hint, HintsOfDay

MOST_A_DAY = 3
MIN_RUNS = 20
WEAK = Fraction(50, 100)
# A mean above this is slow, in milliseconds.
SLOW_MS = 5_000.0


@dataclass(frozen=True, slots=True)
class Found:
    """A possible hint, and how much it matters; the worst is told first."""

    hint: Hint
    weight: float


def hint_for(name: str, uses: Uses, drop: float | None = None) -> Found | None:
    """Return what is worth improving about one tool, the gravest thing of it."""
    if uses.rate is not None and uses.executions >= MIN_RUNS and uses.rate < WEAK:
        because = f"only {float(uses.rate):.1%} of {uses.executions} runs succeeded"
        return Found(Hint(name=name, because=because), 3 - float(uses.rate))
    if drop is not None:
        because = f"its success rate fell by {drop:.1%} since it was deployed"
        return Found(Hint(name=name, because=because), 1 + drop)
    if uses.mean_ms is not None and uses.executions >= MIN_RUNS and uses.mean_ms > SLOW_MS:
        because = f"a run takes {uses.mean_ms / 1000:.1f} s on average"
        return Found(Hint(name=name, because=because), SLOW_MS / uses.mean_ms * -1 + 1)
    return None


async def todays_hints(ctx: Ctx, *, dry_run: bool = False) -> list[Hint]:
    """Return the hints of today: those told already, and worse ones while there is room."""
    zone = await project_zone(ctx.project)
    today = ctx.clock.now().astimezone(zone).date().isoformat()
    told = await _told(ctx, today)
    known = {hint.name for hint in told}
    fresh = [hint for hint in await _all_hints(ctx) if hint.name not in known]
    hints = [*told, *fresh[: MOST_A_DAY - len(told)]]
    if not dry_run and hints != told:
        kept = HintsOfDay(day=today, hints=hints).model_dump_json()
        async with ctx.directives.write() as db:
            await db.run("note_hints", value_json=kept, at=to_text(ctx.clock.now()))
    return hints


async def _told(ctx: Ctx, today: str) -> list[Hint]:
    row = await ctx.directives.one("hints_told")
    if row is None:
        return []
    kept = HintsOfDay.model_validate_json(str(row["value_json"]))
    return kept.hints if kept.day == today else []


async def _all_hints(ctx: Ctx) -> list[Hint]:
    rows = await ctx.directives.all("tools_and_uses", status="active")
    drops = {row["artifact_id"]: row for row in await ctx.directives.all("deployments_that_fell")}
    found = [made for row in rows if (made := _hint_of(row, drops.get(row["id"])))]
    return [each.hint for each in sorted(found, key=lambda each: (-each.weight, each.hint.name))]


def _hint_of(row: Row, fell: Row | None) -> Found | None:
    drop = float(str(fell["success_drop"])) if fell else None
    return hint_for(str(row["name"]), uses_from(row), drop)
