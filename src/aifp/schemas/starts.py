"""What may start a run: one model per kind, told apart by `kind`."""

from typing import Annotated, Literal

from pydantic import Field

from aifp.schemas.common import JsonMap, Record

Weekdays = Annotated[str, Field(description="cron weekday text, 0-6, Sunday 0, such as 1-5")]
LocalTime = Annotated[str, Field(description="HH:MM or HH:MM:SS, local")]
Text = str | int | float | bool | None


class Named(Record):
    """A start that may carry a name, readable as trigger.id."""

    as_: str | None = Field(default=None, validation_alias="as", serialization_alias="as")


class CalendarStep(Record):
    """Every n days or weeks, counted from a local date (YYYY-MM-DD)."""

    unit: Literal["day", "week"]
    n: int
    from_: str = Field(validation_alias="from", serialization_alias="from")


class CronStart(Named):
    """Calendar times, five cron fields."""

    kind: Literal["cron"]
    expr: str
    second: int = 0
    step: CalendarStep | None = None


class IntervalStart(Named):
    """Elapsed time on a grid: from + k x every_ms."""

    kind: Literal["interval"]
    every_ms: int
    from_: str | None = Field(default=None, validation_alias="from", serialization_alias="from")
    between: tuple[LocalTime, LocalTime] | None = None
    days: Weekdays | None = None


class DateStart(Named):
    """One local instant, YYYY-MM-DDTHH:MM:SS."""

    kind: Literal["date"]
    at: str


class SunStart(Named):
    """Sunrise or sunset at the file's location, with an offset of up to 12 h."""

    kind: Literal["sun"]
    event: Literal["sunrise", "sunset"]
    offset_ms: int = 0
    days: Weekdays | None = None


class StateStart(Named):
    """An entity changes, or changes to one of the named values."""

    kind: Literal["state"]
    entity: list[str]
    attribute: str | None = None
    from_: list[Text] | None = Field(
        default=None, validation_alias="from", serialization_alias="from"
    )
    to: list[Text] | None = None
    not_from: list[Text] | None = None
    not_to: list[Text] | None = None
    for_ms: int = 0


class ValueStart(Named):
    """A number crosses into a range."""

    kind: Literal["value"]
    entity: list[str]
    attribute: str | None = None
    above: int | float | None = None
    below: int | float | None = None
    for_ms: int = 0


class Auth(Record):
    """How a caller, or we as a caller, prove who we are; secrets by name only."""

    kind: Literal["none", "bearer", "basic", "header", "hmac"]
    secret: str | None = None
    user: str | None = None
    name: str | None = None
    header: str | None = None


class WebhookStart(Named):
    """A POST to /hooks/<id>."""

    kind: Literal["webhook"]
    id: str
    auth: Auth | None = None


class MqttStart(Named):
    """A message on an MQTT topic."""

    kind: Literal["mqtt"]
    topic: str
    payload: Text = None


class FileStart(Named):
    """A file matching the glob appears, changes or is deleted."""

    kind: Literal["file"]
    glob: str
    change: Literal["created", "changed", "deleted"] = "created"


class EventStart(Named):
    """A named event arrives."""

    kind: Literal["event"]
    name: str
    source: str | None = None
    where: str | None = None
    data: JsonMap | None = None


class RunStart(Named):
    """Another directive ends a run."""

    kind: Literal["run"]
    directive: str
    outcome: Literal["failed", "succeeded", "finished", "missed", "recovered"]


class DaemonStart(Named):
    """The daemon has started."""

    kind: Literal["start"]


class WatchStart(Named):
    """A condition turns from false to true."""

    kind: Literal["watch"]
    expr: str
    check_ms: int = 60_000


class ApiStart(Named):
    """An authenticated HTTP call under /hooks."""

    kind: Literal["api"]
    method: Literal["POST", "PUT", "PATCH", "DELETE"]
    path: str
    auth: Auth
    reply_ms: int | None = None


class HaStart(Named):
    """A Home Assistant trigger, kept as it is."""

    kind: Literal["ha"]
    trigger: JsonMap


Start = Annotated[
    CronStart
    | IntervalStart
    | DateStart
    | SunStart
    | StateStart
    | ValueStart
    | WebhookStart
    | MqttStart
    | FileStart
    | EventStart
    | RunStart
    | DaemonStart
    | WatchStart
    | ApiStart
    | HaStart,
    Field(discriminator="kind"),
]
TimeStart = CronStart | IntervalStart | DateStart | SunStart
