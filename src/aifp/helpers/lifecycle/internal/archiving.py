"""Put a tool that does the same as another into the archive, once a person has said yes."""

from dataclasses import replace

from aifp.helpers.lifecycle.internal.artifact_rows import require_artifact
from aifp.helpers.lifecycle.internal.class_records import class_of_version
from aifp.helpers.lifecycle.internal.deletion import close_deletion_alerts
from aifp.helpers.lifecycle.internal.duplicate_report import confidence_of, twins_of
from aifp.helpers.lifecycle.internal.duplicates import Described, Twins, better_of
from aifp.helpers.lifecycle.internal.removing import delete
from aifp.helpers.shared.hashing import sha256_of
from aifp.helpers.user_directives.internal.approvals import decide, expiry, file_request
from aifp.helpers.user_directives.internal.risks import risk_line
from aifp.schemas.approvals import NewRequest
from aifp.schemas.errors import Conflict, InvalidArgument
from aifp.schemas.ports import Ctx, Reader, Row
from aifp.schemas.subjects import Subject
from aifp.schemas.words import Channel, Decision, EffectClass

KIND = "archive_duplicate"


async def request_archive(ctx: Ctx, name: str) -> Row:
    """File the request to archive a tool that does the same as a better one."""
    other, twins = await _better_twin(ctx, name)
    artifact = await require_artifact(ctx.directives, name, "user_tool")
    keep = await require_artifact(ctx.directives, other.name, "user_tool")
    effect = await class_of_version(ctx, int(str(artifact["current_version_id"])))
    request = NewRequest(
        subject=Subject(kind=KIND, id=str(artifact["id"]), name=name),
        release_sha256=await _pair_sha256(ctx.directives, artifact, keep),
        text=_text(artifact, other, twins, effect),
        expires_at=expiry(ctx),
    )
    return await file_request(ctx, request)


async def decide_archive(
    ctx: Ctx, request: Row, decision: Decision, channel: Channel, reason: str | None
) -> Row:
    """Write the decision; after a yes the file goes into the archive, where nothing is lost."""
    name = str(request["subject_name"])
    artifact = await require_artifact(ctx.directives, name, "user_tool")
    if decision == "approved":
        await _require_same(ctx, request, artifact)
    decided = await decide(ctx, int(str(request["id"])), decision, channel, reason)
    if decision == "approved":
        await _archive(replace(ctx, actor="user"), artifact)
    return decided


async def _archive(ctx: Ctx, artifact: Row) -> None:
    await delete(ctx, artifact, archive=True)
    # A person wanted it so: nobody needs to ask whether it was an accident.
    await close_deletion_alerts(ctx, artifact)


async def _better_twin(ctx: Ctx, name: str) -> tuple[Described, Twins]:
    """Return the tool that is better than this one and does the same."""
    for twins in await twins_of(ctx, name):
        keep, _ = better_of(twins.a, twins.b)
        if keep.name != name:
            return keep, twins
    raise InvalidArgument(
        f"No better tool does the same as {name}; see find_duplicates. delete_tool removes it."
    )


async def _require_same(ctx: Ctx, request: Row, artifact: Row) -> None:
    """Refuse a yes to a pair that is not any more what the person was shown."""
    for twins in await twins_of(ctx, str(artifact["name"])):
        other = twins.b if twins.a.name == artifact["name"] else twins.a
        keep = await require_artifact(ctx.directives, other.name, "user_tool")
        if await _pair_sha256(ctx.directives, artifact, keep) == request["release_sha256"]:
            return
    raise Conflict(f"{artifact['name']} or its twin changed since it was shown. Ask again.")


async def _pair_sha256(db: Reader, archive: Row, keep: Row) -> str:
    codes: dict[str, str] = {}
    for part, row in (("archive", archive), ("keep", keep)):
        version = await db.one("version_by_id", id=row["current_version_id"])
        codes[part] = f"{row['name']} {version['code_hash'] if version else None}"
    return sha256_of({"kind": KIND, **codes})


def _text(artifact: Row, keep: Described, twins: Twins, effect: EffectClass) -> str:
    name = str(artifact["name"])
    own = twins.a if twins.a.name == name else twins.b
    alike = {"same_code": "has the same code as", "duplicate": "does the same as"}
    verb = alike.get(confidence_of(twins), "is much like")
    _, reasons = better_of(twins.a, twins.b)
    return (
        f"Archive {name}: it {verb} {keep.name} ({twins.similarity:.0%} alike).\n"
        f"{_used(own)}\n{_used(keep)}\nWhy keep {keep.name}: {'; '.join(reasons)}.\n"
        f"Risk: {risk_line(effect)}\n"
        f'The file {artifact["path"]} is removed; restore_tool("{name}") brings it back.'
    )


def _used(tool: Described) -> str:
    rate = "never used" if tool.uses.rate is None else f"{float(tool.uses.rate):.1%} successful"
    return f"{tool.name}: {tool.uses.executions} uses, {rate}."
