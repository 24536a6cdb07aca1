"""file(op, path, data): read, write, append or list inside the granted folders."""

import json
from pathlib import PurePosixPath
from typing import Literal

from pydantic import Field, JsonValue

from aifp.schemas.common import JsonMap, Record
from aifp.schemas.errors import FileMissing, InvalidArgument
from aifp.schemas.words import Resource
from aifp.server.engine.driving.grants import Grants, in_glob, is_closed
from aifp.server.engine.host.tools import Call, Tools, read_arguments

LONGEST_READ = 1_048_576
# An append rewrites the whole file, so that it is written whole or not at all.
LONGEST_APPENDED = 16 * 1_048_576


class FileArguments(Record):
    """What file takes."""

    op: Literal["read", "write", "append", "list"]
    path: str = Field(min_length=1, max_length=4_096)
    data: JsonValue = None


def is_write(arguments: JsonMap) -> bool:
    """Say whether the file changes."""
    return arguments.get("op") in ("write", "append")


def is_repeatable(arguments: JsonMap) -> bool:
    """Say whether doing it twice is doing it once; an append is not."""
    return arguments.get("op") != "append"


async def do(call: Call, grants: Grants, tools: Tools) -> JsonValue:
    """Do one file operation."""
    asked = read_arguments(FileArguments, call.arguments)
    path = plain_path(asked.path)
    needed: Resource = "file_write" if is_write(call.arguments) else "file_read"
    if asked.op == "list":
        return await _list(path, grants, tools)
    grants.permit(needed, path=path)
    match asked.op:
        case "read":
            return await _read(path, tools)
        case "write":
            await tools.ctx.files.write({path: _bytes(asked.data)})
        case "append":
            await _append(path, _bytes(asked.data), tools)
    return None


def plain_path(text: str) -> str:
    """Return a project-relative path without detours; anything else is refused."""
    path = PurePosixPath(text)
    if path.is_absolute() or ".." in path.parts or "\\" in text or "\x00" in text:
        raise InvalidArgument(f"{text!r} is not a path inside the project.")
    if is_closed(path.as_posix()):
        raise InvalidArgument(f"{path.parts[0]} belongs to the engine, not to directives.")
    return path.as_posix()


async def _read(path: str, tools: Tools) -> str:
    data = await tools.ctx.files.read(path, LONGEST_READ)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as fault:
        raise InvalidArgument(f"{path} is not UTF-8 text.") from fault


async def _append(path: str, data: bytes, tools: Tools) -> None:
    async with tools.appending:
        try:
            before = await tools.ctx.files.read(path, LONGEST_APPENDED)
        except FileMissing:
            before = b""
        await tools.ctx.files.write({path: before + data})


async def _list(glob: str, grants: Grants, tools: Tools) -> JsonValue:
    """Return the files of a glob that are granted; the glob itself may be wider."""
    allowed = [str(p.value.get("path")) for p in grants.allow if p.resource == "file_read"]
    if not allowed:
        grants.permit("file_read", path=glob)
    denied = [str(p.value.get("path")) for p in grants.deny if p.resource == "file_read"]
    return [
        path
        for path in (file.path for file in await tools.ctx.files.find(glob))
        if any(in_glob(a, path) for a in allowed) and not any(in_glob(d, path) for d in denied)
    ]


def _bytes(data: JsonValue) -> bytes:
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False, indent=2)
    return text.encode("utf-8", "surrogatepass")
