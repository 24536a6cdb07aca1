"""Questions and their answers: kept beside the file, asked again when their source changes."""

import json
from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from aifp.helpers.shared.hashing import sha256_of_bytes
from aifp.helpers.shared.outbox import tell_directive
from aifp.schemas.common import JsonMap
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx, Writer
from aifp.schemas.reading import Draft, Question
from aifp.schemas.words import Actor
from aifp.schemas.workflow import OpenQuestion


def key_of(question: Question) -> str:
    """Return the key of a question: the same question may be open at several places."""
    return f"{question.id}@{question.field}"


def source_sha256(draft: Draft, field: str) -> str:
    """Return the hash of the text a question is about; its answer holds as long as this does."""
    # A line is one text; its zone is a matter of the whole file.
    whole = draft.form == "txt" and field != "/timezone"
    value = draft.raw if whole else _value_at(draft.raw, field)
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return sha256_of_bytes(text.encode("utf-8", "surrogatepass"))


def _value_at(raw: JsonMap, field: str) -> JsonValue:
    """Return the value at a JSON pointer; what is missing inside an action means the action."""
    value: JsonValue = raw
    parts = [part.replace("~1", "/").replace("~0", "~") for part in field.split("/")[1:]]
    for depth, part in enumerate(parts):
        found = _child(value, part)
        if found is None:
            return value if depth else None
        value = found
    return value


def _child(value: JsonValue, part: str) -> JsonValue:
    if isinstance(value, dict):
        return value.get(part)
    if isinstance(value, list) and part.isdigit() and int(part) < len(value):
        return value[int(part)]
    return None


async def answers_for(ctx: Ctx, draft: Draft) -> dict[str, JsonValue]:
    """Return the stored answers of a directive that still fit its text."""
    rows = await ctx.directives.all("answers_of_directive", name=draft.name)
    return {
        str(row["question_id"]): json.loads(str(row["answer_json"]))
        for row in rows
        if row["source_sha256"] == source_sha256(draft, str(row["field_path"]))
    }


async def keep_questions(
    db: Writer, directive_id: int, draft: Draft, questions: Sequence[Question], at: str
) -> None:
    """Store the questions that are open now and drop those that nothing asks any more."""
    asked = {key_of(question): question for question in questions}
    for row in await db.all("questions_of_directive", directive_id=directive_id):
        key, field = str(row["question_id"]), str(row["field_path"])
        stale = row["source_sha256"] != source_sha256(draft, field)
        if stale or (row["answer_json"] is None and key not in asked):
            await db.run("drop_question", directive_id=directive_id, question_id=key)
    for key, question in asked.items():
        await db.run(
            "ask_question",
            directive_id=directive_id,
            question_id=key,
            field_path=question.field,
            question=question.text,
            options_json=json.dumps(question.choices),
            default_json=json.dumps(question.default),
            severity=question.severity,
            who=question.who,
            source_sha256=source_sha256(draft, question.field),
            at=at,
        )


async def keep_answers(
    ctx: Ctx, directive_id: int, answers: Mapping[str, JsonValue], by: Actor
) -> None:
    """Store answers by question key."""
    if not answers:
        return
    async with ctx.directives.write() as db:
        for key, value in answers.items():
            await db.run(
                "answer_question",
                directive_id=directive_id,
                question_id=key,
                answer_json=json.dumps(value),
                answered_by=by,
                at=to_text(ctx.clock.now()),
            )
        await tell_directive(db, ctx.clock.now(), directive_id)


def shown(questions: Sequence[Question]) -> list[OpenQuestion]:
    """Return questions as the tools list them; the id is short where it is the only one."""
    ids = [question.id for question in questions]
    return [
        OpenQuestion(
            id=question.id if ids.count(question.id) == 1 else key_of(question),
            field=question.field,
            question=question.text,
            options=question.choices,
            severity=question.severity,
            default=question.default,
            who=question.who,
        )
        for question in questions
    ]


def source_key(questions: Sequence[Question]) -> str:
    """Return a short key of a set of questions; the same set gives the same key."""
    return sha256_of_bytes("\n".join(key_of(q) for q in questions).encode())[:16]
