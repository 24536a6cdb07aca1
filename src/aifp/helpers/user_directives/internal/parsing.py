"""From a file of the project to directives read for meaning; the file is never changed."""

import asyncio
from pathlib import PurePath
from posixpath import normpath

from aifp.helpers.contract import internal
from aifp.helpers.user_directives.internal.answers import answers_for
from aifp.helpers.user_directives.internal.knowledge import known_of
from aifp.helpers.user_directives.internal.language.reader import interpret, read_file
from aifp.helpers.user_directives.internal.language.relations import with_directive
from aifp.schemas.errors import InvalidArgument
from aifp.schemas.ports import Ctx
from aifp.schemas.reading import Draft, Interpretation, Problem
from aifp.schemas.words import SourceFormat
from aifp.schemas.workflow import DirectiveFile, FileError

# One byte more than the largest directive file, so that the reader itself says E101.
READ_LIMIT = 1_048_577


@internal
async def parse_directive_file(
    ctx: Ctx, file_path: str, file_format: SourceFormat | None = None
) -> DirectiveFile:
    """Read a directive file into directives, open questions and errors with line and column."""
    path = project_path(ctx, file_path)
    data = await ctx.files.read(path, READ_LIMIT)
    parsed = read_file(data, path, file_format)
    known = await known_of(ctx, {draft.name for draft in parsed.drafts}, complete=False)
    readings: list[tuple[Draft, Interpretation]] = []
    for draft in parsed.drafts:
        # Reading for meaning is all work and no waiting: others get their turn between drafts.
        await asyncio.sleep(0)
        answers = await answers_for(ctx, draft)
        reading = interpret(draft, parsed.settings, known, answers, path)
        readings.append((draft, reading))
        if reading.canonical is not None:
            others = with_directive(known.others, reading.canonical)
            known = known.model_copy(update={"others": others})
    return DirectiveFile(file=parsed, readings=readings)


def project_path(ctx: Ctx, file_path: str) -> str:
    """Return a path as the project names it: relative, with `/`, without `.` and `..`."""
    path = PurePath(file_path)
    if path.is_absolute() and path.is_relative_to(ctx.settings.project):
        path = path.relative_to(ctx.settings.project)
    if not file_path.strip() or "\x00" in file_path:
        raise InvalidArgument("The path of a directive file is empty or holds a NUL character.")
    return normpath(path.as_posix())


def is_inside(path: str) -> bool:
    """Say whether a path as the project names it stays in the project, by its words alone."""
    return path != ".." and not path.startswith(("../", "/"))


def file_error(problem: Problem) -> FileError:
    """Return a problem as the tools list it."""
    return FileError(
        line=problem.line, column=problem.column, path=problem.path, message=str(problem)
    )


def error_problems(problems: list[Problem]) -> list[Problem]:
    """Return the problems that keep a directive from being taken."""
    return [problem for problem in problems if problem.severity == "error"]
