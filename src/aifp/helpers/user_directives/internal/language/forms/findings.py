"""The faults of a file as a whole, gathered while it is taken apart."""

from aifp.helpers.user_directives.internal.language.faults import LanguageFault
from aifp.helpers.user_directives.internal.language.messages import problem_of
from aifp.helpers.user_directives.internal.language.source.nodes import (
    Builder,
    Leaf,
    ListNode,
    Node,
)
from aifp.schemas.reading import Place, Problem

MAX_PROBLEMS = 100


class Findings:
    """Collects problems with their places, at most 100."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.faulty: list[int] = []

    def note(self, place: Place, path: str, fault: LanguageFault) -> None:
        """Note one fault."""
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(problem_of(fault, self.file, place, path))

    def refuse(self, place: Place, path: str, code: str, **names: object) -> None:
        """Note one fault by its code."""
        self.note(place, path, LanguageFault(code, 0, **names))

    def kind(self, node: Node, path: str, wanted: str) -> None:
        """Note that a value is of another kind than wanted."""
        found = "a list" if isinstance(node, ListNode) else "a map"
        if isinstance(node, Leaf):
            found = "nothing" if node.value is None else f"`{node.value}`"
        key = path.rpartition("/")[2]
        self.refuse(node.spot.place(), path, "E203", k=key, type=wanted, found=found)

    def take(self, builder: Builder) -> None:
        """Take over what was wrong with single values."""
        for finding in builder.findings:
            self.note(finding.spot.place(), "", finding.fault)
            if finding.fault.code.startswith("E"):
                self.faulty.append(finding.index)

    def inside(self, start: int, end: int) -> bool:
        """Say whether a value between two characters of the file has a fault."""
        return any(start <= index < max(end, start + 1) for index in self.faulty)

    def has_errors(self) -> bool:
        """Say whether anything was refused."""
        return any(problem.severity == "error" for problem in self.problems)
