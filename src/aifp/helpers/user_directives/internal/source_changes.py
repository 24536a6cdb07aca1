"""What differs between a directive file and what is stored of it."""

import difflib
import json
from dataclasses import dataclass

from aifp.helpers.shared.hashing import sha256_of
from aifp.helpers.user_directives.internal.parsing import (
    error_problems,
    parse_directive_file,
    project_path,
)
from aifp.schemas.errors import FileMissing, InvalidArgument, NoSuch
from aifp.schemas.ports import Ctx, Row
from aifp.schemas.reading import Draft, Interpretation, Problem
from aifp.schemas.workflow import DirectiveFile

# The reason of an archived directive that comes back when its text does.
REMOVED = "removed from its source file"


@dataclass(frozen=True, slots=True)
class Changes:
    """A source file as it reads now, and one directive of it."""

    read: DirectiveFile
    draft: Draft
    reading: Interpretation


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between a file and what is stored of it; `read` is None for a file gone."""

    path: str
    read: DirectiveFile | None
    changed: list[tuple[Row, Changes]]
    added: list[Changes]
    removed: list[Row]
    errors: list[str]

    def only(self, name: str | None) -> "Comparison":
        """Return the part that is about one directive, everything without a name."""
        if name is None:
            return self
        return Comparison(
            self.path,
            self.read,
            [pair for pair in self.changed if pair[1].draft.name == name],
            [changes for changes in self.added if changes.draft.name == name],
            [row for row in self.removed if row["name"] == name],
            self.errors,
        )

    @property
    def size(self) -> int:
        """Return how many directives differ."""
        return len(self.changed) + len(self.added) + len(self.removed)


async def compare_source(ctx: Ctx, name: str | None, file_path: str | None) -> Comparison:
    """Compare a file, or the file of a directive, with what is stored of it."""
    path = await _path(ctx, name, file_path)
    rows = await ctx.directives.all("drafts_of_file", source_file=path)
    stored = {str(row["name"]): row for row in rows}
    try:
        read = await parse_directive_file(ctx, path)
    except FileMissing:
        if not stored:
            raise
        return Comparison(path, None, [], [], _present(rows), [])
    return _compare(read, stored, name)


async def _path(ctx: Ctx, name: str | None, file_path: str | None) -> str:
    if file_path is not None:
        return project_path(ctx, file_path)
    if name is None:
        raise InvalidArgument("Give name or file_path.")
    row = await ctx.directives.one("source_of_directive", name=name)
    if row is None:
        raise NoSuch(f"There is no directive {name!r}. Name a file_path or a known directive.")
    return str(row["source_file"])


def _compare(read: DirectiveFile, stored: dict[str, Row], name: str | None) -> Comparison:
    problems = [*read.file.problems, *(p for _, reading in read.readings for p in reading.problems)]
    good = [
        Changes(read, draft, reading)
        for draft, reading in read.readings
        if not error_problems(reading.problems)
    ]
    in_file = {draft.name for draft, _ in read.readings}
    back = [c for c in good if _comes_back(stored.get(c.draft.name), c, name)]
    gone = [row for key, row in stored.items() if key not in in_file]
    return Comparison(
        path=read.file.source_file,
        read=read,
        changed=[
            (stored[c.draft.name], c)
            for c in good
            if c.draft.name in stored and c not in back and _differs(stored[c.draft.name], c)
        ],
        added=[c for c in good if c.draft.name not in stored or c in back],
        removed=_gone(gone, read.file.problems),
        errors=[str(problem) for problem in error_problems(problems)],
    )


def _comes_back(row: Row | None, changes: Changes, name: str | None) -> bool:
    """Say whether an archived directive is wanted again: its text is back, or it is named."""
    if row is None or row["status"] != "archived":
        return False
    return row["status_reason"] == REMOVED or name == changes.draft.name


def _gone(rows: list[Row], problems: list[Problem]) -> list[Row]:
    # A file that cannot be read whole says nothing about what is missing from it.
    return [] if error_problems(problems) else _present(rows)


def _present(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row["status"] != "archived"]


def _differs(row: Row, changes: Changes) -> bool:
    """Say whether a directive reads otherwise than before; where it stands is no difference."""
    if row["status"] == "archived":
        return False
    canonical = changes.reading.canonical
    if canonical is not None and row["canonical_sha256"] == sha256_of(canonical.canonical()):
        return False
    stored = json.loads(str(row["draft_json"]))
    same_text = stored["draft"]["raw"] == changes.draft.raw
    return not (same_text and stored["settings"] == changes.read.file.settings.wire())


def difference_of(row: Row, changes: Changes) -> str:
    """Return the unified difference of a directive's stored text and that of its file."""
    stored = json.loads(str(row["draft_json"]))
    lines = difflib.unified_diff(
        _lines(stored["draft"]["raw_content"], stored["settings"]),
        _lines(changes.draft.raw_content, changes.read.file.settings.wire()),
        f"stored/{changes.draft.name}",
        f"file/{changes.draft.name}",
        lineterm="",
    )
    return "\n".join(lines)


def _lines(raw_content: str, settings: object) -> list[str]:
    """Return a directive's text and the settings of its file, which are part of it."""
    return [*raw_content.splitlines(), f"# file settings: {json.dumps(settings, sort_keys=True)}"]
