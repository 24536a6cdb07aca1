"""One TXT line becomes a directive in the short grammar; what is unclear is asked."""

import re
from collections.abc import Callable

from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.faults import (
    Ask,
    LanguageFault,
    OpenQuestion,
)
from aifp.helpers.user_directives.internal.language.forms.conditions import is_condition_text
from aifp.helpers.user_directives.internal.language.forms.keys import TXT_OPTIONS
from aifp.helpers.user_directives.internal.language.forms.reading import Reading, Sheet
from aifp.helpers.user_directives.internal.language.forms.texts import mask, pieces, unquoted
from aifp.helpers.user_directives.internal.language.forms.txt_events import start_text
from aifp.helpers.user_directives.internal.language.grammar.actions import parse_action
from aifp.helpers.user_directives.internal.language.grammar.at import parse_at
from aifp.helpers.user_directives.internal.language.grammar.every import parse_every
from aifp.helpers.user_directives.internal.language.grammar.on import parse_on
from aifp.helpers.user_directives.internal.language.questions import probe
from aifp.helpers.user_directives.internal.language.source.scalars import core_value
from aifp.helpers.user_directives.internal.language.suggestions import nearest
from aifp.schemas.common import JsonMap
from aifp.schemas.reading import Place

FIRST_WORD = re.compile(r"(at|every|if|when)\s+", re.IGNORECASE)
SEPARATOR = re.compile(r"\s*,\s*then\s+|\s*,\s*|\s+then\s+", re.IGNORECASE)
BETWEEN_ACTIONS = re.compile(r";\s*then\s+|;|,\s*then\s+", re.IGNORECASE)
OPTION_END = re.compile(r";")
OPTIONS = re.compile(r"(?:^|\s)\[(?P<inside>[^\[\]]*)\]\s*\.?$")
GUARD = re.compile(r"if\s+", re.IGNORECASE)
WORD_END = re.compile(r"(?=\s|,|$)")
# Times are short: nobody writes an `at` or `every` text of more words.
MOST_WORDS = 60
MOST_CUTS = 40
PLAIN_PROGRAM = re.compile(r"run\s+[^\s/.]+(\s|$)", re.IGNORECASE)
SCALAR_OPTIONS = frozenset(("priority", "max", "enabled"))
LIST_OPTIONS = frozenset(("tags", "secrets"))


class TxtLine:
    """The body of one line while it is taken apart."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.body = str(reading.draft.raw.get("line", ""))
        self.raw: JsonMap = {}
        self.places: dict[str, Place] = {}
        self.rewritten: set[str] = set()

    def sheet(self) -> Sheet:
        """Return the line in the short grammar; raise OpenQuestion while its parts are unknown."""
        end = self.take_options()
        body = self.body[:end].rstrip()
        body = body[:-1] if body.endswith(".") and not body.endswith("..") else body
        first = FIRST_WORD.match(body)
        if not first:
            self.actions(0, body)
        elif first[1].lower() in ("at", "every"):
            self.time_start(first[1].lower(), first.end(), body)
        else:
            self.event_start(first[1].lower(), first.end(), body)
        return Sheet(raw=self.raw, places=self.places, rewritten=frozenset(self.rewritten))

    def put(self, key: str, offset: int, value: JsonValue, *, rewritten: bool = False) -> None:
        """Put a value under a key, with its place in the line."""
        self.raw[key] = value
        self.note_place(f"/{key}", offset)
        if rewritten:
            self.rewritten.add(f"/{key}")

    def note_place(self, path: str, offset: int) -> None:
        """Remember where a value stands in the line."""
        line = self.reading.place("/line")
        self.places[path] = Place(
            line=line.line,
            column=line.column if line.folded else line.column + offset,
            folded=line.folded,
        )

    def take_options(self) -> int:
        """Read the options in brackets at the end; return where the rest ends."""
        found = OPTIONS.search(mask(self.body))
        if not found:
            return len(self.body)
        start, end = found.span("inside")
        for offset, text in pieces(self.body[start:end], OPTION_END):
            key, _, value = text.partition(" ")
            self.option(key.rstrip(":"), start + offset, value.strip())
        return found.start()

    def option(self, key: str, offset: int, value: str) -> None:
        """Read one option; its value stands after the key."""
        if key not in TXT_OPTIONS:
            self.note_place(f"/{key}", offset)
            self.reading.places.update(self.places)
            self.reading.refuse(f"/{key}", "E205", k=key, nearest=nearest(key, TXT_OPTIONS))
            return
        offset += len(key) + 1
        if key in SCALAR_OPTIONS:
            self.put(key, offset, core_value(value))
        elif key in LIST_OPTIONS:
            self.put(key, offset, [unquoted(t.strip()) for t in value.split(",")])
        else:
            self.put(key, offset, unquoted(value) if key != "if" else value)

    def time_start(self, key: str, offset: int, body: str) -> None:
        """Read `At ...` and `Every ...`: the longest text that is one, then the action."""
        rest = body[offset:]
        end = longest_time(key, rest) or first_cut(rest)
        self.put(key, offset, rest[:end].strip())
        after = re.match(r"\s*,?\s*", rest[end:])
        self.actions(offset + end + (after.end() if after else 0), body)

    def event_start(self, key: str, offset: int, body: str) -> None:
        """Read `If ...` and `When ...`: up to the comma or `then` where the action begins."""
        end, begin = self.cut(key, offset, body)
        text = body[offset:end]
        begin = self.guard(begin, body) if key == "when" else begin
        self.told(key, offset, text)
        self.actions(begin, body)

    def told(self, key: str, offset: int, text: str) -> None:
        """Put what is watched or waited for under its key."""
        target = "if"
        if key == "when":
            text = text if is_event(text) else self.asked_event(offset, text)
            target = "on" if is_start(text) else "if"
        start = start_text(text) if target == "on" else text
        if target == "if" and "if" in self.raw:
            self.put("on", offset, f"when {text}", rewritten=True)
        else:
            self.put(target, offset, start, rewritten=start != text)

    def asked_event(self, offset: int, text: str) -> str:
        """Ask what an event is that no grammar knows."""
        self.note_place("/on", offset)
        self.reading.places.update(self.places)
        return str(self.reading.ask("/on").put("q.event", text))

    def guard(self, begin: int, body: str) -> int:
        """Take `if condition,` between the event and the action."""
        found = GUARD.match(body, begin)
        if not found:
            return begin
        end, after = self.cut("if", found.end(), body)
        self.put("if", found.end(), body[found.end() : end])
        return after

    def cut(self, key: str, offset: int, body: str) -> tuple[int, int]:
        """Return where the when-part ends and where the action begins."""
        cuts = [*SEPARATOR.finditer(mask(body), offset)][:MOST_CUTS]
        understood = is_condition_text if key == "if" else is_event
        fitting = [cut for cut in cuts if understood(body[offset : cut.start()])]
        if cuts:
            chosen = fitting[-1] if fitting else cuts[0]
            return chosen.start(), chosen.end()
        return self.asked_cut(offset, body)

    def asked_cut(self, offset: int, body: str) -> tuple[int, int]:
        """Ask where the action begins; the answer is the when-part, or `when | action`."""
        text = body[offset:]
        answer = str(self.reading.ask("/line").put("q.split", body, split_choices(text)))
        before = answer.split("|")[0].strip()
        before = FIRST_WORD.sub("", before) if not text.startswith(before) else before
        if not before or not text.startswith(before):
            raise LanguageFault("E330", x=before)
        end = offset + len(before)
        return end, end + len(text[len(before) :]) - len(text[len(before) :].lstrip())

    def actions(self, offset: int, body: str) -> None:
        """Read the actions; a single one stands alone, as in the other formats."""
        found: list[JsonValue] = []
        for start, text in pieces(body[offset:], BETWEEN_ACTIONS):
            path = f"/do/{len(found)}"
            self.note_place(path, offset + start)
            self.reading.places.update(self.places)
            action = self.reading.attempt(path, lambda p=path, t=text: self.action(p, t))
            found += action if isinstance(action, list) else [action]
        self.put("do", offset, [a for a in found if a is not None])
        if not found:
            self.reading.attempt("/do", lambda: self.asked_action("/do", body))

    def action(self, path: str, text: str) -> JsonValue:
        """Return an action text as it is, or the answer for one worded freely."""
        if not PLAIN_PROGRAM.match(text):
            try:
                parse_action(text, probe)
            except LanguageFault as fault:
                if fault.code == "E501":
                    return self.asked_action(path, text)
            except OpenQuestion:
                pass
            return text
        return self.asked_action(path, text)

    def asked_action(self, path: str, text: str) -> JsonValue:
        """Ask which action a free text means."""
        self.reading.todos[path] = text
        answer = self.reading.ask(path).put("q.action", text)
        del self.reading.todos[path]
        return answer


def txt_sheet(reading: Reading) -> Sheet:
    """Return a TXT line in the short grammar."""
    return TxtLine(reading).sheet()


def longest_time(key: str, text: str) -> int:
    """Return the end of the longest `at` or `every` text in front, 0 when there is none."""
    parse = parse_at if key == "at" else parse_every
    best = 0
    for n, end in enumerate(WORD_END.finditer(mask(text))):
        if n > MOST_WORDS:
            break
        front = text[: end.start()]
        if front and parses(lambda front=front: parse(front, probe)):
            best = len(front)
    return best


def first_cut(text: str) -> int:
    """Return where a time that cannot be read probably ends."""
    found = SEPARATOR.search(mask(text)) or re.search(r"\s", text)
    return found.start() if found else len(text)


def parses(read: Callable[[], object]) -> bool:
    """Say whether a text is in a grammar; an open question counts as being in it."""
    try:
        read()
    except OpenQuestion:
        return True
    except LanguageFault:
        return False
    return True


def is_start(text: str) -> bool:
    """Say whether a text is an event that starts a run."""
    ask: Ask = probe
    return parses(lambda: parse_on(start_text(text), ask))


def is_event(text: str) -> bool:
    """Say whether a text may follow `When`."""
    return is_start(text) or is_condition_text(text)


def split_choices(text: str) -> list[JsonValue]:
    """Return the cuts after which an action follows, else those between any words."""
    cuts = [m.start() for m in re.finditer(r"\s+", mask(text))][:MOST_CUTS]
    good = [c for c in cuts if is_action(text[c:].strip())]
    return [f"{text[:c].strip()} | {text[c:].strip()}" for c in (good or cuts)[:5]]


def is_action(text: str) -> bool:
    """Say whether a text is an action."""
    return not PLAIN_PROGRAM.match(text) and parses(lambda: parse_action(text, probe))
