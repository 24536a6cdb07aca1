"""The two doors of reading: a file taken apart into drafts, a draft read for meaning."""

import hashlib
from collections.abc import Mapping

from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.faults import LanguageFault
from aifp.helpers.user_directives.internal.language.forms.directives import read_directive
from aifp.helpers.user_directives.internal.language.forms.findings import Findings
from aifp.helpers.user_directives.internal.language.forms.reading import Reading
from aifp.helpers.user_directives.internal.language.forms.top import Top
from aifp.helpers.user_directives.internal.language.forms.txt_file import read_txt
from aifp.helpers.user_directives.internal.language.reading_back import (
    action_text,
    trigger_text,
)
from aifp.helpers.user_directives.internal.language.source.encoding import decode
from aifp.helpers.user_directives.internal.language.source.json_text import read_json
from aifp.helpers.user_directives.internal.language.source.kinds import by_suffix, file_kind
from aifp.helpers.user_directives.internal.language.source.nodes import Builder
from aifp.helpers.user_directives.internal.language.source.refusal import SourceFault
from aifp.helpers.user_directives.internal.language.source.yaml_text import read_yaml
from aifp.schemas.reading import (
    Draft,
    FileSettings,
    Interpretation,
    Known,
    ParsedFile,
)
from aifp.schemas.words import SourceFormat

WHEN_KEYS = ("at", "every", "cron", "on", "api", "if", "trigger")


def read_file(data: bytes, source_file: str, file_format: SourceFormat | None = None) -> ParsedFile:
    """Take a directive file apart; nothing is executed, imported or fetched."""
    findings = Findings(source_file)
    kind: SourceFormat = by_suffix(source_file) or file_format or "yaml"
    settings, drafts = FileSettings(), list[Draft]()
    try:
        text = decode(data)
        kind = file_kind(source_file, file_format, text)
        settings, drafts = taken_apart(text, kind, findings)
    except SourceFault as fault:
        findings.note(fault.place, "", fault)
    return ParsedFile(
        source_file=source_file,
        format=kind,
        sha256=hashlib.sha256(data).hexdigest(),
        settings=settings,
        drafts=drafts,
        problems=sorted(findings.problems, key=lambda p: (p.line, p.column)),
    )


def taken_apart(
    text: str, kind: SourceFormat, findings: Findings
) -> tuple[FileSettings, list[Draft]]:
    """Return settings and drafts of a text of a known kind."""
    if kind == "txt":
        return read_txt(text, findings)
    builder = Builder()
    try:
        root = read_json(text, builder) if kind == "json" else read_yaml(text, builder)
    finally:
        findings.take(builder)
    top = Top(text, findings)
    top.read(root)
    return top.settings, top.drafts


def interpret(
    draft: Draft,
    settings: FileSettings,
    known: Known,
    answers: Mapping[str, JsonValue],
    source_file: str,
) -> Interpretation:
    """Read a draft for meaning: the canonical directive, or its problems and open questions.

    Answers are found by `id@field`, else by `id`.
    """
    reading = Reading(draft, settings, known, answers, source_file)
    refuse_taken_name(reading)
    parts = read_directive(reading)
    return Interpretation(
        name=draft.name,
        type=parts.type,
        trigger=trigger_text(parts.starts) if parts.starts else written_trigger(reading),
        action=action_text(parts.steps),
        timezone=parts.zone,
        canonical=parts.canonical,
        questions=reading.questions,
        problems=sorted(reading.problems, key=lambda p: (p.line, p.column)),
    )


def written_trigger(reading: Reading) -> str:
    """Return the when-part as it is written, while it cannot be read; none is a start by hand."""
    written = [f"{key}: {reading.raw[key]}" for key in WHEN_KEYS if key in reading.raw]
    return "; ".join(written) or str(reading.raw.get("line", "")) or trigger_text([])


def refuse_taken_name(reading: Reading) -> None:
    """Refuse a name that another file of the project uses."""
    taken = reading.known.directives.get(reading.draft.name)
    if taken is None:
        return
    file, colon, line = taken.rpartition(":")
    if not (colon and line.isdigit()):
        file, line = taken, "1"
    if file != reading.source_file:
        fault = LanguageFault("E204", n=reading.draft.name, file=file, line=line)
        reading.fault("/name", fault)
