"""From draft to validated: questions asked, answers applied, the canonical form stored."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from aifp.helpers.contract import internal
from aifp.helpers.shared.hashing import sha256_of
from aifp.helpers.shared.outbox import tell_directive
from aifp.helpers.user_directives.internal.answers import (
    answers_for,
    keep_answers,
    keep_questions,
    key_of,
    shown,
)
from aifp.helpers.user_directives.internal.approvals import void_approval
from aifp.helpers.user_directives.internal.dependency_detection import (
    detect_dependencies,
    keep_dependencies,
)
from aifp.helpers.user_directives.internal.elicitation import ask_person
from aifp.helpers.user_directives.internal.generation.refusals import later_notes
from aifp.helpers.user_directives.internal.knowledge import known_of
from aifp.helpers.user_directives.internal.language.reader import interpret
from aifp.helpers.user_directives.internal.language.reading_back import describe, next_three
from aifp.helpers.user_directives.internal.language.timing import time_problems
from aifp.helpers.user_directives.internal.parsing import error_problems, file_error
from aifp.helpers.user_directives.internal.transitions import Move, move_status
from aifp.helpers.user_directives.internal.workflow import Workflow
from aifp.schemas.canonical import CanonicalDirective
from aifp.schemas.errors import InvalidArgument, InvalidTransition, NoSuch
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx, Row, Writer
from aifp.schemas.reading import Draft, FileSettings, Interpretation, Question
from aifp.schemas.subjects import Subject
from aifp.schemas.words import DirectiveStatus
from aifp.schemas.workflow import ValidateAnswer

# What was made from an earlier form must be made again when the form changes.
MADE = frozenset({"implemented", "active", "paused", "error"})


@dataclass(frozen=True, slots=True)
class Stored:
    """A directive as it is stored: its row, its text and the settings of its file."""

    row: Row
    draft: Draft
    settings: FileSettings

    @property
    def directive_id(self) -> int:
        """Return the id of the directive."""
        return int(str(self.row["id"]))


@internal
async def validate_user_directive(
    ctx: Ctx,
    name: str,
    answers: Mapping[str, JsonValue] | None = None,
    interactive: bool = True,  # noqa: FBT001 - the signature of D37
) -> ValidateAnswer:
    """Find what is unclear, apply answers, and store the canonical form when nothing is open."""
    stored = await stored_directive(ctx, name)
    async with Workflow(ctx, "user_directive_validate") as steps:
        reading = await steps.do("apply_answers", _take_answers, ctx, stored, answers or {})
        if interactive:
            reading = await steps.do("ask_person", _ask_person, ctx, stored, reading)
        status = await steps.do("settle", _settle, ctx, stored, reading)
        answer = _answer(reading, status)
        if not answer.success or reading.canonical is None:
            return answer
        return await steps.do("read_back", _with_reading, ctx, answer, stored, reading.canonical)


async def stored_directive(ctx: Ctx, name: str) -> Stored:
    """Return a directive with the text it was read from."""
    row = await ctx.directives.one("draft_by_name", name=name)
    if row is None:
        raise NoSuch(f"There is no directive {name}. Parse its file with user_directive_parse.")
    if row["status"] == "archived":
        raise InvalidTransition(f"{name} is archived; user_directive_update takes it back.")
    text = json.loads(str(row["draft_json"]))
    draft = Draft.model_validate(text["draft"])
    return Stored(row, draft, FileSettings.model_validate(text["settings"]))


async def read_stored(ctx: Ctx, stored: Stored) -> Interpretation:
    """Read a stored directive for meaning, with the answers it has so far."""
    answers = await answers_for(ctx, stored.draft)
    known = await known_of(ctx, {stored.draft.name}, complete=True)
    source = str(stored.row["source_file"])
    return interpret(stored.draft, stored.settings, known, answers, source)


def open_errors(reading: Interpretation) -> list[Question]:
    """Return the questions that validation waits for."""
    return [question for question in reading.questions if question.severity == "error"]


async def _take_answers(
    ctx: Ctx, stored: Stored, answers: Mapping[str, JsonValue]
) -> Interpretation:
    """Apply the given answers; an answer may open the next question, which may be given too."""
    reading = await _keep_open(ctx, stored)
    left = dict(answers)
    while left:
        taken = {k: a for q in reading.questions for k, a in left.items() if k in (q.id, key_of(q))}
        if not taken:
            await _replace_answers(ctx, stored, left)
            return await _keep_open(ctx, stored)
        kept = {
            key_of(q): left[k] for q in reading.questions for k in taken if k in (q.id, key_of(q))
        }
        _require_allowed(ctx, [q for q in reading.questions if key_of(q) in kept])
        await keep_answers(ctx, stored.directive_id, kept, ctx.actor)
        left = {k: a for k, a in left.items() if k not in taken}
        reading = await _keep_open(ctx, stored)
    return reading


def _require_allowed(ctx: Ctx, questions: list[Question]) -> None:
    """Refuse an assistant's answer to what only a person may decide."""
    person = [question.id for question in questions if question.who == "person"]
    if person and ctx.actor != "user":
        raise InvalidArgument(
            f"Only a person may answer {', '.join(person)}: by a form of the client, or in a "
            "terminal with `aifp validate`. Nothing was changed."
        )


async def _replace_answers(ctx: Ctx, stored: Stored, answers: Mapping[str, JsonValue]) -> None:
    """Take answers to questions that were answered before; anything else is unknown."""
    rows = await ctx.directives.all("questions_of_directive", directive_id=stored.directive_id)
    known = {str(row["question_id"]): row for row in rows}
    for key in answers:
        matching = [row for k, row in known.items() if key in (k, k.split("@")[0])]
        if not matching:
            names = ", ".join(sorted(known)) or "none"
            raise InvalidArgument(f"{stored.draft.name} has no question {key}. Known: {names}.")
        if ctx.actor != "user" and any(row["who"] == "person" for row in matching):
            raise InvalidArgument(f"Only a person may answer {key}. Nothing was changed.")
    given = {k: answers[a] for k in known for a in answers if a in (k, k.split("@")[0])}
    await keep_answers(ctx, stored.directive_id, given, ctx.actor)


async def _keep_open(ctx: Ctx, stored: Stored) -> Interpretation:
    """Read the directive and store the questions that are open now."""
    reading = await read_stored(ctx, stored)
    at = to_text(ctx.clock.now())
    async with ctx.directives.write() as db:
        await keep_questions(db, stored.directive_id, stored.draft, reading.questions, at)
        await tell_directive(db, ctx.clock.now(), stored.directive_id)
    return reading


async def _ask_person(ctx: Ctx, stored: Stored, reading: Interpretation) -> Interpretation:
    """Ask the person behind the client, once only a person can go on."""
    waiting = open_errors(reading)
    if not waiting or any(question.who != "person" for question in waiting):
        return reading
    given = await ask_person(ctx, stored.draft.name, waiting)
    if not given:
        return reading
    await keep_answers(ctx, stored.directive_id, given, "user")
    return await _keep_open(ctx, stored)


async def _settle(ctx: Ctx, stored: Stored, reading: Interpretation) -> DirectiveStatus:
    """Store the canonical form when nothing is open; return the status that follows."""
    before: DirectiveStatus = str(stored.row["status"])  # pyright: ignore[reportAssignmentType]
    canonical = reading.canonical
    done = (
        canonical is not None and not open_errors(reading) and not error_problems(reading.problems)
    )
    if canonical is None or not done:
        return await _reopen(ctx, stored, before)
    digest = sha256_of(canonical.canonical())
    if digest == stored.row["canonical_sha256"] and before != "draft":
        return before
    needs = await detect_dependencies(ctx, canonical)
    async with ctx.directives.write() as db:
        await _store_canonical(ctx, db, stored, reading, canonical)
        await keep_dependencies(db, ctx.clock.now(), stored.directive_id, needs)
        await _move(ctx, db, stored, "validated", "nothing is open")
        if before in MADE:
            await void_approval(
                db, ctx.clock.now(), _subject(stored), ctx.actor, "the directive has changed"
            )
    return "validated"


async def _reopen(ctx: Ctx, stored: Stored, before: DirectiveStatus) -> DirectiveStatus:
    """Put a directive whose questions are open again back to draft; what runs keeps running."""
    if before != "validated":
        return before
    async with ctx.directives.write() as db:
        await _move(ctx, db, stored, "draft", "a question is open")
    return "draft"


async def _move(ctx: Ctx, db: Writer, stored: Stored, status: DirectiveStatus, reason: str) -> None:
    move = Move(to=status, actor=ctx.actor, reason=reason)
    await move_status(db, ctx.clock.now(), stored.directive_id, move)


def _subject(stored: Stored) -> Subject:
    return Subject(kind="directive", id=str(stored.directive_id), name=stored.draft.name)


async def _store_canonical(
    ctx: Ctx, db: Writer, stored: Stored, reading: Interpretation, canonical: CanonicalDirective
) -> None:
    at = to_text(ctx.clock.now())
    step = 1 if await _has_code(db, stored, sha256_of(canonical.canonical())) else 0
    await db.run(
        "store_validated",
        id=stored.directive_id,
        directive_type=reading.type,
        trigger=reading.trigger,
        action=reading.action,
        configuration_json=json.dumps(canonical.canonical(), ensure_ascii=False),
        canonical_sha256=sha256_of(canonical.canonical()),
        description=canonical.description,
        domain=canonical.domain,
        priority=canonical.priority,
        timezone=canonical.timezone,
        version=int(str(stored.row["version"])) + step,
        at=at,
    )
    await db.run(
        "store_directive_version",
        directive_id=stored.directive_id,
        reason="validated",
        created_by=ctx.actor,
        at=at,
    )


async def _has_code(db: Writer, stored: Stored, digest: str) -> bool:
    """Say whether code was made for another reading of this version: it is never written again."""
    if digest == stored.row["canonical_sha256"]:
        return False
    version = {"directive_id": stored.directive_id, "version": stored.row["version"]}
    return stored.row["status"] in MADE or await db.one("code_of_version", **version) is not None


def _answer(reading: Interpretation, status: DirectiveStatus) -> ValidateAnswer:
    problems = error_problems(reading.problems)
    ready = reading.canonical is not None and not open_errors(reading) and not problems
    return ValidateAnswer(
        success=ready,
        name=reading.name,
        status=status,
        questions=shown(reading.questions),
        errors=[file_error(problem) for problem in problems],
        warnings=[str(problem) for problem in reading.problems if problem.severity != "error"],
    )


async def _with_reading(
    ctx: Ctx, answer: ValidateAnswer, stored: Stored, directive: CanonicalDirective
) -> ValidateAnswer:
    now = ctx.clock.now()
    due = [to_text(instant) for instant in next_three(directive, now)]
    times = time_problems(directive, stored.draft, str(stored.row["source_file"]), now)
    more = {
        "canonical": directive.canonical(),
        "reading": describe(directive),
        "next_due_times": due,
        "warnings": [*answer.warnings, *map(str, times), *later_notes(directive)],
    }
    return answer.model_copy(update=more)
