"""New code for a tool: compared with what lies there, kept as a draft, shown to a person."""

from aifp.helpers.lifecycle.internal.artifact_rows import find_artifact, require_artifact
from aifp.helpers.lifecycle.internal.asking import ask_and_deploy
from aifp.helpers.lifecycle.internal.conflict_answers import conflict_answer, conflicts_of
from aifp.helpers.lifecycle.internal.drafting import Draft, keep_draft, reason_of
from aifp.helpers.lifecycle.internal.tool_alerts import name_taken
from aifp.helpers.lifecycle.internal.tool_columns import said_columns
from aifp.helpers.lifecycle.internal.tool_events import Told, tell_tool
from aifp.helpers.lifecycle.internal.tool_files import on_disk
from aifp.helpers.lifecycle.internal.tool_source import path_of_tool, read_tool
from aifp.helpers.shared.alerts import raise_alert
from aifp.helpers.user_directives.internal.programs import with_programs
from aifp.schemas.artifacts import ToolSpec
from aifp.schemas.deploying import DeployAnswer
from aifp.schemas.errors import InvalidArgument
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx, Row
from aifp.schemas.subjects import Subject


async def propose_tool(
    ctx: Ctx, artifact: Row | None, name: str, new_code: str, reason: str, base: int | None
) -> DeployAnswer:
    """Take new code for a tool of the user: refused on a conflict, else a person is asked."""
    spec = read_tool(name, new_code, path_of_tool(name, ctx.settings.tools_folder))
    artifact = artifact or await _new_tool(ctx, spec)
    draft = await tool_draft(ctx, artifact, new_code, reason)
    present = await on_disk(ctx, list(draft.files))
    found = await conflicts_of(ctx, artifact, draft.files, present, base)
    version_id = await keep_draft(ctx, artifact, draft)
    if found:
        return await conflict_answer(ctx, version_id, found, present)
    return await ask_and_deploy(ctx, version_id, reason)


async def tool_draft(ctx: Ctx, artifact: Row, code: str, reason: str) -> Draft:
    """Return what the text of a tool is to become; raises InvalidArgument where it is no tool."""
    spec = read_tool(str(artifact["name"]), code, str(artifact["path"]))
    return Draft(
        files={str(artifact["path"]): code.encode("utf-8")},
        permissions=await with_programs(ctx, spec.permissions),
        reason=reason_of(artifact, reason),
        note=reason,
    )


async def _require_free(ctx: Ctx, name: str) -> None:
    """Refuse the name of a tool of aifp itself, and let people know that somebody wanted it."""
    taken = {str(row["name"]) for row in await ctx.core.all("core_tool_names")}
    if name not in taken:
        return
    async with ctx.directives.write() as db:
        subject = Subject(kind="tool_name", id=name, name=name)
        await raise_alert(db, ctx.clock.now(), subject, name_taken(name))
    raise InvalidArgument(f"{name} is a tool of aifp itself. Give the tool another name.")


async def _new_tool(ctx: Ctx, spec: ToolSpec) -> Row:
    """Keep the record of a tool that is not there yet."""
    await _require_free(ctx, spec.name)
    if await ctx.directives.one("directive_named", name=spec.name) is not None:
        raise InvalidArgument(
            f"{spec.name} is a directive. Implement it with user_directive_implement, or give "
            "the tool another name."
        )
    path = path_of_tool(spec.name, ctx.settings.tools_folder)
    now = ctx.clock.now()
    async with ctx.directives.write() as db:
        # Somebody else may have proposed it a moment ago.
        if (known := await find_artifact(db, spec.name, "user_tool")) is not None:
            return known
        await db.one(
            "add_proposed_tool",
            name=spec.name,
            path=path,
            origin=ctx.actor,
            at=to_text(now),
            **said_columns(spec),
        )
        artifact = await require_artifact(db, spec.name, "user_tool")
        await tell_tool(db, now, artifact, ctx.actor, "created", Told(reason="proposed"))
    return artifact
