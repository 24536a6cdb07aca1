"""A source file that cannot be read on: what, and where in the file."""

from typing import NamedTuple

from aifp.helpers.user_directives.internal.language.faults import LanguageFault
from aifp.schemas.reading import Place


class Spot(NamedTuple):
    """A place while it is only counted; thousands are made before one is shown."""

    line: int
    column: int
    quoted: int = 0
    folded: bool = False

    def place(self) -> Place:
        """Return the place as a record."""
        return Place(line=self.line, column=self.column, quoted=self.quoted, folded=self.folded)


class SourceFault(LanguageFault):
    """A fault that ends the reading of the whole file."""

    def __init__(self, code: str, spot: Spot, **names: object) -> None:
        super().__init__(code, 0, **names)
        self.place = spot.place()


def spot_at(text: str, index: int) -> Spot:
    """Return line and column of a character, both counted from 1."""
    line_start = text.rfind("\n", 0, index) + 1
    return Spot(text.count("\n", 0, index) + 1, index - line_start + 1)
