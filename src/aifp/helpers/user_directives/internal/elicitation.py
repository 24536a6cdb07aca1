"""Questions to the person behind the client, as one form."""

from collections.abc import Sequence

from pydantic import JsonValue

from aifp.helpers.user_directives.internal.answers import key_of, source_key
from aifp.schemas.common import JsonMap
from aifp.schemas.ports import Ctx
from aifp.schemas.reading import Question


async def ask_person(ctx: Ctx, name: str, questions: Sequence[Question]) -> dict[str, JsonValue]:
    """Ask a person; return the answers by question key, none when nobody answers."""
    fields = {f"answer_{number}": q for number, q in enumerate(questions, start=1)}
    properties: JsonMap = {field: _property(q) for field, q in fields.items()}
    required: list[JsonValue] = list(fields)
    schema: JsonMap = {"type": "object", "properties": properties, "required": required}
    lines = [f"{q.text} ({q.field})" for q in questions]
    message = f"Directive {name} asks:\n" + "\n".join(lines)
    said = await ctx.door.ask(f"validate:{name}:{source_key(questions)}", message, schema)
    if said.action != "accept":
        return {}
    return {
        key_of(question): said.content[field]
        for field, question in fields.items()
        if _is_choice(question, said.content.get(field))
    }


def _property(question: Question) -> JsonMap:
    schema: JsonMap = {"type": "string", "title": question.id, "description": question.text}
    if question.choices:
        schema["enum"] = [str(choice) for choice in question.choices]
    return schema


def _is_choice(question: Question, value: JsonValue) -> bool:
    """Say whether a value is an answer; one outside the choices is none."""
    if value in (None, ""):
        return False
    return not question.choices or value in [str(choice) for choice in question.choices]
