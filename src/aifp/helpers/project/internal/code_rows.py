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
from aifp.schemas.ports import Ctx, Reader, Row, Writer
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
    files = facts.code.files if facts.code else []
    own = {str(row["path"]) for row in await _own(db, facts.name)}
    if own - {file.path for file in files}:
        return False
    code = facts.code
    return code is None or all([await _is_noted(db, facts.name, code, f) for f in files])


async def _is_noted(db: Reader, name: str, code: CodeFacts, file: CodeFile) -> bool:
    row = await db.one("file_at", path=file.path)
    if row is None or row["checksum"] != file.sha256:
        return False
    if file.role == "helper":
        return True
    # Of code that cannot be read no function is noted, and so no entry point.
    same_start = file.role == "test" or row["entry_point"] in (None, code.entry_point)
    is_same = bool(row["generated"]) == code.generated and same_start
    return is_same and row["directive_name"] == name


async def _own(db: Reader, name: str) -> list[Row]:
    return await db.all("files_of_directive", directive_name=name)


async def store_code(db: Writer, at: str, facts: DirectiveFacts, sources: Sources) -> None:
    """Put a directive's present files and functions in the place of the earlier ones."""
    code = facts.code
    present = {file.path for file in code.files} if code else set[str]()
    if code is not None:
        await _store_files(db, at, facts.name, code, sources)
    for row in await _own(db, facts.name):
        if row["path"] not in present:
            await _let_go(db, at, facts.name, row)


async def _let_go(db: Writer, at: str, name: str, row: Row) -> None:
    """Forget a file that a directive no longer has; one that others call becomes theirs."""
    heir = await db.one("heir_of_file", file_id=row["id"], directive_name=name)
    if heir is None:
        await db.run("drop_file", path=row["path"])
        return
    named = {"id": row["id"], "directive_name": heir["directive_name"]}
    await db.run("hand_file_over", **named, at=at)
    await db.run("hand_functions_over", **named, at=at)


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
        module = _module(file.path)
        owner = await _owner(db, name, file)
        file_id = await _store_file(db, at, owner, file, generated=code.generated)
        await _forget_functions(db, file_id, [one.name for one in modules[module]])
        for one in modules[module]:
            key = (module, one.name)
            is_entry = file.role == "implementation" and one.name == code.entry_point
            flags = {"is_pure": key in pure, "is_entry_point": is_entry}
            more = {"directive_name": owner} | flags
            ids[key] = await _store_function(db, at, file_id, one, more)
    await _store_calls(db, at, modules, ids)


async def _owner(db: Reader, name: str, file: CodeFile) -> str:
    """Return whose file it is: a module that several directives use stays with the first."""
    row = await db.one("file_at", path=file.path) if file.role == "helper" else None
    return str(row["directive_name"] or name) if row else name


async def _store_file(db: Writer, at: str, owner: str, file: CodeFile, *, generated: bool) -> int:
    row = await db.one(
        "store_file",
        path=file.path,
        language=LANGUAGES.get(PurePosixPath(file.path).suffix, "other"),
        checksum=file.sha256,
        kind=KINDS.get(file.role, "other"),
        directive_name=owner,
        generated=int(generated),
        at=at,
    )
    return int(row["id"] or 0) if row else 0


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


def _module(path: str) -> str:
    return PurePosixPath(path).stem
