"""Ends of runs that start other directives, and steps told once per change of state."""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from aifp.helpers.user_directives.internal.breaker import FAILED, Move
from aifp.schemas.common import JsonMap
from aifp.schemas.ports import Writer
from aifp.schemas.starts import RunStart
from aifp.schemas.words import RunStatus
from aifp.server.engine.starting.claims import Event, claim_event, trigger_of
from aifp.server.engine.starting.openings import Opening, open_run, run_key
from aifp.server.engine.starting.plans import Plan, Plans

Outcome = Literal["failed", "succeeded", "finished", "missed", "recovered"]
# Work that began and is over, well or not.
FINISHED = FAILED | {"success", "cancelled"}


class RunStarts:
    """Finds the directives that wait for an outcome of another one."""

    def __init__(self, plans: Plans) -> None:
        self._plans = plans
        self._by_name: dict[str, list[tuple[Plan, RunStart]]] = {}

    def reload(self) -> None:
        """Look through the plans again after some changed."""
        self._by_name = {}
        for plan in self._plans:
            for _, start in plan.starts(RunStart):
                self._by_name.setdefault(start.directive, []).append((plan, start))

    async def follow(
        self, w: Writer, name: str, ended: tuple[int, list[Outcome], int], now: datetime
    ) -> None:
        """Open the runs that an ended run starts, one step deeper in the chain."""
        run_id, outcomes, depth = ended
        for plan, start in self._by_name.get(name, []):
            if start.outcome in outcomes:
                event = Event(
                    id=f"run:{run_id}:{start.outcome}",
                    at=now,
                    source="trigger",
                    trigger=trigger_of(start, start.kind, data={"directive": name, "run": run_id}),
                    depth=depth + 1,
                )
                await claim_event(w, plan, event, now)


def outcomes_of(status: RunStatus, made: Move) -> list[Outcome]:
    """Return what an ended run counts as for those who wait for it."""
    return list(_outcomes(status, made))


def _outcomes(status: RunStatus, made: Move) -> Iterator[Outcome]:
    if status in FAILED:
        yield "failed"
    if status == "success":
        yield "succeeded"
    if status in FINISHED:
        yield "finished"
    if status == "missed":
        yield "missed"
    if made.notice == "on_recovery":
        yield "recovered"


async def open_notice(w: Writer, plan: Plan, run_id: int, made: Move, now: datetime) -> None:
    """Run the directive's own steps for the change; a directive without them has its alert."""
    policies = plan.directive.policies
    steps = {"on_failure": policies.on_failure, "on_recovery": policies.on_recovery}
    if made.notice is None or not steps[made.notice]:
        return
    trigger: JsonMap = {
        "kind": made.notice,
        "entry": f"{made.notice}_{plan.name.replace('-', '_')}",
        "data": {"run": run_id, "failures": made.failures},
    }
    key = run_key(plan.name, f"{made.notice}:{run_id}")
    await open_run(w, plan, Opening(key, now, "system", trigger), now)
