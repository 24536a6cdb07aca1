"""Read and change how log files are kept; the engine takes them up with its next run."""

from collections.abc import Awaitable, Callable

from aifp.helpers.shared.events import Change, record_event
from aifp.schemas.common import JsonMap
from aifp.schemas.errors import Unavailable
from aifp.schemas.instants import to_text
from aifp.schemas.log_settings import DEFAULTS, LogConfig
from aifp.schemas.ports import Ctx, Reader, Writer
from aifp.schemas.subjects import Subject
from aifp.schemas.words import LogType

Apply = Callable[[Writer, str], Awaitable[object]]


async def log_settings(db: Reader) -> list[LogConfig]:
    """Return how each kind of log is kept; the defaults where nothing was automated yet."""
    rows = await db.all("log_settings_in_force")
    found = [LogConfig.model_validate({**row, "enabled": bool(row["enabled"])}) for row in rows]
    return found or list(DEFAULTS)


async def change_log_setting(ctx: Ctx, log_type: LogType, event: str, apply: Apply) -> LogConfig:
    """Change one setting with its event, in one transaction, and return it as it is now."""
    if not await ctx.directives.all("log_settings_in_force"):
        raise Unavailable(
            "Nothing is automated in this project yet, so no logs are kept. Parse a directive "
            "file with user_directive_parse, then set them."
        )
    now = ctx.clock.now()
    async with ctx.directives.write() as db:
        before = await _one(db, log_type)
        await apply(db, to_text(now))
        after = await _one(db, log_type)
        changed = _difference(before, after)
        if changed:
            subject = Subject(kind="logging", id=log_type, name=log_type)
            await record_event(
                db, now, subject, ctx.actor, Change(event_type=event, metadata=changed)
            )
    return after


async def _one(db: Reader, log_type: LogType) -> LogConfig:
    return next(one for one in await log_settings(db) if one.log_type == log_type)


def _difference(before: LogConfig, after: LogConfig) -> JsonMap:
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    return {key: {"from": old[key], "to": new[key]} for key in new if new[key] != old[key]}
