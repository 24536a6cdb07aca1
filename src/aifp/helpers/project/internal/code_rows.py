"""Files and functions of a directive's code, as rows of project.db."""

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from aifp.helpers.project.internal.source_reading import (
    FunctionSource,
    called_by,
    pure_functions,
    read_functions,
)
from aifp.schemas.errors import AifpError
from aifp.schemas.outbox import CodeFacts, CodeFile, DirectiveFacts, SourceFacts
from aifp.schemas.ports import Ctx, Reader, Writer
from aifp.schemas.words import FileKind, FileRole

# Functions by the hash of the file they lie in.
Sources = Mapping[str, list[FunctionSource]]
LANGUAGES = {".py": "python", ".json": "json", ".yaml": "yaml", ".yml": "yaml", ".txt": "text"}
KINDS: dict[FileRole, FileKind] = {
    "implementation": "implementation",
    "helper": "implementation",
    "test": "test",
}

logger = logging.getLogger(__name__)


async def load_source(ctx: Ctx, file: CodeFile) -> list[FunctionSource]:
    """Read the functions of a stored file; of one that cannot be read there are none."""
    if not file.path.endswith(".py"):
        return []
    try:
        return read_functions((await ctx.files.fetch(file.sha256)).decode())
    except (AifpError, SyntaxError, ValueError, RecursionError, MemoryError) as fault:
        logger.warning("functions of %s cannot be read: %s", file.path, fault)
        return []


async def is_known(db: Reader, facts: DirectiveFacts) -> bool:
    """Say whether the code of a directive is noted as it is."""
    rows = await db.all("files_of_directive", directive_name=facts.name)
    known = {(row["path"], row["checksum"], row["kind"], bool(row["generated"])) for row in rows}
    code = facts.code
    files = code.files if code else []
    return known == {
        (f.path, f.sha256, _kind(f), code is not None and code.generated) for f in files
    }


async def store_code(db: Writer, at: str, facts: DirectiveFacts, sources: Sources) -> None:
    """Put a directive's present files and functions in the place of the earlier ones."""
    code = facts.code
    present = {file.path for file in code.files} if code else set[str]()
    for row in await db.all("files_of_directive", directive_name=facts.name):
        if row["path"] not in present:
            await db.run("drop_file", path=row["path"])
    if code is not None:
        await _store_files(db, at, facts.name, code, sources)


async def store_source(db: Writer, at: str, source: SourceFacts) -> None:
    """Note a directive file, or forget it."""
    if source.sha256 is None:
        await db.run("drop_file", path=source.path)
        return
    await db.one(
        "store_file",
        path=source.path,
        language="text" if source.format == "txt" else source.format,
        checksum=source.sha256,
        kind="directive_source",
        directive_name=None,
        generated=0,
        at=at,
    )


async def _store_files(db: Writer, at: str, name: str, code: CodeFacts, sources: Sources) -> None:
    modules = {_module(f.path): sources.get(f.sha256, []) for f in code.files}
    pure, ids = pure_functions(modules), dict[tuple[str, str], int]()
    for file in code.files:
        row = await db.one(
            "store_file",
            path=file.path,
            language=LANGUAGES.get(PurePosixPath(file.path).suffix, "other"),
            checksum=file.sha256,
            kind=_kind(file),
            directive_name=name,
            generated=int(code.generated),
            at=at,
        )
        module, file_id = _module(file.path), int(row["id"] or 0) if row else 0
        await _forget_functions(db, file_id, [one.name for one in modules[module]])
        for one in modules[module]:
            key = (module, one.name)
            flags = {"is_pure": key in pure, "is_entry_point": one.name == code.entry_point}
            ids[key] = await _store_function(db, at, file_id, one, {"directive_name": name} | flags)
    await _store_calls(db, at, modules, ids)


async def _forget_functions(db: Writer, file_id: int, kept: Sequence[str]) -> None:
    await db.run("drop_interactions", file_id=file_id)
    for row in await db.all("function_names", file_id=file_id):
        if row["name"] not in kept:
            await db.run("drop_function", id=row["id"])


async def _store_function(
    db: Writer, at: str, file_id: int, one: FunctionSource, more: Mapping[str, str | bool]
) -> int:
    row = await db.one(
        "store_function",
        file_id=file_id,
        name=one.name,
        signature=one.signature,
        purpose=one.purpose,
        parameters_json=json.dumps(one.parameters),
        returns=one.returns,
        source_hash=one.source_hash,
        line=one.line,
        at=at,
        **more,
    )
    return int(row["id"] or 0) if row else 0


async def _store_calls(
    db: Writer,
    at: str,
    modules: Mapping[str, list[FunctionSource]],
    ids: Mapping[tuple[str, str], int],
) -> None:
    for module, found in modules.items():
        for one in found:
            for target in called_by(module, one):
                if target in ids:
                    source = ids[module, one.name]
                    await db.run("add_interaction", source=source, target=ids[target], at=at)


def _kind(file: CodeFile) -> FileKind:
    return KINDS.get(file.role, "other")


def _module(path: str) -> str:
    return PurePosixPath(path).stem
