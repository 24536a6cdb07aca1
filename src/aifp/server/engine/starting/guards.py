"""`if`: a run goes on only when its condition is true."""

from collections.abc import Mapping
from functools import lru_cache

from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.expressions.evaluation import evaluate
from aifp.helpers.user_directives.internal.language.expressions.parser import parse_expression
from aifp.helpers.user_directives.internal.language.expressions.tree import Expr
from aifp.schemas.canonical import CanonicalDirective
from aifp.schemas.common import JsonMap
from aifp.schemas.errors import NoSuch
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx
from aifp.schemas.releases import Release
from aifp.server.engine.driving.memory import stored_memory
from aifp.server.engine.starting.answers import GO, Answer, Candidate
from aifp.server.engine.starting.openings import Unstarted
from aifp.server.engine.starting.plans import Plans
from aifp.server.engine.world.conditions import DirectiveWorld
from aifp.server.engine.world.holds import Holds
from aifp.server.engine.world.observations import Observations
from aifp.server.engine.world.reads import Reads

# Parsed conditions that are kept; a project has far fewer.
KEPT_TREES = 4_096
FALSE = "condition false"
# What a tool is to conditions: it has no variables, no place and no zone of its own.
TOOL = CanonicalDirective(format=1, name="tool", type="api", timezone="UTC", when=[], steps=[])


@lru_cache(maxsize=KEPT_TREES)
def tree_of(expression: str) -> Expr:
    """Parse a condition once."""
    return parse_expression(expression)


class Guards:
    """Reads what the condition needs and tests it."""

    def __init__(self, observations: Observations, holds: Holds, reads: Reads) -> None:
        self._observations, self._holds, self._reads = observations, holds, reads

    async def check(self, ctx: Ctx, run: Candidate, release: Release) -> tuple[Answer, JsonMap]:
        """Return the answer and the values read for it."""
        memory = await stored_memory(ctx.directives, release.owner)
        data: JsonMap = {**data_of(run, release), "memory": memory}
        read = await self._reads.all(ctx, release, data)
        condition = release.directive.if_
        if condition is None:
            return GO, read
        world = DirectiveWorld(
            release.directive,
            self._observations,
            ctx.clock.now(),
            {**data, "read": read},
            self._holds.since(run.directive_id),
        )
        verdict = evaluate(tree_of(condition), world)
        if verdict.value is None:
            return Unstarted("skipped", f"condition unknown: {', '.join(verdict.unknown)}"), read
        return (GO if verdict.value else Unstarted("skipped", FALSE)), read


class Conditions:
    """Tests conditions for code that runs: the host function `test`."""

    def __init__(self, ctx: Ctx, plans: Plans, observations: Observations, holds: Holds) -> None:
        self._ctx, self._plans = ctx, plans
        self._observations, self._holds = observations, holds

    async def evaluate(
        self, directive_id: int, expr_text: str, names: Mapping[str, JsonValue]
    ) -> bool | None:
        """Return the value of a condition, None when it is unknown."""
        directive = await self._directive(directive_id)
        holds = self._holds.since(directive_id)
        now = self._ctx.clock.now()
        world = DirectiveWorld(directive, self._observations, now, names, holds)
        return evaluate(tree_of(expr_text), world).value

    async def _directive(self, directive_id: int) -> CanonicalDirective:
        if directive_id == 0:
            return TOOL
        plan = self._plans.get(directive_id)
        if plan is not None:
            return plan.directive
        row = await self._ctx.directives.one("configuration_to_watch", id=directive_id)
        if row is None:
            raise NoSuch(f"There is no directive {directive_id}.")
        return CanonicalDirective.model_validate_json(str(row["configuration_json"]))


def data_of(run: Candidate, release: Release) -> JsonMap:
    """Return what conditions and templates of a run may name before it begins."""
    given = run.input.get("input")
    return {
        "input": given if isinstance(given, dict) else {},
        "vars": release.directive.vars,
        "trigger": run.trigger,
        "run": {"id": run.run_id, "directive": release.directive.name, "due": to_text(run.due)},
    }
