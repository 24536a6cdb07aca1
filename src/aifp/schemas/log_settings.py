"""How log files are kept, for each kind of log."""

from typing import Literal

from aifp.schemas.common import Record
from aifp.schemas.words import LogType


class LogConfig(Record):
    """How one kind of log is kept."""

    id: int
    log_type: LogType
    retention_days: int
    rotation_size_mb: int
    log_directory: str
    enabled: bool


class LogConfigs(Record):
    """How the logs are kept, one entry for each kind."""

    configs: list[LogConfig]


class Retention(Record):
    """How long and in what size the files of one kind of log are kept."""

    retention_days: int
    rotation_size_mb: int
    enabled: bool


class RetentionPolicy(Record):
    """How long each kind of log is kept."""

    execution: Retention
    error: Retention
    lifecycle: Retention


class LogChanged(Record):
    """The setting is stored."""

    success: Literal[True] = True


class LogToggled(LogChanged):
    """Whether files of one kind of log are written from now on."""

    log_type: LogType
    enabled: bool


def _default(place: int, kind: LogType, days: int, size_mb: int, folder: str) -> LogConfig:
    return LogConfig(
        id=place,
        log_type=kind,
        retention_days=days,
        rotation_size_mb=size_mb,
        log_directory=f".aifp-project/logs/{folder}/",
        enabled=True,
    )


# What the database begins with; true as well while there is no database.
DEFAULTS = (
    _default(1, "execution", 30, 50, "execution"),
    _default(2, "error", 90, 10, "errors"),
    _default(3, "lifecycle", 180, 10, "lifecycle"),
)
