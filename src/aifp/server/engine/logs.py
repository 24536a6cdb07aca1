"""Log lines of runs: one for a run and each step, one for each failure."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from aifp.helpers.shared.alerts import raise_alert
from aifp.helpers.shared.preferences import preferences_of
from aifp.helpers.shared.zones import project_zone
from aifp.schemas.alerts import NewAlert
from aifp.schemas.common import JsonMap
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx, Row
from aifp.schemas.subjects import Subject
from aifp.schemas.words import LogType
from aifp.server.adapters.logfiles import LogFiles, LogPlace, LogSetting
from aifp.server.engine.driving.redaction import Redactor

MIB = 1_048_576
# D113: what one run may write with log().
RUN_LIMIT = MIB
ENGINE = Subject(kind="engine", id="engine", name="engine")


class Logs:
    """Writes lines by the settings in the database; a disk that refuses them stops nothing."""

    def __init__(self, ctx: Ctx, files: LogFiles) -> None:
        self._ctx, self._files = ctx, files
        self._settings: dict[LogType, LogSetting] = {}
        self._unwritable = False

    async def load(self) -> None:
        """Read the settings again."""
        rows = await self._ctx.directives.all("log_settings_in_force")
        found = [_setting(row) for row in rows]
        self._settings = {setting.kind: setting for setting in found}

    async def write(self, kind: LogType, line: JsonMap, zone: ZoneInfo) -> LogPlace | None:
        """Append one line with its time; None when it is switched off or cannot be written."""
        if not self._settings:
            await self.load()
        setting = self._settings.get(kind)
        if setting is None or not setting.enabled:
            return None
        now = self._ctx.clock.now()
        place = await self._files.append(setting, day_of(now, zone), {"time": to_text(now)} | line)
        if place is None:
            await self._complain(setting, now)
        else:
            self._unwritable = False
        return place

    async def prune(self, zone: ZoneInfo) -> int:
        """Delete the files that are past their retention."""
        await self.load()
        today = day_of(self._ctx.clock.now(), zone)
        return sum([await self._files.prune(setting, today) for setting in self._settings.values()])

    async def _complain(self, setting: LogSetting, now: datetime) -> None:
        """Open one alert; while it stands, further lines are lost without another word."""
        if self._unwritable:
            return
        self._unwritable = True
        async with self._ctx.directives.write() as w:
            await raise_alert(w, now, ENGINE, log_write_failed(setting.folder))


class RunLog:
    """The lines of one run, redacted; failures are told even where detail is not `tracked`."""

    def __init__(
        self,
        logs: Logs,
        facts: JsonMap,
        zone: ZoneInfo,
        redactor: Redactor,
        *,
        tracked: bool = True,
    ) -> None:
        self._logs, self._facts, self._zone, self._redactor = logs, facts, zone, redactor
        self._tracked = tracked
        self._said = 0
        self.messages: list[str] = []

    async def tell(self, status: str, **more: JsonValue) -> LogPlace | None:
        """Write a line about the run."""
        return await self._line("execution", {"status": status, **_present(more)})

    async def step(self, seq: int, status: str, call: str, **more: JsonValue) -> None:
        """Write a line about one step."""
        await self._line(
            "execution", {"step": seq, "status": status, "call": call, **_present(more)}
        )

    async def failure(self, kind: str | None, message: str | None, trace: str | None) -> None:
        """Write the line of a failure."""
        await self._line("error", {"type": kind, "message": message, "trace": trace})

    async def say(self, level: str, message: str, *, again: bool = False) -> None:
        """Write what the code logs, up to its limit; the limit ends with a note."""
        before, self._said = self._said, self._said + len(message.encode("utf-8", "replace"))
        if before > RUN_LIMIT:
            return
        if self._said > RUN_LIMIT:
            level, message = "warning", "The run has logged 1 MB; nothing more of it is kept."
        self.messages.append(f"{level}: {self._redactor.text(message)}")
        if not again:
            await self._line("execution", {"status": "log", "level": level, "message": message})

    async def _line(self, kind: LogType, line: JsonMap) -> LogPlace | None:
        if kind == "execution" and not self._tracked:
            return None
        clean = self._redactor.value(line)
        facts = clean if isinstance(clean, dict) else {}
        return await self._logs.write(kind, self._facts | facts, self._zone)


async def log_of_run(ctx: Ctx, logs: Logs, run_id: int, name: str | None) -> RunLog:
    """Return the log of a run that nobody drives; what is preferred now holds."""
    zone = await project_zone(ctx.project)
    wish = await preferences_of(ctx.preferences, name or "")
    facts: JsonMap = {"run_id": run_id, "directive": name}
    redactor = Redactor(ctx.keyring.redact)
    return RunLog(logs, facts, zone, redactor, tracked=wish.execution_tracking)


def log_write_failed(folder: str) -> NewAlert:
    """Return what a person is told when lines are lost."""
    return NewAlert(
        severity="warning",
        code="log_write_failed",
        message=f"Log lines cannot be written to {folder}. Runs go on without them.",
        suggestion="Free some space, or check the owner and permissions of the folder.",
    )


def day_of(at: datetime, zone: ZoneInfo) -> date:
    """Return the local day of an instant."""
    return at.astimezone(zone).date()


def _present(more: JsonMap) -> JsonMap:
    return {name: value for name, value in more.items() if value is not None}


def _setting(row: Row) -> LogSetting:
    kinds: dict[str, LogType] = {"execution": "execution", "error": "error"}
    return LogSetting(
        kind=kinds.get(str(row["log_type"]), "lifecycle"),
        folder=str(row["log_directory"]),
        rotation_bytes=int(row["rotation_size_mb"] or 1) * MIB,
        retention_days=int(row["retention_days"] or 1),
        enabled=bool(row["enabled"]),
    )
