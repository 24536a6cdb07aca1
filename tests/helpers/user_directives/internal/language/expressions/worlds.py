from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.expressions.tree import SunEvent
from aifp.helpers.user_directives.internal.language.expressions.values import UNKNOWN
from aifp.helpers.user_directives.internal.language.expressions.world import Looked, value_at

MADRID = ZoneInfo("Europe/Madrid")


def at(text: str) -> datetime:
    """Return a local moment in Madrid."""
    return datetime.fromisoformat(text).replace(tzinfo=MADRID)


NOON = at("2027-03-01T12:00:00")


@dataclass
class SmallWorld:
    """Entities, run data and a sky, all given."""

    moment: datetime = NOON
    entities: dict[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    run: dict[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    changes: dict[str, datetime] = field(default_factory=dict[str, datetime])
    holds: dict[str, datetime] = field(default_factory=dict[str, datetime])
    sky: dict[SunEvent, datetime] = field(default_factory=dict[SunEvent, datetime])
    up: bool | None = None

    def now(self) -> datetime:
        return self.moment

    def entity(self, entity: str, attribute: str | None) -> Looked:
        name = entity if attribute is None else f"{entity}.{attribute}"
        return self.entities.get(name, UNKNOWN)

    def changed(self, entity: str, attribute: str | None) -> datetime | None:
        return self.changes.get(entity)

    def data(self, path: tuple[str | int, ...]) -> Looked:
        return value_at(dict(self.run), path)

    def sun(self, event: SunEvent) -> datetime | None:
        return self.sky.get(event)

    def sun_is_up(self) -> bool | None:
        return self.up

    def since(self, test: str) -> datetime | None:
        return self.holds.get(test)
