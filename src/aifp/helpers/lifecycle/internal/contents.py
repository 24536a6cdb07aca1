"""What lies in a file that is to be recorded: its bytes kept, its meaning read."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from aifp.helpers.lifecycle.internal.diffs import compute_diffs
from aifp.helpers.lifecycle.internal.folder import Disk, content_of
from aifp.helpers.lifecycle.internal.known_files import Known
from aifp.helpers.lifecycle.internal.tool_alerts import COLLISION
from aifp.helpers.lifecycle.internal.tool_source import is_tool_name, read_tool
from aifp.helpers.lifecycle.internal.versions import code_hash_of, keep_file
from aifp.helpers.user_directives.internal.classification import classify
from aifp.schemas.artifacts import NewVersion, ToolSpec, VersionFile
from aifp.schemas.errors import AifpError, InvalidArgument
from aifp.schemas.ports import Ctx
from aifp.schemas.words import EffectClass, VersionReason


@dataclass(frozen=True, slots=True)
class Content:
    """The content of one artifact's files: what it says, or why it can be no tool."""

    files: tuple[VersionFile, ...]
    code_hash: str
    spec: ToolSpec | None = None
    problem: str | None = None
    effect: EffectClass = "unknown"
    diff: str = ""

    def version(self, reason: VersionReason) -> NewVersion:
        """Return it as a version that nobody has approved."""
        return NewVersion(
            files=list(self.files),
            code_hash=self.code_hash,
            reason=reason,
            created_by="user",
            permissions=self.spec.permissions if self.spec else [],
        )


def tool_name(path: str) -> str:
    """Return the name of the tool that a file would be."""
    return PurePosixPath(path).stem


def why_no_tool(path: str, disk: Disk, taken: Iterable[str]) -> tuple[str, str] | None:
    """Return why a file can have no record, as an alert's code and text; None when it can."""
    name = tool_name(path)
    if name in taken:
        return COLLISION, (
            f"{path} has the name of a tool of aifp itself and is left alone; rename the file."
        )
    if not is_tool_name(name):
        return "bad_tool_name", (
            f"{path} cannot be a tool: rename the file like a Python function, or begin its name "
            "with `_` if it is none."
        )
    if path in disk.unreadable:
        return "tool_unreadable", f"{path} cannot be read: {disk.unreadable[path]}"
    return None


async def tool_content(ctx: Ctx, disk: Disk, path: str, *, keep: bool) -> Content | None:
    """Read the file of a tool, and keep its bytes; None when it is another by now."""
    data = await content_of(ctx, disk, path)
    if data is None:
        return None
    file = VersionFile(path=path, sha256=disk.hashes[path], size=len(data))
    if keep:
        file = await keep_file(ctx, path, data)
    spec, problem = _read(path, data)
    effect = classify(spec, {spec.name: data.decode("utf-8")}) if spec else "unknown"
    return Content((file,), code_hash_of({path: data}), spec, problem, effect)


async def code_content(ctx: Ctx, disk: Disk, one: Known, *, keep: bool) -> Content | None:
    """Read the changed files of a directive's code, and keep their bytes."""
    files: list[VersionFile] = []
    for file in one.files:
        sha256 = disk.hashes.get(file.path)
        if file.role == "test" or sha256 in (None, file.sha256):
            files.append(file)
            continue
        data = await content_of(ctx, disk, file.path)
        if data is None:
            return None
        if keep:
            await ctx.files.keep(data)
        files.append(file.model_copy(update={"sha256": sha256, "size": len(data)}))
    code = {file.path: file.sha256 for file in files if file.role != "test"}
    return Content(tuple(files), one.code_hash(code))


async def content_of_known(ctx: Ctx, disk: Disk, one: Known, *, keep: bool) -> Content | None:
    """Read the present files of an artifact, and keep their bytes."""
    if one.is_tool:
        path = str(one.row["main_path"])
        content = await tool_content(ctx, disk, path, keep=keep)
        return replace(content, diff=await diff_of(ctx, disk, one)) if content else None
    if one.has_baseline:
        return await code_content(ctx, disk, one, keep=keep)
    # Nobody knows which files it had; the main one is what its record names.
    path = str(one.row["main_path"])
    bare = Known(one.row, (VersionFile(path=path, sha256="", size=0),))
    return await code_content(ctx, disk, bare, keep=keep)


async def diff_of(ctx: Ctx, disk: Disk, one: Known) -> str:
    """Return how files differ from what is known of them; empty when that is kept nowhere."""
    before: dict[str, str] = {}
    after: dict[str, str] = {}
    for path, sha256 in one.code.items():
        if disk.hashes.get(path) == sha256:
            continue
        data = await content_of(ctx, disk, path) if path in disk.hashes else b""
        try:
            before[path] = (await ctx.files.fetch(sha256)).decode("utf-8", "replace")
        except AifpError:
            return ""
        after[path] = (data or b"").decode("utf-8", "replace")
    return compute_diffs(before, after, "known", "file").diff


def _read(path: str, data: bytes) -> tuple[ToolSpec | None, str | None]:
    try:
        return read_tool(tool_name(path), data.decode("utf-8"), path), None
    except UnicodeDecodeError as fault:
        return None, f"{path}: not UTF-8 text ({fault.reason} at byte {fault.start})."
    except InvalidArgument as refusal:
        return None, str(refusal)
