"""Bring everything that is made from the code up to date, or only tell what differs."""

import asyncio
import difflib
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from aifp.schemas.catalog import Catalog, HelperEntry
from aifp.schemas.common import Record
from aifp.server.catalog.build import build_catalog, render
from aifp.server.catalog.docs import documents
from aifp.server.db.core_file import build_core, fits, sha256_of_catalog

CATALOG = "src/aifp/helpers_parsed.json"
CORE = "src/aifp/aifp_core.db"
CoreState = Literal["fits", "built", "missing", "stale", "differs"]
CORE_TOLD: dict[CoreState, str] = {
    "fits": "fits helpers_parsed.json.",
    "built": "built from helpers_parsed.json.",
    "missing": "not built; make, or ./sync-directives.py --core, builds it.",
    "stale": "of another helpers_parsed.json; make, or ./sync-directives.py --core, renews it.",
    "differs": "does not hold what helpers_parsed.json says; ./sync-directives.py renews it.",
}


class SyncReport(Record):
    """What differs between the code and what is made from it, and what was done about it."""

    added: list[str] = []
    changed: list[str] = []
    removed: list[str] = []
    drift: list[str] = []
    written: list[str] = []
    core: CoreState


@dataclass(frozen=True, slots=True)
class Made:
    """What the code gives now, beside what lies in the repository."""

    root: Path
    fresh: dict[str, str]
    stored: dict[str, str]
    before: dict[str, HelperEntry]
    now: dict[str, HelperEntry]

    def drift(self) -> list[str]:
        """Return the files that are not what the code gives."""
        return [name for name, text in self.fresh.items() if self.stored[name] != text]

    def difference(self) -> list[str]:
        """Return every differing line, as `diff -u` shows it."""
        found: list[str] = []
        for name in self.drift():
            lines = self.stored[name].splitlines(), self.fresh[name].splitlines()
            found += difflib.unified_diff(*lines, f"{name} as it is", name, lineterm="", n=1)
        return found


def make(root: Path, more: Callable[[Catalog], dict[str, str]] = lambda _: {}) -> Made:
    """Make everything anew, in memory, with what a floor above this one makes of the catalog."""
    catalog = build_catalog()
    readme = (root / "README.md").read_text(encoding="utf-8")
    fresh = {CATALOG: render(catalog)} | documents(catalog, readme) | more(catalog)
    stored = {name: _text(root / name) for name in fresh}
    now = {entry.name: entry for entry in catalog.helpers}
    return Made(root, fresh, stored, _entries(stored[CATALOG]), now)


def compare(made: Made) -> SyncReport:
    """Tell what differs; nothing is changed."""
    return _report(made, asyncio.run(core_state(made.root)))


def write(made: Made) -> SyncReport:
    """Write what differs, and build aifp_core.db anew when it is not the one."""
    drift = made.drift()
    for name in drift:
        (made.root / name).parent.mkdir(parents=True, exist_ok=True)
        (made.root / name).write_text(made.fresh[name], encoding="utf-8", newline="\n")
    report = _report(made, build(made.root))
    written = [*drift, *([CORE] if report.core == "built" else [])]
    return report.model_copy(update={"written": written})


def build(root: Path) -> CoreState:
    """Build aifp_core.db from helpers_parsed.json as it lies there, unless it is that already."""
    return asyncio.run(_build(root))


async def _build(root: Path) -> CoreState:
    if await core_state(root) == "fits":
        return "fits"
    await build_core((root / CATALOG).read_bytes(), root / CORE)
    return "built"


async def core_state(root: Path) -> CoreState:
    """Compare aifp_core.db with what helpers_parsed.json gives, byte by byte."""
    target, text = root / CORE, (root / CATALOG).read_bytes()
    if not target.exists():
        return "missing"
    if not await fits(target, sha256_of_catalog(text)):
        return "stale"
    with tempfile.TemporaryDirectory(prefix="aifp-core-") as folder:
        again = Path(folder) / target.name
        await build_core(text, again)
        return "fits" if again.read_bytes() == target.read_bytes() else "differs"


def is_red(report: SyncReport) -> bool:
    """Say whether something committed is not what the code gives, or the built file is wrong.

    A file that was built from an earlier helpers_parsed.json, or none, is no fault of the tree:
    nothing of it is committed, `make` builds it, and no daemon uses it.
    """
    return bool(report.drift) or report.core == "differs"


def told(report: SyncReport, made: Made) -> str:
    """Return a report as people read it."""
    lines = [] if report.written else made.difference()
    lines += [f"{name} stands in the code and has no entry." for name in report.added]
    lines += [f"{name} differs from its entry." for name in report.changed]
    lines += [f"{name} has an entry and no code." for name in report.removed]
    lines += [f"{name} was written." for name in report.written]
    if report.drift and not report.written:
        lines.append("Run ./sync-directives.py and commit the result.")
    return "\n".join([*lines, f"{CORE}: {CORE_TOLD[report.core]}"])


def _report(made: Made, core: CoreState) -> SyncReport:
    both = made.before.keys() & made.now.keys()
    return SyncReport(
        added=sorted(made.now.keys() - made.before.keys()),
        changed=sorted(name for name in both if made.before[name] != made.now[name]),
        removed=sorted(made.before.keys() - made.now.keys()),
        drift=made.drift(),
        core=core,
    )


def _entries(text: str) -> dict[str, HelperEntry]:
    """Return the stored entries; what cannot be read any more counts as none."""
    try:
        catalog = Catalog.model_validate_json(text)
    except ValidationError:
        return {}
    return {entry.name: entry for entry in catalog.helpers}


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""
