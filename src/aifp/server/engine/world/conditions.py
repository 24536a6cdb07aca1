"""The world as a condition of one directive sees it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import astral
import astral.sun
from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.due.next_due import next_due
from aifp.helpers.user_directives.internal.language.expressions.tree import SunEvent
from aifp.helpers.user_directives.internal.language.expressions.values import UNKNOWN
from aifp.helpers.user_directives.internal.language.expressions.world import Looked, value_at
from aifp.schemas.canonical import CanonicalDirective
from aifp.schemas.starts import SunStart
from aifp.server.engine.world.observations import Observations, is_unavailable

# The sun is up while its upper edge is visible, refraction included.
HORIZON_DEGREES = -0.833


@dataclass(frozen=True, slots=True)
class DirectiveWorld:
    """Implements the World of the condition language for one directive at one moment."""

    directive: CanonicalDirective
    observations: Observations
    instant: datetime
    run_data: Mapping[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    holds: Mapping[str, datetime] = field(default_factory=dict[str, datetime])

    def now(self) -> datetime:
        """Return the moment of the test, local in the directive's zone."""
        return self.instant.astimezone(ZoneInfo(self.directive.timezone))

    def entity(self, entity: str, attribute: str | None) -> Looked:
        """Return the state of an entity or its attribute; unavailable is UNKNOWN."""
        known = self.observations.get(entity)
        if known is None or is_unavailable(known.value):
            return UNKNOWN
        value = known.read(attribute)
        return UNKNOWN if value is None else value

    def changed(self, entity: str, attribute: str | None) -> datetime | None:
        """Return when the entity last changed; attributes share the instant of their entity."""
        known = self.observations.get(entity)
        return known.changed_at if known else None

    def data(self, path: tuple[str | int, ...]) -> Looked:
        """Return run data."""
        return value_at(dict(self.run_data), path)

    def sun(self, event: SunEvent) -> datetime | None:
        """Return today's sunrise or sunset, local."""
        if self.directive.location is None:
            return None
        midnight = self.now().replace(hour=0, minute=0, second=0, microsecond=0)
        found = next_due(
            SunStart(kind="sun", event=event),
            self.directive.timezone,
            midnight - timedelta(milliseconds=1),
            self.directive.location,
        )
        local = found.astimezone(midnight.tzinfo) if found else None
        return local if local and local.date() == midnight.date() else None

    def sun_is_up(self) -> bool | None:
        """Say whether the sun is up; None without a location."""
        if self.directive.location is None:
            return None
        observer = astral.Observer(*self.directive.location)
        return astral.sun.elevation(observer, self.instant) > HORIZON_DEGREES

    def since(self, test: str) -> datetime | None:
        """Return since when a test has been true without a break."""
        return self.holds.get(test)
