"""The release that a stored version, or the file as it lies there, would be."""

import json

from aifp.helpers.lifecycle.internal.artifact_rows import require_version_row
from aifp.helpers.lifecycle.internal.stored_files import stored_code
from aifp.helpers.lifecycle.internal.tool_releases import Place, ToolCode, tool_release
from aifp.helpers.lifecycle.internal.tool_source import read_tool
from aifp.helpers.lifecycle.internal.versions import code_hash_of
from aifp.helpers.shared.zones import project_zone
from aifp.helpers.user_directives.internal.programs import with_programs
from aifp.helpers.user_directives.internal.releases import release_of, release_row
from aifp.schemas.errors import InvalidArgument, NoSuch
from aifp.schemas.ports import Ctx, Row
from aifp.schemas.releases import Release


async def release_of_version(ctx: Ctx, version_id: int) -> Release:
    """Return the release that a version is, from its stored bytes, approved or not."""
    row = await require_version_row(ctx.directives, version_id)
    files = await stored_code(ctx, version_id)
    if row["kind"] == "implementation":
        return await _of_directive(ctx, row, files)
    path, data = _only(row, files)
    return await release_of_code(ctx, await _code(ctx, row, path, data))


async def code_of_version(ctx: Ctx, version_id: int) -> ToolCode:
    """Return the code of a tool as a stored version has it."""
    row = await require_version_row(ctx.directives, version_id)
    if row["kind"] != "user_tool":
        raise NoSuch(f"Version {version_id} is none of a tool.")
    path, data = _only(row, await stored_code(ctx, version_id))
    return await _code(ctx, row, path, data)


async def present_code(ctx: Ctx, artifact: Row) -> ToolCode | None:
    """Return the code of a tool as its file lies on disk now.

    None where no version has these bytes; raises FileMissing.
    """
    path = str(artifact["path"])
    data = await ctx.files.read(path)
    row = await ctx.directives.one(
        "version_with_code",
        artifact_id=artifact["id"],
        code_hash=code_hash_of({path: data}),
        current=artifact["current_version_id"],
    )
    if row is None:
        return None
    return await _code(ctx, row, path, data)


async def release_of_code(ctx: Ctx, code: ToolCode) -> Release:
    """Return the release that the code of a tool is here."""
    zone = await project_zone(ctx.project)
    return tool_release(code, Place(ctx.sandbox.profile(), zone.key))


async def _code(ctx: Ctx, row: Row, path: str, data: bytes) -> ToolCode:
    spec = read_tool(str(row["name"]), _text(path, data), path)
    return ToolCode(
        artifact_id=int(str(row["artifact_id"])),
        version_id=int(str(row["id"])),
        version_number=int(str(row["version_number"])),
        path=path,
        data=data,
        spec=spec,
        permissions=await with_programs(ctx, spec.permissions),
    )


async def _of_directive(ctx: Ctx, row: Row, files: dict[str, bytes]) -> Release:
    """Return the release of a directive as it is configured now, with the code of a version."""
    present = await release_row(ctx, int(str(row["directive_id"])))
    parts = {**present, "artifact_version_id": row["id"], "metadata_json": row["metadata_json"]}
    if present["artifact_version_id"] != row["id"]:
        begin = await ctx.directives.one("implementation_of_version", version_id=row["id"]) or {}
        parts |= {key: begin[key] for key in ("implementation_file", "entry_point") if key in begin}
        if json.loads(str(row["permissions_json"])):
            parts["permissions_json"] = row["permissions_json"]
    deps = await ctx.directives.all("locked_dependencies", directive_id=present["id"])
    return release_of(parts, files, deps, ctx.sandbox.profile)


def _only(row: Row, files: dict[str, bytes]) -> tuple[str, bytes]:
    if len(files) != 1:
        raise InvalidArgument(f"Version {row['version_number']} of {row['name']} has no code file.")
    return next(iter(files.items()))


def _text(path: str, data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as fault:
        raise InvalidArgument(f"{path} is not UTF-8 text: {fault.reason}.") from None
