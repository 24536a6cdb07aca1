"""Named places where tests make the process die, as if its plug had been pulled.

AIFP_FAILPOINTS holds names with commas, such as `after_effect`; it is read once at start and is
for tests only: nothing but a crash test sets it.
"""

import os
from collections.abc import Mapping
from typing import Literal, get_args

RunFailpoint = Literal["after_claim", "after_intent", "after_effect", "before_close", "after_close"]
Failpoint = Literal[RunFailpoint, "after_projection"]

NONE: frozenset[Failpoint] = frozenset()
CRASHED = 86


class Failpoints:
    """The failpoints switched on for this process."""

    def __init__(self, names: frozenset[Failpoint] = NONE) -> None:
        self._names = names

    def reach(self, name: Failpoint) -> None:
        """End the process at once, without any cleaning up, if this place is switched on."""
        if name in self._names:
            os._exit(CRASHED)


def read_failpoints(environment: Mapping[str, str]) -> Failpoints:
    """Read the switched-on names from an environment; unknown names are refused."""
    asked = {name for name in environment.get("AIFP_FAILPOINTS", "").split(",") if name}
    if unknown := asked - set(get_args(Failpoint)):
        raise ValueError(f"Unknown failpoints: {', '.join(sorted(unknown))}")
    return Failpoints(frozenset(n for n in get_args(Failpoint) if n in asked))
