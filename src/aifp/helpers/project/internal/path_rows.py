"""The completion path and its tasks, as they follow from what is told of a directive."""

from collections.abc import Mapping
from dataclasses import dataclass

from aifp.schemas.outbox import DirectiveFacts
from aifp.schemas.ports import Writer
from aifp.schemas.words import DirectiveStatus, Stage, UserDirectivesStatus

VALIDATED: frozenset[DirectiveStatus] = frozenset(
    {"validated", "implemented", "active", "paused", "error"}
)
IMPLEMENTED = VALIDATED - {"validated"}
# A pause does not open the stage again; a new text or new code does.
ACTIVATED = IMPLEMENTED - {"implemented"}


@dataclass(frozen=True, slots=True)
class Duty:
    """A task that a directive gives rise to, and the stage it holds up."""

    key: str
    stage: Stage
    name: str
    description: str
    priority: int


def stages_of(facts: DirectiveFacts) -> dict[Stage, bool]:
    """Return which stages a directive has passed."""
    return {
        "parse": True,
        "validate": facts.status in VALIDATED,
        "implement": facts.status in IMPLEMENTED,
        "approve": facts.approved and facts.status in IMPLEMENTED,
        "activate": facts.status in ACTIVATED,
        "monitor": facts.monitored,
    }


def duties_of(facts: DirectiveFacts) -> list[Duty]:
    """Return the tasks that are open for a directive; an archived one has none."""
    if facts.status == "archived":
        return []
    name = facts.name
    questions = [
        Duty(f"question:{name}:{one.key}", "validate", f"Answer: {one.text}", one.key, 3)
        for one in facts.questions
    ]
    missing = [
        Duty(f"dependency:{name}:{one.key}", "activate", f"Provide {one.text}", one.key, 2)
        for one in facts.missing
    ]
    return [*questions, *missing, *_tests(facts)]


def _tests(facts: DirectiveFacts) -> list[Duty]:
    if facts.code is None or facts.code.test_status == "passing":
        return []
    state = facts.code.test_status
    told = f"The tests of {facts.name} are {state}."
    return [Duty(f"tests:{facts.name}", "implement", "Make the tests pass", told, 1)]


def status_of_all(counts: Mapping[DirectiveStatus, int]) -> UserDirectivesStatus | None:
    """Return what follows from how many directives are in each status."""
    present = {status for status, count in counts.items() if count}
    if "active" in present:
        return "active"
    if present & {"draft", "validated", "implemented"}:
        return "in_progress"
    return "disabled" if present else None


async def store_path(db: Writer, at: str, facts: DirectiveFacts) -> None:
    """Close and open the stages and tasks of a directive."""
    if facts.status == "archived":
        await db.run("drop_items", directive_name=facts.name)
    else:
        for stage, passed in stages_of(facts).items():
            status = "completed" if passed else "pending"
            await db.run("store_item", directive_name=facts.name, stage=stage, status=status, at=at)
    await _store_tasks(db, at, facts)


async def _store_tasks(db: Writer, at: str, facts: DirectiveFacts) -> None:
    duties = {duty.key: duty for duty in duties_of(facts)}
    for row in await db.all("task_origins", directive_name=facts.name):
        if row["origin_key"] not in duties:
            await db.run("close_task", origin_key=row["origin_key"], at=at)
    for duty in duties.values():
        await db.run(
            "open_task",
            stage=duty.stage,
            directive_name=facts.name,
            name=duty.name,
            description=duty.description,
            priority=duty.priority,
            origin_key=duty.key,
            at=at,
        )
