"""Guarded YAML: libyaml events, none of its constructors, and the limits of the format."""

import yaml
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    ScalarEvent,
    SequenceStartEvent,
)

from aifp.helpers.user_directives.internal.language.faults import LanguageFault
from aifp.helpers.user_directives.internal.language.source.nodes import (
    Builder,
    Leaf,
    ListNode,
    MapNode,
    Node,
    Scalar,
)
from aifp.helpers.user_directives.internal.language.source.refusal import SourceFault, Spot, spot_at
from aifp.helpers.user_directives.internal.language.source.scalars import (
    core_value,
    has_leading_zero,
)
from aifp.helpers.user_directives.internal.language.source.yaml_count import (
    events_of,
    refuse_many_values,
)

LINE_ENDS_OF_OLD_YAML = "\u2028\u2029"
REASONS = (
    ("alphabetic or numeric character", 'quote cron text: "*/5 * * * *"'),
    ("mapping values are not allowed", "`a: b` inside text needs quotes"),
    ("did not find expected ',' or", "inside `{ }` and `[ ]` text with `,` `{` `}` needs quotes"),
    ("unknown directive name", "quote text that starts with `%`"),
)
# Newer libyaml gives up in its own words, before it tells of the nesting event by event.
LIBYAML_TOO_DEEP = "maximum nesting depth"
FIRST_CHARACTERS = {
    "\t": "no tabs for indentation",
    "@": 'quote text that starts with `@`, such as "@daily"',
    "%": "quote text that starts with `%`",
    "`": "quote text that starts with a backquote",
}


def read_yaml(text: str, builder: Builder) -> Node | None:
    """Return the one document of a YAML text as nodes, None for an empty one."""
    for character in LINE_ENDS_OF_OLD_YAML:
        # libyaml ends a line (and a comment) here, no editor shows it.
        if (index := text.find(character)) >= 0:
            raise SourceFault("E113", spot_at(text, index), hex=f"{ord(character):04X}")
    composer = Composer(text, builder)
    try:
        refuse_many_values(text)
        for event in events_of(text):
            composer.take(event)
    except yaml.MarkedYAMLError as error:
        raise not_yaml(error, text) from None
    except yaml.reader.ReaderError as error:
        spot = spot_at(text, min(error.position, len(text)))
        raise SourceFault("E113", spot, hex=f"{character_of(error.character):04X}") from None
    return composer.root


def character_of(character: object) -> int:
    """Return the code point that libyaml refused."""
    return character if isinstance(character, int) else ord(str(character)[:1] or "?")


def not_yaml(error: yaml.MarkedYAMLError, text: str) -> SourceFault:
    """Return the fault for a syntax error, with the mend for the usual slips."""
    mark = error.problem_mark or error.context_mark
    spot = Spot(mark.line + 1, mark.column + 1) if mark else Spot(1, 1)
    reason = error.problem or "it cannot be read"
    if LIBYAML_TOO_DEEP in reason:
        return SourceFault("E103", spot)
    hint = next((mend for sign, mend in REASONS if sign in reason), None)
    if mark and "cannot start any token" in reason:
        hint = FIRST_CHARACTERS.get(text[mark.index : mark.index + 1])
    return SourceFault("E111", spot, reason=reason, hint=hint)


class Composer:
    """Builds nodes from events; an open map holds the key that waits for its value."""

    def __init__(self, text: str, builder: Builder) -> None:
        self.text, self.builder = text, builder
        self.root: Node | None = None
        self.open: list[ListNode | MapNode] = []
        self.waiting: list[tuple[str, Spot] | None] = []
        self.documents = 0

    def take(self, event: Event) -> None:
        """Take the next event."""
        match event:
            case DocumentStartEvent():
                self.begin_document(event)
            case AliasEvent():
                raise SourceFault("E106", spot_of(event), x=f"*{event.anchor}")
            case ScalarEvent():
                self.refuse_marks(event)
                self.scalar(event)
            case CollectionStartEvent():
                self.refuse_marks(event)
                self.begin(event)
            case CollectionEndEvent():
                self.open.pop().end = index_of(event)
                self.waiting.pop()
            case _:
                pass

    def begin_document(self, event: DocumentStartEvent) -> None:
        """Accept one document, with no directive but %YAML 1.2."""
        self.documents += 1
        if self.documents > 1:
            raise SourceFault("E110", spot_of(event))
        if event.tags:
            raise SourceFault("E107", spot_of(event), x="%TAG")
        if event.version and tuple(event.version) != (1, 2):
            raise SourceFault("E111", spot_of(event), reason="only %YAML 1.2 is accepted")

    def refuse_marks(self, event: ScalarEvent | CollectionStartEvent) -> None:
        """Refuse anchors and tags."""
        if event.anchor is not None:
            raise SourceFault("E106", spot_of(event), x=f"&{event.anchor}")
        if event.tag is not None:
            raise SourceFault("E107", spot_of(event), x=event.tag)

    def expects_key(self) -> bool:
        """Say whether the next value is a key of the innermost map."""
        return bool(self.open) and isinstance(self.open[-1], MapNode) and not self.waiting[-1]

    def begin(self, event: CollectionStartEvent) -> None:
        """Open a list or a map."""
        spot, index = spot_of(event), index_of(event)
        self.builder.count(spot, len(self.open) + 1)
        if self.expects_key():
            raise SourceFault("E109", spot)
        node: ListNode | MapNode = (
            ListNode(spot, index) if isinstance(event, SequenceStartEvent) else MapNode(spot, index)
        )
        self.add(node)
        self.open.append(node)
        self.waiting.append(None)

    def scalar(self, event: ScalarEvent) -> None:
        """Take a key or a value."""
        spot = self.text_spot(event)
        if self.expects_key():
            self.key(event, spot)
            return
        self.builder.count(spot)
        self.add(Leaf(self.value_of(event, spot), spot, index_of(event), end_of(event)))

    def key(self, event: ScalarEvent, spot: Spot) -> None:
        """Take a key: always the text as written."""
        key = self.builder.text(event.value, spot, index_of(event))
        if not event.style and key == "<<":
            raise SourceFault("E106", spot, x="<<")
        if not event.style and not key:
            raise SourceFault("E109", spot)
        self.waiting[-1] = (key, spot)
        node = self.open[-1]
        if isinstance(node, MapNode):
            node.key_starts.setdefault(key, index_of(event))

    def value_of(self, event: ScalarEvent, spot: Spot) -> Scalar:
        """Return the value of a scalar; quoted and block texts are texts."""
        text, index = event.value, index_of(event)
        self.builder.text(text, spot, index)
        if event.style:
            return text
        try:
            value = core_value(text)
        except LanguageFault as fault:
            self.builder.note(spot, index, fault)
            return None
        if isinstance(value, int) and has_leading_zero(text):
            self.builder.note(spot, index, LanguageFault("W101", n=value))
        return value

    def add(self, node: Node) -> None:
        """Put a finished or just opened node where it belongs."""
        if not self.open:
            self.root = node
            return
        top, waiting = self.open[-1], self.waiting[-1]
        if isinstance(top, ListNode):
            top.items.append(node)
        elif waiting:
            self.builder.put(top, waiting[0], node, waiting[1])
            self.waiting[-1] = None

    def text_spot(self, event: ScalarEvent) -> Spot:
        """Return the spot of a scalar, and whether its characters stand there one by one."""
        start, end = event.start_mark, event.end_mark
        length = end.index - start.index
        if not event.style:
            folded = length != len(event.value)
            return Spot(start.line + 1, start.column + 1, 0, folded)
        quoted = 1 if event.style in ("'", '"') else 0
        return Spot(
            start.line + 1, start.column + 1, quoted, length != len(event.value) + 2 * quoted
        )


def spot_of(event: Event) -> Spot:
    """Return where an event starts."""
    mark = event.start_mark
    return Spot(mark.line + 1, mark.column + 1)


def index_of(event: Event) -> int:
    """Return the character at which an event starts."""
    return event.start_mark.index


def end_of(event: Event) -> int:
    """Return the character after the end of an event."""
    return event.end_mark.index
