"""Every error and warning of the language: code -> text, hint (directive-format 16)."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, cast

from aifp.helpers.user_directives.internal.language.faults import LanguageFault
from aifp.helpers.user_directives.internal.language.suggestions import nearest
from aifp.schemas.reading import Place, Problem
from aifp.schemas.words import Severity

SHOWN_CHARACTERS = 120


class Message(NamedTuple):
    """The wording of one code; braces are filled from the names of the fault."""

    text: str
    hint: str | None = None


MESSAGES: dict[str, Message] = {
    "E101": Message("file has {n} bytes, the limit is 1,048,576", "split the file"),
    "E102": Message("byte {hex} at offset {n} is not UTF-8", "save it as UTF-8"),
    "E103": Message("nesting over 40"),
    "E104": Message("over 50,000 values"),
    "E105": Message("text over 64 KiB"),
    "E106": Message(
        "anchors, aliases and merge keys are not allowed: {x}",
        "cron text that starts with `*` needs quotes",
    ),
    "E107": Message("tag {x} is not allowed", "text that starts with `!` needs quotes"),
    "E108": Message("key {k} is used twice, first on line {n}", "keep one"),
    "E109": Message("this key is not plain text", "text starting with `{{{{` needs quotes"),
    "E110": Message("a second document starts here", "one document per file"),
    "E111": Message("not valid YAML or JSON: {reason}"),
    "E112": Message("number {x} is out of range", "quote it if it is text"),
    "E113": Message("character U+{hex} is not allowed here", "retype it"),
    "E114": Message("unknown file kind", "use .yaml, .yml, .json, .txt or .text"),
    "E115": Message("not a regular file inside the project"),
    "E201": Message("unknown key {k}", "did you mean {nearest}?"),
    "E202": Message("needs exactly one of `do` and `steps`"),
    "E203": Message("{k} must be {type}, found {found}"),
    "E204": Message("name {n} is used in {file}:{line}", "names are unique in the project"),
    "E205": Message("unknown option {k}", "did you mean {nearest}?"),
    "E206": Message("{k} is set here and under `policies`", "keep one"),
    "E207": Message("type {t} does not fit: {reason}", "remove `type`"),
    "E208": Message("over the limit of {n} {things}"),
    "E209": Message("no directives found", "write `directives:` with a name and `do` below"),
    "E301": Message("{x} is not a time of day", "07:30, 7:30pm, noon"),
    "E302": Message("a number is not a time: {n}", "write 00:00, not 24:00"),
    "E303": Message("no such date {x}, or outside 2000-2199"),
    "E304": Message("{x} is not a day list", "mon, wed or mon-fri or weekdays"),
    "E305": Message("{x} is not a day of the month", "1 to 31 or last"),
    "E307": Message("unknown time zone {x}", "nearest: {name}"),
    "E310": Message(
        "{x} is not a duration", "number and unit: 90s, 5m, 1h 30m; `P1D` is not accepted"
    ),
    "E311": Message("duration outside {lo}-{hi}"),
    "E312": Message("not a whole ms"),
    "E313": Message("an interval cannot have `at`", "every day at 18:00, or every: 6h"),
    "E314": Message("sun times need `location`", "location: {{lat: 40.4, lon: -3.7}}"),
    "E320": Message("cron needs 5 fields, found {n}", "no seconds; use `every: 10s`"),
    "E321": Message("field {n} ({field}): {x} not allowed"),
    "E322": Message("step {s} does not fit the field"),
    "E323": Message("range {a}-{b} runs backwards", "fri-mon: write fri,sat,sun,mon"),
    "E324": Message("this cron text never matches a date"),
    "E330": Message("start text not understood near {x}", "`state door.front to open for 5m`"),
    "E331": Message("{x} is not `domain.object`", "`state door.front to open for 5m`"),
    "E332": Message("bad webhook id", "letters, digits, `_` and `-`"),
    "E333": Message("`api` needs POST, PUT, PATCH or DELETE and a path", "`POST /orders/{{id}}`"),
    "E334": Message(
        "unknown trigger type {x}",
        "time, condition, event, manual, webhook, api or startup",
    ),
    "E335": Message("{endpoint} is used by {name}"),
    "E401": Message("condition longer than 2,000"),
    "E402": Message("unexpected character {c}"),
    "E403": Message("unexpected {x}, expected {list}"),
    "E404": Message("too many parts"),
    "E405": Message("use `==` to compare"),
    "E406": Message(
        "unknown function {f}",
        "known functions: abs min max round len lower upper number text known age state",
    ),
    "E407": Message(
        "unknown name {x}",
        "text needs quotes or `is {x}`; two values: `in [a, b]`; entities are `domain.object`",
    ),
    "E408": Message("secrets cannot be used in a condition"),
    "E409": Message("templates cannot be used in a condition"),
    "E501": Message("action not understood", "`{{http: POST /path, json: {{...}}}}`"),
    "E502": Message("unknown HTTP method {m}", "GET, HEAD, POST, PUT, PATCH or DELETE"),
    "E503": Message("address must start with http://, https:// or /"),
    "E504": Message(
        "a step needs exactly one verb, found {list}", "`{{http: POST /path, json: {{...}}}}`"
    ),
    "E505": Message("argument must be text or number", "quote `true` if it is text"),
    "E506": Message("bad input type", "string, integer 1..5 = 1, one of red green"),
    "E507": Message("bad `auth`", "secret NAME, basic USER secret NAME, hmac secret NAME"),
    "E508": Message(
        "unknown action type",
        "api_call, script_execution, function_call, command, notification or delay",
    ),
    "E509": Message("a template is not allowed in {field}"),
    "E510": Message("step {id} needs itself or an unknown step"),
    "E511": Message("this looks like a secret", "store it, then write `{{secret: NAME}}`"),
    "E512": Message("CR or LF in a header"),
    "E513": Message("argument starts with `-`", "put `--` before it"),
    "E514": Message("more than one body", "one of json, form, body and file"),
    "E601": Message("retry: {x} not understood", "3 times after 10s x 2 up to 10m"),
    "E602": Message(
        "retry range: {x} not understood", "times 1-20, factor 1-10, delays 1s to 1 day"
    ),
    "E603": Message("catch_up: {x} not understood", "none, last within 1h, all within 1d max 100"),
    "E604": Message("limit: {x} not understood", "1/hour or 30 per 10 minutes"),
    "E605": Message(
        "approve: {x} not understood",
        "once, or each run within 6h else skip; `never` is not a value of approve",
    ),
    "E606": Message("mode: {x} not understood", "single, restart, queued or parallel"),
    "E607": Message("{a} -> {b} -> {a} is a cycle"),
    "E608": Message("needs unknown directive {x}"),
    "E701": Message("template: syntax {x} not allowed or unknown", "allowed: section 10"),
    "E702": Message("template: statement {x} not allowed or unknown", "allowed: section 10"),
    "E703": Message("template: construct {x} not allowed or unknown", "allowed: section 10"),
    "E704": Message("template: filter {x} not allowed or unknown", "allowed: section 10"),
    "E705": Message("template: name {x} not allowed or unknown", "allowed: section 10"),
    "E801": Message("crontab line not understood"),
    "E803": Message("item cannot be mapped: {reason}"),
    "E804": Message("tag {x} in a Home Assistant file"),
    "E805": Message("automation {x} is still enabled in Home Assistant", "disable it there first"),
    "W101": Message("leading zero: read as {n}", "quote it if it is text"),
    "W102": Message("comment key {k} ignored"),
    "W201": Message("unnamed line", "put `name:` in front"),
    "W301": Message("clock change: runs at {t} on {date}"),
    "W302": Message("no future run"),
    "W303": Message("more often than every 10 s"),
    "W401": Message("{x} is false after midnight", "`time between 23:00 and 06:00`"),
    "W402": Message("entity {x} not known now"),
    "W501": Message("uses a shell"),
    "W502": Message("private host {h}"),
    "W801": Message("left to Home Assistant: {part}"),
    "W803": Message("output was discarded, is now kept"),
}


class Shown(dict[str, str]):
    """The names of a fault as text; a name that nobody gave reads `?`."""

    def __missing__(self, key: str) -> str:
        """Return the mark of a missing name."""
        return "?"


def shown(value: object) -> str:
    """Return a value as short, printable text."""
    words = listed(value)
    text = str(value) if words is None else ", ".join(words)
    safe = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)
    return safe if len(safe) <= SHOWN_CHARACTERS else safe[: SHOWN_CHARACTERS - 3] + "..."


def listed(value: object) -> list[str] | None:
    """Return the texts of a list, None for any other value."""
    if not isinstance(value, list | tuple):
        return None
    return [str(word) for word in cast("Sequence[object]", value)]


def severity_of(code: str) -> Severity:
    """Return how grave a code is: E refuses, W warns."""
    return "warning" if code.startswith("W") else "error"


def hint_for(code: str, names: Mapping[str, object]) -> str | None:
    """Return the mend: the one the fault brings, a nearest word, else that of the catalogue."""
    if names.get("hint"):
        return shown(names["hint"])
    hint = MESSAGES[code].hint
    if near := nearest_of(names):
        return f"did you mean {shown(near)}?"
    if hint is None or "{nearest}" in hint or ("{name}" in hint and not names.get("name")):
        return None
    return hint.format_map(Shown({k: shown(v) for k, v in names.items()}))


def nearest_of(names: Mapping[str, object]) -> object:
    """Return the nearest known word, as given or found in the given list."""
    near = listed(names.get("near"))
    return names.get("nearest") if near is None else nearest(str(names.get("k", "")), near)


def problem_of(fault: LanguageFault, file: str, place: Place, path: str = "") -> Problem:
    """Return the problem that tells one fault: code, words, mend and place."""
    names = Shown({k: shown(v) for k, v in fault.names.items()})
    text = MESSAGES[fault.code].text.format_map(names)
    column, note = point_at(place, fault.offset)
    return Problem(
        code=fault.code,
        text=text + note,
        hint=hint_for(fault.code, fault.names),
        severity=severity_of(fault.code),
        file=file,
        line=place.line,
        column=column,
        path=path,
    )


def point_at(place: Place, offset: int) -> tuple[int, str]:
    """Return the column of a character of a text, or the start and a note when it is folded."""
    if place.folded:
        return place.column, f" (character {offset + 1})" if offset else ""
    return place.column + place.quoted + offset, ""
