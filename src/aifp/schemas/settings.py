"""Every setting of a project's daemon, read once at start."""

from pathlib import Path

from aifp.schemas.common import Record


class Settings(Record):
    """One field, one setting; docs/settings.md is generated from this model."""

    project: Path
    config_folder: Path
    toolsets: tuple[str, ...] = ("core",)
    tools: tuple[str, ...] = ()
    read_only: bool = False
    hooks_port: int | None = None
    hooks_host: str = "127.0.0.1"
    workers: int = 2
    concurrency: int = 20
    idle_minutes: float = 15.0
    breaker_threshold: int = 5
    approval_days: int = 7
    throwaway: bool = False
