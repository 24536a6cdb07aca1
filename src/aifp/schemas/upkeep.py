"""What the daily maintenance of tools finds and does, step by step."""

from typing import Literal

from aifp.schemas.common import JsonMap, Record

StandingClass = Literal["excellent", "good", "struggling", "failing"]
CandidateFor = Literal["deprecate", "trust", "unused"]


class KeptTool(Record):
    """A deleted tool that stays for now, and what keeps it."""

    name: str
    because: str


class Cleaned(Record):
    """What became of deleted tools; in a dry run, what would."""

    purged: list[str] = []
    archived: list[str] = []
    kept: list[KeptTool] = []


class ToolStanding(Record):
    """How one tool does over its whole life."""

    name: str
    executions: int
    success_rate: float
    standing: StandingClass


class Candidate(Record):
    """A tool that a person may want to decide about; nothing was changed."""

    name: str
    what: CandidateFor
    because: str


class Review(Record):
    """How the tools do, and which of them ask for a decision; a report, nothing more."""

    standings: list[ToolStanding] = []
    candidates: list[Candidate] = []


class Hint(Record):
    """Something worth improving, for the assistant to take up or not."""

    name: str
    because: str


class HintsOfDay(Record):
    """The hints that the assistant was given on one day."""

    day: str
    hints: list[Hint]


class UpkeepStep(Record):
    """One step of maintenance: how many it concerned, which, and why it failed if it did."""

    step: str
    success: bool = True
    count: int = 0
    names: list[str] = []
    details: JsonMap = {}
    error: str | None = None


class UpkeepReport(Record):
    """What one maintenance did; a step that failed did not stop the others.

    previous: the report of the last one that was no dry run; only a dry run shows it.
    """

    success: bool
    dry_run: bool
    at: str
    steps: list[UpkeepStep]
    review: Review | None = None
    hints: list[Hint] = []
    run_id: int | None = None
    previous: "UpkeepReport | None" = None
