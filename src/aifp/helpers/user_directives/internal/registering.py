"""Take in code that lies in the project, as it lies there: read and parsed, never run."""

import ast
from collections.abc import Collection

from aifp.helpers.user_directives.internal.code_generation import GIVEN, modules_of, with_helpers
from aifp.helpers.user_directives.internal.code_versions import Registered, is_version
from aifp.helpers.user_directives.internal.dependency_detection import (
    detect_dependencies,
    keep_dependencies,
)
from aifp.helpers.user_directives.internal.generation.names import module_in, module_of
from aifp.helpers.user_directives.internal.implementing import register
from aifp.helpers.user_directives.internal.language.suggestions import nearest
from aifp.helpers.user_directives.internal.needed_packages import with_packages
from aifp.helpers.user_directives.internal.parsing import project_path
from aifp.helpers.user_directives.internal.permissions import permissions_of
from aifp.helpers.user_directives.internal.programs import with_programs
from aifp.schemas.canonical import CanonicalDirective
from aifp.schemas.errors import Conflict, InvalidArgument, InvalidTransition, NoSuch
from aifp.schemas.ports import Ctx, Reader, Row
from aifp.schemas.workflow import GeneratedCode


async def register_file(
    ctx: Ctx, directive_id: int, file: str, entry_point: str, test_file: str | None
) -> int:
    """Keep the bytes of a file as the code of a directive; nothing of it is approved."""
    row = await _implementable(ctx.directives, directive_id)
    made = await _as_it_lies(ctx, row, project_path(ctx, file), entry_point, test_file)
    made = await with_packages(ctx, directive_id, made)
    modules = modules_of(made)
    permissions = await with_programs(ctx, permissions_of(made.directive, modules))
    objects = {path: await ctx.files.keep(text.encode()) for path, text in made.files.items()}
    needs = await detect_dependencies(ctx, made.directive, modules)
    async with ctx.directives.write() as db:
        now = await _implementable(db, directive_id)
        if now["version"] != row["version"]:
            raise Conflict(f"{row['name']} was changed meanwhile. Register its code again.")
        done = Registered(made, [], permissions, objects, needs)
        present = await _present(db, now, done)
        if present is not None:
            return present
        implementation_id = await register(ctx, db, now, done)
        await keep_dependencies(db, ctx.clock.now(), directive_id, needs, made.packages)
    ctx.engine.wake()
    return implementation_id


async def _present(db: Reader, row: Row, done: Registered) -> int | None:
    """Return the newest implementation if it is this very code: then nothing changes."""
    before = await db.one("newest_implementation", directive_id=row["id"])
    if before is None or before["status"] == "failed" or row["status"] == "validated":
        return None
    made = done.made
    same = (
        before["implementation_file"] == made.implementation_file
        and before["entry_point"] == made.entry_point
        and row["permissions_sha256"] == done.permissions_sha256
        and await is_version(db, before["artifact_version_id"], done)
    )
    return int(str(before["id"])) if same else None


async def _implementable(db: Reader, directive_id: int) -> Row:
    row = await db.one("canonical_of_directive", id=directive_id)
    if row is None:
        raise NoSuch(f"There is no directive {directive_id}.")
    if row["status"] in ("draft", "archived"):
        raise InvalidTransition(
            f"{row['name']} is {row['status']}; only a validated directive takes code. "
            "user_directive_validate comes first.",
            previous_status=row["status"],
            new_status="implemented",
        )
    return row


async def _as_it_lies(
    ctx: Ctx, row: Row, path: str, entry_point: str, test_file: str | None
) -> GeneratedCode:
    source = await _source(ctx, path)
    _require_function(path, source, entry_point)
    files = {path: source}
    tests = None if test_file is None else project_path(ctx, test_file)
    if tests is not None:
        files[tests] = await _source(ctx, tests)
        _parsed(tests, files[tests])
    _require_names(files)
    made = GeneratedCode(
        directive=CanonicalDirective.model_validate_json(str(row["configuration_json"])),
        implementation_file=path,
        test_file=tests,
        entry_point=entry_point,
        files=files,
        generator=GIVEN,
    )
    made = await with_helpers(ctx, made)
    for helper in made.helpers:
        _parsed(helper, made.files[helper])
    return made


def _require_names(files: Collection[str]) -> None:
    """Refuse file names that are no module of their own in the sandbox."""
    for path in files:
        name = module_in(path)
        if not name.isidentifier() or (module_of(name) != name and not name.startswith("test_")):
            raise InvalidArgument(f"{path}: {name} is no free module name; rename the file.")
    if len({module_in(path) for path in files}) < len(files):
        raise InvalidArgument("Code and tests have the same file name; rename one of them.")


async def _source(ctx: Ctx, path: str) -> str:
    if not path.endswith(".py"):
        raise InvalidArgument(f"{path} is no Python file; its name must end with .py.")
    try:
        return (await ctx.files.read(path)).decode("utf-8")
    except UnicodeDecodeError as fault:
        raise InvalidArgument(f"{path} is not UTF-8: {fault}.") from None


def _require_function(path: str, source: str, name: str) -> None:
    functions = [
        node.name
        for node in _parsed(path, source).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    if name not in functions:
        near = nearest(name, functions)
        raise InvalidArgument(
            f"{path} has no function {name} at its top level. "
            + (f"Did you mean {near}?" if near else "It has none.")
        )


def _parsed(path: str, source: str) -> ast.Module:
    try:
        return ast.parse(source)
    except SyntaxError as fault:
        raise InvalidArgument(f"{path}, line {fault.lineno}: {fault.msg}.") from None
    except (ValueError, RecursionError, MemoryError) as fault:
        raise InvalidArgument(f"{path} is not valid Python: {fault}.") from None
