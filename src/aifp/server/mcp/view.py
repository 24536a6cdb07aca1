"""What one connection is offered: toolsets, single tools, or reading only."""

from collections.abc import Iterable

from pydantic import ConfigDict

from aifp.schemas.catalog import HelperEntry
from aifp.schemas.common import JsonMap, Record
from aifp.schemas.settings import Settings


class View(Record):
    """Chosen at start by flag or environment and fixed for the connection's life."""

    model_config = ConfigDict(extra="ignore")

    toolsets: tuple[str, ...] = ("core",)
    tools: tuple[str, ...] = ()
    read_only: bool = False

    def offers(self, entry: HelperEntry) -> bool:
        """Tell whether the tool is listed and may be called by its name."""
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
    }
    return View.model_validate(chosen)
