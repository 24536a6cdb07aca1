"""What the parse tool tells about a file."""

from aifp.helpers.user_directives.internal.parsing import error_problems, file_error
from aifp.schemas.ports import Ctx, Row
from aifp.schemas.workflow import DirectiveFile, ParseAnswer, ParsedDirective


async def parse_report(ctx: Ctx, read: DirectiveFile, notes: list[str]) -> ParseAnswer:
    """Return the directives of a file as they are stored now, its errors and its warnings."""
    rows = await ctx.directives.all("parsed_directives", source_file=read.file.source_file)
    problems = [*read.file.problems, *(p for _, reading in read.readings for p in reading.problems)]
    errors = sorted(error_problems(problems), key=lambda p: (p.line, p.column))
    present = {draft.name for draft, _ in read.readings}
    directives = [_parsed(row) for row in rows if row["name"] in present]
    return ParseAnswer(
        success=bool(directives) or not errors,
        source_file=read.file.source_file,
        format=read.file.format,
        directives=directives,
        errors=[file_error(problem) for problem in errors],
        warnings=[*(str(p) for p in problems if p.severity != "error"), *notes],
    )


def _parsed(row: Row) -> ParsedDirective:
    return ParsedDirective.model_validate(dict(row))
