"""How the tools do, for a person to look over: a report that changes nothing."""

from datetime import datetime, timedelta
from fractions import Fraction

from aifp.helpers.lifecycle.internal.uses import Uses, uses_from
from aifp.schemas.instants import from_text
from aifp.schemas.ports import Ctx, Row
from aifp.schemas.upkeep import Candidate, Review, StandingClass, ToolStanding

# Fewer runs say nothing about how a tool does.
MIN_RUNS = 10
GOOD, FAIR, POOR = Fraction(90, 100), Fraction(70, 100), Fraction(50, 100)
# Who is proposed to be deprecated, and who to be trusted: rate and runs.
USELESS, USELESS_RUNS = Fraction(30, 100), 50
TRUSTED, TRUSTED_RUNS = Fraction(85, 100), 100
UNUSED = timedelta(days=30)


async def review_tools(ctx: Ctx) -> Review:
    """Review the active tools."""
    rows = await ctx.directives.all("tools_and_uses", status="active")
    tools = [(row, uses_from(row)) for row in rows]
    now = ctx.clock.now()
    return Review(
        standings=[made for row, uses in tools if (made := _standing(row, uses))],
        candidates=[made for row, uses in tools for made in candidates_of(row, uses, now)],
    )


def class_of(rate: Fraction) -> StandingClass:
    """Return the class of a success rate."""
    if rate >= GOOD:
        return "excellent"
    if rate >= FAIR:
        return "good"
    return "struggling" if rate >= POOR else "failing"


def candidates_of(row: Row, uses: Uses, now: datetime) -> list[Candidate]:
    """Say what a person may want to decide about one tool."""
    name, found = str(row["name"]), list[Candidate]()
    rate, runs = uses.rate, uses.executions
    if rate is not None and rate < USELESS and runs >= USELESS_RUNS:
        because = f"{float(rate):.1%} of {runs} runs succeeded"
        found.append(Candidate(name=name, what="deprecate", because=because))
    if rate is not None and rate >= TRUSTED and runs >= TRUSTED_RUNS:
        because = f"{float(rate):.1%} of {runs} runs succeeded"
        found.append(Candidate(name=name, what="trust", because=because))
    since = uses.last_used or from_text(str(row["created_at"]))
    if now - since > UNUSED:
        last = f"last used on {since:%Y-%m-%d}" if uses.last_used else "never used"
        found.append(Candidate(name=name, what="unused", because=last))
    return found


def _standing(row: Row, uses: Uses) -> ToolStanding | None:
    if uses.rate is None or uses.executions < MIN_RUNS:
        return None
    return ToolStanding(
        name=str(row["name"]),
        executions=uses.executions,
        success_rate=float(uses.rate),
        standing=class_of(uses.rate),
    )
