"""What a condition may look at."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Protocol

from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.expressions.tree import SunEvent
from aifp.helpers.user_directives.internal.language.expressions.values import UNKNOWN, Unknown

Looked = JsonValue | Literal[Unknown.UNKNOWN]


class World(Protocol):
    """Everything a condition may look at; what is not there is UNKNOWN."""

    def now(self) -> datetime:
        """Return the moment of the test, local in the directive's zone."""
        ...

    def entity(self, entity: str, attribute: str | None) -> Looked:
        """Return the state of an entity or its attribute; unavailable is UNKNOWN."""
        ...

    def changed(self, entity: str, attribute: str | None) -> datetime | None:
        """Return when that state or attribute last changed."""
        ...

    def data(self, path: tuple[str | int, ...]) -> Looked:
        """Return run data such as ("trigger", "id"); `value_at` walks plain JSON."""
        ...

    def sun(self, event: SunEvent) -> datetime | None:
        """Return today's sunrise or sunset, local; None on a day without one."""
        ...

    def sun_is_up(self) -> bool | None:
        """Say whether the sun is up; None without a location."""
        ...

    def since(self, test: str) -> datetime | None:
        """Return since when the test (normal form) has been true without a break."""
        ...


def value_at(data: JsonValue, path: Sequence[str | int]) -> Looked:
    """Walk plain JSON along keys and indexes."""
    here: JsonValue = data
    for part in path:
        if isinstance(here, dict) and str(part) in here:
            here = here[str(part)]
        elif isinstance(here, list) and isinstance(part, int) and part < len(here):
            here = here[part]
        else:
            return UNKNOWN
    return here
