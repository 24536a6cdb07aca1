"""The stop switch: stored, so that it holds across restarts."""

import json

from pydantic import JsonValue

from aifp.helpers.shared.events import Change, record_event
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx
from aifp.schemas.subjects import Subject
from aifp.schemas.words import Actor

ENGINE = Subject(kind="engine", id="engine", name="engine")


async def set_stop(ctx: Ctx, reason: str) -> None:
    """Let nothing start any more, until a person resumes."""
    now = ctx.clock.now()
    async with ctx.directives.write() as w:
        value = json.dumps({"reason": reason, "at": to_text(now)})
        await w.run("set_stop_switch", value_json=value, now=to_text(now))
        change = Change(event_type="stopped", reason=reason)
        await record_event(w, now, ENGINE, ctx.actor, change)


async def clear_stop(ctx: Ctx, actor: Actor) -> bool:
    """Let runs start again; False when nothing was stopped."""
    now = ctx.clock.now()
    async with ctx.directives.write() as w:
        if not await w.run("clear_stop_switch"):
            return False
        await record_event(w, now, ENGINE, actor, Change(event_type="resumed"))
        return True


async def stop_reason(ctx: Ctx) -> str | None:
    """Return why everything is stopped, None while nothing is."""
    row = await ctx.directives.one("stop_switch")
    if row is None:
        return None
    value: JsonValue = json.loads(str(row["value_json"]))
    return str(value.get("reason", "stopped")) if isinstance(value, dict) else "stopped"
