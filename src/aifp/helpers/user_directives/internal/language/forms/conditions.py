"""The `if` of a directive: text, list or map becomes one text in normal form."""

import json
import re

from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.expressions import (
    names_of,
    parse_expression,
    read_condition,
    warnings_of,
    write_expression,
)
from aifp.helpers.user_directives.internal.language.expressions.parser import MAX_NODES
from aifp.helpers.user_directives.internal.language.faults import LanguageFault, OpenQuestion
from aifp.helpers.user_directives.internal.language.forms.keys import CONDITION
from aifp.helpers.user_directives.internal.language.forms.reading import Reading
from aifp.helpers.user_directives.internal.language.source.nodes import pointer
from aifp.helpers.user_directives.internal.language.suggestions import ranked

MAX_ANSWERS = 20
SUN = frozenset(("sun", "sunrise", "sunset"))
ENTITY = re.compile(r"[a-z_][a-z0-9_]*\.[a-z0-9_]+(\.[A-Za-z0-9_]+)?")
# Faults that say the text is no condition at all; in loose forms it is asked about.
NOT_IN_THE_GRAMMAR = frozenset(("E407", "E402", "E403", "E405", "E406", "E310", "E303", "E112"))


def condition(reading: Reading, path: str, value: JsonValue) -> str | None:
    """Return the normal form of a condition; None when it has faults or open questions."""
    if texts_in(value) > MAX_NODES:
        reading.refuse(path, "E404")
        return None
    before = reading.errors()
    settled = settle(reading, path, value)
    return normal_form(reading, path, settled) if reading.errors() == before else None


def texts_in(value: JsonValue) -> int:
    """Count the texts of a condition: too many are refused before any of them is read."""
    match value:
        case list():
            return sum(texts_in(item) for item in value)
        case dict():
            return sum(texts_in(item) for item in value.values())
        case _:
            return 1


def normal_form(reading: Reading, path: str, value: JsonValue) -> str | None:
    """Write a condition in normal form and note what is probably not meant."""
    try:
        expression = read_condition(value)
    except LanguageFault as fault:
        reading.fault(path + str(fault.names.pop("path", "")), fault)
        return None
    if reading.settings.location is None and names_of(expression).specials & SUN:
        reading.refuse(path, "E314")
    for warning in warnings_of(expression):
        reading.fault(path, warning)
    return write_expression(expression)


def settle(reading: Reading, path: str, value: JsonValue) -> JsonValue:
    """Return the condition with every text in it settled by answers, and its faults noted."""
    match value:
        case str():
            return reading.attempt(path, lambda: settled_text(reading, path, value))
        case list():
            return [settle(reading, pointer(path, n), item) for n, item in enumerate(value)]
        case dict():
            reading.check_keys(path, value, CONDITION)
            return {
                key: settle(reading, pointer(path, key), item)
                for key, item in value.items()
                if not key.startswith("_")
            }
        case _:
            return value


def settled_text(reading: Reading, path: str, text: str) -> str:
    """Return a text that parses: unclear words and texts of loose forms are asked about."""
    for _ in range(MAX_ANSWERS):
        try:
            names = names_of(parse_expression(text))
        except LanguageFault as fault:
            text = mended(reading, path, text, fault)
        else:
            return with_known_entities(reading, path, text, names.entities)
    raise LanguageFault("E404")


def mended(reading: Reading, path: str, text: str, fault: LanguageFault) -> str:
    """Return the text after the answer to the question its fault raises."""
    if not reading.lenient:
        raise fault
    if fault.code == "E407" and is_condition_text(text):
        return with_source(reading, path, text, fault)
    if fault.code in NOT_IN_THE_GRAMMAR:
        answer = reading.ask(path).put("q.condition", text)
        if isinstance(answer, str) and answer != text:
            return answer
    raise fault


def is_condition_text(text: str) -> bool:
    """Say whether a text is a condition, whatever the bare words in it mean."""
    for _ in range(MAX_ANSWERS):
        try:
            parse_expression(text)
        except LanguageFault as fault:
            if fault.code != "E407":
                return fault.code in ("E401", "E404")
            text = replaced(text, fault, '""')
        else:
            return True
    return False


def replaced(text: str, fault: LanguageFault, source: str) -> str:
    """Return a text with another one in the place of the bare word of a fault."""
    word = bare_word(fault)
    at = text.find(word, fault.offset)
    return text[:at] + source + text[at + len(word) :]


def bare_word(fault: LanguageFault) -> str:
    """Return the word that a fault names."""
    return str(fault.names.get("x", "")).split(".")[0]


def with_source(reading: Reading, path: str, text: str, fault: LanguageFault) -> str:
    """Put the answered source of a bare word in its place."""
    word = bare_word(fault)
    ask = reading.ask(path, ("values", word))
    answer = ask.put("q.value_source", word)
    source = source_text(reading, word, answer)
    if source is None:
        ask.answers = {}
        ask.put("q.value_source", f"{word} (write the entity, the step or `it is text`)")
        raise OpenQuestion("q.value_source")
    return replaced(text, fault, source)


def source_text(reading: Reading, word: str, answer: JsonValue) -> str | None:
    """Return what stands for a bare word: quoted text, an entity, or what a read step got."""
    match answer:
        case "it is text" | "text":
            return json.dumps(word)
        case str() if ENTITY.fullmatch(answer):
            return answer
        case {"entity": str(entity)}:
            return entity
        case {"text": _}:
            return json.dumps(word)
        case dict() if answer.keys() & {"http", "call", "code"}:
            reading.reads[word] = answer
            return f"read.{word}"
        case _:
            return None


def with_known_entities(reading: Reading, path: str, text: str, used: frozenset[str]) -> str:
    """Ask for entities that no connection knows and put the answers in their place."""
    for entity in sorted(used):
        answer = known_entity(reading, path, entity)
        if answer != entity:
            text = re.sub(rf"(?<![\w.]){re.escape(entity)}(?!\w)", answer, text)
    return text


def known_entity(reading: Reading, path: str, entity: str) -> str:
    """Return an entity, or the one answered for it when the connection does not know it."""
    known = reading.known.entities
    if known is None or entity in known:
        return entity
    ask = reading.ask(path, ("entities", entity))
    answer = ask.put("q.entity", entity, nearest_entities(entity, known))
    chosen = answer if isinstance(answer, str) else entity
    if chosen not in known:
        reading.refuse(path, "W402", x=chosen)
    return chosen


def nearest_entities(entity: str, known: list[str]) -> list[JsonValue]:
    """Return the five nearest entities."""
    return [*ranked(entity, known, 5)]


def held(condition_text: str, duration: str) -> str:
    """Return a condition that must have held for a while."""
    return write_expression(parse_expression(f"({condition_text}) for {duration}"))
