"""A whole new configuration in the place of the old one: read as strictly as a file is."""

import json

from pydantic import JsonValue

from aifp.helpers.user_directives.internal.activation import status_of
from aifp.helpers.user_directives.internal.answers import answers_for
from aifp.helpers.user_directives.internal.approvals import void_approval
from aifp.helpers.user_directives.internal.configurations import (
    changed_paths,
    inner,
    strict_configuration,
)
from aifp.helpers.user_directives.internal.dependency_detection import needs_of_reading
from aifp.helpers.user_directives.internal.drafts import store_draft
from aifp.helpers.user_directives.internal.earlier_version import earlier_version
from aifp.helpers.user_directives.internal.knowledge import known_of
from aifp.helpers.user_directives.internal.language.reader import interpret
from aifp.helpers.user_directives.internal.language.readings.short_form import short_form
from aifp.helpers.user_directives.internal.parsing import error_problems
from aifp.helpers.user_directives.internal.source_changes import Changes
from aifp.helpers.user_directives.internal.transitions import subject_of_directive
from aifp.helpers.user_directives.internal.validation import validate_user_directive
from aifp.schemas.canonical import CanonicalDirective
from aifp.schemas.common import JsonMap
from aifp.schemas.errors import Conflict, InvalidArgument, InvalidTransition, NoSuch
from aifp.schemas.ports import Ctx, Reader, Row
from aifp.schemas.reading import Draft, FileSettings, Interpretation, ParsedFile
from aifp.schemas.updating import ConfigurationUpdated
from aifp.schemas.workflow import DirectiveFile, ValidateAnswer


async def change_configuration(ctx: Ctx, directive_id: int, given: JsonMap) -> ConfigurationUpdated:
    """Store a configuration as a new version that nobody approved; an equal one changes nothing."""
    row = await _changeable(ctx.directives, directive_id)
    wanted = strict_configuration(given)
    if wanted.name != row["name"]:
        raise InvalidArgument(f"/name: a directive keeps its name, {row['name']!r}.")
    before: JsonMap = json.loads(str(row["configuration_json"]))
    if before == wanted.canonical():
        return ConfigurationUpdated(updated_fields=[], status=status_of(row))
    changes = await read_configuration(ctx, row, wanted)
    _require_as_meant(wanted, changes.reading)
    # What follows from the rest, as the secrets it uses do, need not be written out.
    after = (changes.reading.canonical or wanted).canonical()
    if before == after:
        return ConfigurationUpdated(updated_fields=[], status=status_of(row))
    async with earlier_version(ctx, directive_id):
        answer = await _store(ctx, row, changes)
    ctx.engine.wake()
    return ConfigurationUpdated(
        updated_fields=list(changed_paths(before, after)),
        status=answer.status,
        open_questions=[question.id for question in answer.questions],
        note=f"{row['source_file']} still reads otherwise; parsing it again takes its text back.",
    )


async def _changeable(db: Reader, directive_id: int) -> Row:
    row = await db.one("configuration_of_directive", id=directive_id)
    if row is None:
        raise NoSuch(f"There is no directive {directive_id}.")
    if row["status"] == "archived":
        raise InvalidTransition(f"{row['name']} is archived; user_directive_update takes it back.")
    return row


async def read_configuration(ctx: Ctx, row: Row, wanted: CanonicalDirective) -> Changes:
    """Read the configuration for meaning, as if it stood in the directive's file."""
    settings = FileSettings(timezone=wanted.timezone, location=wanted.location)
    draft = Draft(
        name=wanted.name,
        title=wanted.title,
        index=int(str(row["source_index"])),
        form="short",
        raw=short_form(wanted),
        raw_content=json.dumps(wanted.canonical(), indent=1, ensure_ascii=False),
    )
    file = ParsedFile.model_validate(
        {
            "source_file": row["source_file"],
            "format": row["source_format"],
            "sha256": "",
            "settings": settings,
        }
    )
    known = await known_of(ctx, {wanted.name}, complete=True)
    answers = await answers_for(ctx, draft)
    reading = interpret(draft, settings, known, answers, str(row["source_file"]))
    return Changes(DirectiveFile(file=file), draft, reading)


def _require_as_meant(wanted: CanonicalDirective, reading: Interpretation) -> None:
    """Refuse what the language does not allow, and what it would read otherwise than written."""
    faults = [f"{p.path or '/'}: {p.text}" for p in error_problems(reading.problems)]
    if not faults and reading.canonical is not None:
        meant = {**reading.canonical.canonical(), "secrets": []}
        paths = changed_paths({**wanted.canonical(), "secrets": []}, meant)
        faults = [f"{path}: would be read as {_at(meant, path)}" for path in paths]
    if faults:
        raise InvalidArgument(
            f"This configuration cannot be taken, nothing was changed. {'; '.join(faults[:10])}.",
            faults=faults[:100],
        )


def _at(form: JsonMap, path: str) -> str:
    value: JsonValue = form
    for part in path.split("."):
        value = inner(value, int(part) if isinstance(value, list) else part)
    return json.dumps(value, ensure_ascii=False)[:200]


async def _store(ctx: Ctx, row: Row, changes: Changes) -> ValidateAnswer:
    needs = await needs_of_reading(ctx, changes.reading)
    async with ctx.directives.write() as db:
        now = await _changeable(db, int(str(row["id"])))
        if (now["version"], now["status"]) != (row["version"], row["status"]):
            raise Conflict(f"{row['name']} was changed meanwhile. Read it again, then change it.")
        await store_draft(ctx, db, changes.read, changes.draft, changes.reading, needs)
        if now["approved"]:
            subject, reason = subject_of_directive(now), "its configuration changed"
            await void_approval(db, ctx.clock.now(), subject, ctx.actor, reason)
    return await validate_user_directive(ctx, changes.draft.name, None, interactive=False)
