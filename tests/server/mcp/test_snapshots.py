"""The tools as clients see them: golden files, one a tool (X06); sync-directives renews them."""

import re
from pathlib import Path

import pytest

from aifp.schemas.catalog import HelperEntry
from aifp.schemas.errors import Conflict
from aifp.server.catalog.build import build_catalog, faults_of, render
from aifp.server.catalog.load import load_catalog, tools_of
from aifp.server.db.core_rows import CATALOG_FILE
from aifp.server.mcp.listing import SNAPSHOTS, picture_of
from aifp.server.mcp.registry import Registry

FOLDER = Path(__file__).parents[3] / SNAPSHOTS
TOOLS = tools_of(load_catalog())


@pytest.mark.req("X06")
@pytest.mark.parametrize("entry", TOOLS, ids=lambda entry: entry.name)
def test_a_tool_is_what_it_was(entry: HelperEntry) -> None:
    stored = (FOLDER / f"{entry.name}.json").read_text(encoding="utf-8")
    assert stored == picture_of(entry), "run ./sync-directives.py and look at the difference"


@pytest.mark.req("X06")
def test_no_tool_has_gone_without_its_snapshot() -> None:
    names = {entry.name for entry in TOOLS}
    stale = [file.name for file in FOLDER.glob("*.json") if file.stem not in names]
    assert not stale, "a tool has gone: remove its picture"


@pytest.mark.req("D67")
def test_the_committed_catalog_fits_the_code() -> None:
    stored = CATALOG_FILE.read_text(encoding="utf-8")
    assert stored == render(build_catalog()), "run ./sync-directives.py"
    assert faults_of(TOOLS) == []


@pytest.mark.req("D58")
def test_names_are_short_and_unique() -> None:
    names = [entry.name for entry in TOOLS]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]{2,63}", name) for name in names)


def test_every_tool_says_what_it_does() -> None:
    assert all(entry.description and entry.title and entry.hints for entry in TOOLS)


@pytest.mark.req("X06")
def test_a_found_tool_cannot_take_a_used_name() -> None:
    with pytest.raises(Conflict, match=TOOLS[0].name):
        Registry([*TOOLS, TOOLS[0]])
