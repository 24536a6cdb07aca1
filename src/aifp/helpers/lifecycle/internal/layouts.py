"""How a tool lays out what it remembers: going back across a change of it needs a person."""

import ast

from aifp.helpers.lifecycle.internal.class_records import class_of_version
from aifp.helpers.lifecycle.internal.deciding import put_to_person
from aifp.helpers.lifecycle.internal.declarations import CHARACTERISTICS, constant_in
from aifp.helpers.lifecycle.internal.stored_files import stored_texts
from aifp.helpers.shared.hashing import sha256_of
from aifp.helpers.user_directives.internal.approvals import expiry, file_request, genuine_yes
from aifp.helpers.user_directives.internal.risks import risk_line
from aifp.schemas.approvals import NewRequest, PendingDecision
from aifp.schemas.deploying import Proposed
from aifp.schemas.errors import ApprovalRequired
from aifp.schemas.ports import Ctx, Row, SqlValue
from aifp.schemas.subjects import Subject


async def require_same_layout(ctx: Ctx, artifact: Row, version_id: SqlValue) -> None:
    """Refuse to go back by itself to a version that lays out its state in another way."""
    before, after = await _layouts(ctx, artifact, version_id)
    if before != after:
        raise ApprovalRequired(
            f"{artifact['name']} lays out its state as version {before}, the earlier code as "
            f"version {after}: a person decides, by rollback_to_version."
        )


async def layout_yes(ctx: Ctx, artifact: Row, version_id: int) -> Proposed | None:
    """Ask the person where going back changes the layout of the state; None lets it go on."""
    before, after = await _layouts(ctx, artifact, version_id)
    if before == after:
        return None
    version = await ctx.directives.one("version_by_id", id=version_id) or {}
    sha256 = sha256_of({"code": str(version["code_hash"]), "from": before, "to": after})
    subject = Subject(kind="destroy_state", id=str(artifact["id"]), name=str(artifact["name"]))
    if await genuine_yes(ctx, "destroy_state", subject.id, sha256) is not None:
        return None
    text = (
        f"Let {artifact['name']} go back to code with another layout of its state?\n\nThe code "
        f"that runs lays out what it remembers as version {before}, the earlier code as version "
        f"{after}. The earlier code may not understand what is remembered, or spoil it.\n\n"
        f"Risk: {risk_line(await class_of_version(ctx, version_id))}\n"
    )
    request = NewRequest(subject=subject, release_sha256=sha256, text=text, expires_at=expiry(ctx))
    answer = await put_to_person(ctx, await file_request(ctx, request))
    if not isinstance(answer, PendingDecision):
        return None
    return Proposed(
        version_number=int(str(version["version_number"])),
        approval_id=answer.approval_id,
        command=answer.command,
        note="A person decides about the layout of its state; then call again.",
    )


async def _layouts(ctx: Ctx, artifact: Row, version_id: SqlValue) -> tuple[int, int]:
    """Return the layout of the code in force and that of a version."""
    present = artifact["deployed_version_id"] or artifact["current_version_id"]
    return await _layout(ctx, artifact, present), await _layout(ctx, artifact, version_id)


async def _layout(ctx: Ctx, artifact: Row, version_id: SqlValue) -> int:
    texts = await stored_texts(ctx, version_id)
    return state_version_in(texts.get(str(artifact["path"]), ""))


def state_version_in(source: str) -> int:
    """Return the layout that a source declares as a literal; 1 where it declares none."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return 1
    declared = constant_in(tree, CHARACTERISTICS)
    return 1 if declared is None else _declared(declared[1])


def _declared(value: ast.expr) -> int:
    if not isinstance(value, ast.Dict):
        return 1
    for key, item in zip(value.keys, value.values, strict=True):
        match key, item:
            case ast.Constant(value="state_version"), ast.Constant(value=int(number)):
                return number
            case _:
                pass
    return 1
