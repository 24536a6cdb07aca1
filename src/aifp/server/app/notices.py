"""The `log` channel: notices become lines of the lifecycle log."""

from aifp.helpers.shared.zones import project_zone
from aifp.schemas.errors import DependencyMissing
from aifp.schemas.ports import Database
from aifp.server.engine.logs import Logs

CHANNELS = ("log",)


class LogNotifier:
    """Implements the Notifier port of the engine."""

    def __init__(self, logs: Logs, project: Database) -> None:
        self._logs, self._project = logs, project

    async def send(self, channel: str, message: str, title: str | None, level: str) -> None:
        """Write one notice."""
        if channel not in CHANNELS:
            raise DependencyMissing(
                f"There is no channel {channel!r}; this version has: {', '.join(CHANNELS)}."
            )
        line = {"notice": message, "title": title, "level": level, "channel": channel}
        kept = {key: value for key, value in line.items() if value is not None}
        await self._logs.write("lifecycle", dict(kept), await project_zone(self._project))
