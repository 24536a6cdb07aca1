"""The top level of a YAML or JSON file: settings, and one draft per directive."""

from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.faults import LanguageFault
from aifp.helpers.user_directives.internal.language.forms.file_settings import read_settings
from aifp.helpers.user_directives.internal.language.forms.findings import Findings
from aifp.helpers.user_directives.internal.language.forms.keys import TOP
from aifp.helpers.user_directives.internal.language.forms.shapes import form_of
from aifp.helpers.user_directives.internal.language.names import name_and_title
from aifp.helpers.user_directives.internal.language.source.encoding import (
    hex_of,
    refused_in_name,
)
from aifp.helpers.user_directives.internal.language.source.nodes import (
    ListNode,
    MapNode,
    Node,
    plain,
    pointer,
)
from aifp.helpers.user_directives.internal.language.suggestions import nearest
from aifp.schemas.common import JsonMap
from aifp.schemas.reading import Draft, FileSettings, Place

MAX_DIRECTIVES = 1_000
NAMING_KEYS = ("name", "alias", "title", "id")


class Top:
    """Takes a document apart into settings and drafts."""

    def __init__(self, text: str, findings: Findings) -> None:
        self.text, self.findings = text, findings
        self.settings = FileSettings()
        self.drafts: list[Draft] = []
        self.lines_of_names: dict[str, int] = {}
        self.shared_places: dict[str, Place] = {}

    def read(self, root: Node | None) -> None:
        """Read the whole document."""
        if isinstance(root, ListNode):
            self.directives(root)
        elif isinstance(root, MapNode):
            self.top_map(root)
        if not self.drafts and not self.findings.has_errors():
            place = root.spot.place() if root else Place(line=1, column=1)
            self.findings.refuse(place, "", "E209")

    def top_map(self, root: MapNode) -> None:
        """Read the top-level keys, then the directives."""
        for key, spot in root.keys.items():
            place = spot.place()
            if key.startswith("_"):
                self.findings.refuse(place, pointer("", key), "W102", k=key)
            elif key not in TOP:
                near = nearest(key, TOP)
                self.findings.refuse(place, pointer("", key), "E201", k=key, nearest=near)
        self.settings, self.shared_places = read_settings(root, self.findings)
        if node := root.entries.get("directives"):
            self.directives(node)

    def directives(self, node: Node) -> None:
        """Read the directives: a map of names, or a list."""
        if isinstance(node, MapNode):
            entries = [
                (node.key_starts[name], node.keys[name].place(), name, item)
                for name, item in node.entries.items()
            ]
        elif isinstance(node, ListNode):
            entries = [(item.start, item.spot.place(), None, item) for item in node.items]
        else:
            self.findings.kind(node, "/directives", "a map or a list")
            return
        if len(entries) > MAX_DIRECTIVES:
            self.findings.refuse(
                node.spot.place(), "/directives", "E208", n=MAX_DIRECTIVES, things="directives"
            )
            return
        for index, (start, place, name, item) in enumerate(entries):
            self.directive(index, (start, place), name, item)

    def directive(
        self, index: int, begins: tuple[int, Place], name: str | None, node: Node
    ) -> None:
        """Make the draft of one directive, unless its values have faults."""
        path = pointer("/directives", index if name is None else name)
        if not isinstance(node, MapNode):
            self.findings.kind(node, path, "a map")
            return
        places: dict[str, Place] = {}
        raw = plain(node, "", places)
        if not isinstance(raw, dict) or self.findings.inside(begins[0], node.end):
            return
        named = self.name(name, raw, places, begins[1], path)
        if named:
            self.drafts.append(
                Draft(
                    name=named[0],
                    title=named[1],
                    index=index,
                    form=form_of(raw),
                    raw=raw,
                    raw_content=self.text[begins[0] : node.end].rstrip(),
                    places={**self.shared_places, "/name": begins[1], **places},
                )
            )

    def name(
        self, key: str | None, raw: JsonMap, places: dict[str, Place], place: Place, path: str
    ) -> tuple[str, str | None] | None:
        """Return name and title; two equal names in a file are refused."""
        written, where = self.written_name(key, raw)
        place = places.get(where, place)
        if not isinstance(written, str) or not written.strip():
            fault = LanguageFault("E203", k="name", type="text", found=written or "nothing")
            self.findings.note(place, f"{path}/name", fault)
            return None
        if found := refused_in_name(written):
            self.findings.refuse(place, path, "E113", hex=hex_of(found[0]))
            return None
        name, title = name_and_title(written.strip())
        first = self.lines_of_names.setdefault(name, place.line)
        if first != place.line or name in (draft.name for draft in self.drafts):
            file = self.findings.file
            self.findings.refuse(place, path, "E204", n=name, file=file, line=first)
            return None
        return name, title

    def written_name(self, key: str | None, raw: JsonMap) -> tuple[JsonValue, str]:
        """Return the name as written, and its path: inside the directive, else its key."""
        if key is not None and "name" not in raw:
            return key, ""
        for word in NAMING_KEYS if key is None else ("name",):
            if raw.get(word) is not None:
                return raw[word], f"/{word}"
        return None, ""
