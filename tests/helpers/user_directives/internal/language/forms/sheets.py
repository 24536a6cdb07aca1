"""Reading one directive of any form, for tests."""

from collections.abc import Mapping

from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.forms.long import long_sheet
from aifp.helpers.user_directives.internal.language.forms.reading import Reading
from aifp.helpers.user_directives.internal.language.forms.shapes import form_of
from aifp.helpers.user_directives.internal.language.forms.txt import txt_sheet
from aifp.helpers.user_directives.internal.language.reader import interpret, read_file
from aifp.schemas.common import JsonMap
from aifp.schemas.reading import Draft, FileSettings, Interpretation, Known

ZONE = FileSettings(timezone="Europe/Madrid")
NO_ANSWERS: Mapping[str, JsonValue] = {}


def draft_of(raw: JsonMap) -> Draft:
    return Draft(name="d", index=0, form=form_of(raw), raw=raw, raw_content="")


def long_reading(
    raw: JsonMap, answers: Mapping[str, JsonValue] = NO_ANSWERS, known: Known | None = None
) -> tuple[JsonMap, Reading]:
    """Return a long form in the short grammar, and its reading."""
    reading = Reading(draft_of(raw), ZONE, known or Known(), answers, "f.yaml")
    return long_sheet(reading).raw, reading


def txt_draft(line: str) -> Draft:
    parsed = read_file(line.encode(), "f.txt")
    assert [p.code for p in parsed.problems if p.severity == "error"] == []
    return parsed.drafts[0]


def txt_reading(
    line: str, answers: Mapping[str, JsonValue] = NO_ANSWERS
) -> tuple[JsonMap, Reading]:
    """Return a TXT line in the short grammar, and its reading."""
    reading = Reading(txt_draft(line), ZONE, Known(), answers, "f.txt")
    return txt_sheet(reading).raw, reading


def interpreted(
    raw: JsonMap,
    answers: Mapping[str, JsonValue] = NO_ANSWERS,
    known: Known | None = None,
    settings: FileSettings = ZONE,
) -> Interpretation:
    """Interpret one directive map."""
    return interpret(draft_of(raw), settings, known or Known(), answers, "f.yaml")


def codes(found: Interpretation | Reading) -> list[str]:
    """Return the codes of all problems."""
    return [problem.code for problem in found.problems]


def asked(found: Interpretation | Reading) -> list[str]:
    """Return the ids of all questions."""
    return [question.id for question in found.questions]
