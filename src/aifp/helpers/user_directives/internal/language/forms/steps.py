"""Actions of a directive, as texts or maps, become canonical steps."""

from typing import Protocol

from aifp.helpers.user_directives.internal.language.faults import Ask, LanguageFault


class StepReader(Protocol):
    """What reading steps needs from the reader of the directive.

    A path is a JSON pointer into the draft's raw map, such as /do/0/http.
    """

    @property
    def ask(self) -> Ask:
        """Return the way to answers."""
        ...

    @property
    def path(self) -> str:
        """Return the place of the value that is being read."""
        ...

    def fault(self, path: str, fault: LanguageFault) -> None:
        """Note a fault at a place; reading goes on, so that one report names them all."""
        ...

    def at(self, path: str) -> "StepReader":
        """Return the reader of a value inside, so that its questions carry its own place."""
        ...
