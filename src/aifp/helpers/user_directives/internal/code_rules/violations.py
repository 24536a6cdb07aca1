"""What a rule reports."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Violation:
    """One place in a source that breaks a rule, with the mend."""

    line: int
    rule: str
    text: str

    def __str__(self) -> str:
        """Return `line N: text`."""
        return f"line {self.line}: {self.text}"
