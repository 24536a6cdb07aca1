"""No file that somebody edited is ever overwritten, and no name belongs to two directives."""

from aifp.helpers.shared.hashing import sha256_of_bytes
from aifp.schemas.errors import Conflict, FileMissing
from aifp.schemas.ports import Ctx
from aifp.schemas.workflow import GeneratedCode


async def require_unedited(ctx: Ctx, directive_id: int, made: GeneratedCode) -> None:
    """Refuse to write over a file that is not, byte for byte, what was written here last."""
    for path in made.written:
        await _require_free(ctx, directive_id, path)
        present = await _present_sha256(ctx, path)
        wanted = sha256_of_bytes(made.files[path].encode("utf-8"))
        if present in (None, wanted):
            continue
        row = await ctx.directives.one("last_bytes_of_path", directive_id=directive_id, path=path)
        if row is None or row["object_sha256"] != present:
            raise Conflict(
                f"Conflict detected: {path} was changed by hand and is kept as it is. To take "
                "that version, pass its text as `code` (or `test_code`); to drop it, remove the "
                "file and implement again.",
                path=path,
                present_sha256=present,
                wanted_sha256=wanted,
            )


async def _require_free(ctx: Ctx, directive_id: int, path: str) -> None:
    row = await ctx.directives.one("owner_of_path", directive_id=directive_id, path=path)
    if row is not None:
        raise Conflict(
            f"{path} already belongs to the directive {row['name']}: two directive names give the "
            "same file name. Rename one of them."
        )


async def _present_sha256(ctx: Ctx, path: str) -> str | None:
    try:
        return sha256_of_bytes(await ctx.files.read(path))
    except FileMissing:
        return None
