"""What one connection is offered: toolsets, single tools, or reading only."""

from collections.abc import Iterable
from difflib import get_close_matches

from pydantic import ConfigDict

from aifp.schemas.catalog import HelperEntry
from aifp.schemas.common import JsonMap, Record
from aifp.schemas.settings import Settings

# The group and the toolset of every tool that is the user's own.
OWN = "user"


class View(Record):
    """Chosen at start by flag or environment and fixed for the connection's life."""

    model_config = ConfigDict(extra="ignore")

    toolsets: tuple[str, ...] = ("core",)
    tools: tuple[str, ...] = ()
    read_only: bool = False
    output_schemas: bool = False

    @property
    def names_own(self) -> bool:
        """Tell whether the user's own tools are wished for, however many there are."""
        return OWN in self.toolsets or "all" in self.toolsets

    def offers(self, entry: HelperEntry) -> bool:
        """Tell whether the tool may be called by its name; such tools are listed."""
        if entry.group == OWN:
            return self.allows(entry)
        chosen = "all" in self.toolsets or any(name in self.toolsets for name in entry.toolsets)
        return self.allows(entry) and (chosen or entry.name in self.tools)

    def allows(self, entry: HelperEntry) -> bool:
        """Tell whether the tool may be called at all, also through call_tool."""
        return entry.effect == "reads" or not self.read_only or entry.name == "call_tool"

    def listed(self, entries: Iterable[HelperEntry]) -> list[HelperEntry]:
        """Return the offered tools, core first, in a stable order."""
        offered = [entry for entry in entries if self.offers(entry)]
        return sorted(offered, key=lambda entry: ("core" not in entry.toolsets, entry.name))


def view_of(settings: Settings, options: JsonMap) -> View:
    """Return the connection's own choice, else the daemon's; reading only always wins."""
    chosen = {
        "toolsets": options.get("toolsets") or list(settings.toolsets),
        "tools": options.get("tools") or list(settings.tools),
        "read_only": settings.read_only or options.get("read_only") is True,
        "output_schemas": settings.output_schemas or options.get("output_schemas") is True,
    }
    return View.model_validate(chosen)


def unknown_in(view: View, entries: Iterable[HelperEntry]) -> str | None:
    """Say which toolsets and tools of a view do not exist, and which do; None when all do."""
    known = list(entries)
    sets = {name for entry in known for name in entry.toolsets} | {"all", OWN}
    names = {entry.name for entry in known}
    if wrong := [name for name in view.toolsets if name not in sets]:
        return f"There is no toolset {', '.join(wrong)}. There are: {', '.join(sorted(sets))}."
    if wrong := [name for name in view.tools if name not in names]:
        near = sorted({hit for name in wrong for hit in get_close_matches(name, names, 3)})
        hint = f" Near: {', '.join(near)}." if near else " docs/tools.md lists them."
        return f"There is no tool {', '.join(wrong)}.{hint}"
    return None
