import importlib
import json
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from aifp.server.catalog.build import CatalogFault, build_catalog, describe, faults_of, render
from aifp.server.catalog.toolsets import toolsets_of
from tests.server.mcp import fixture_tools
from tests.server.mcp.wiring import entries_of, load_fixture

TOOLS = '''"""Tools."""

from aifp.helpers.contract import {mark}


@{mark}
async def {name}(ctx: object, thing: int) -> str:
    """Do a thing."""
    return ""
'''
PRIVATE = '''"""Private."""

from aifp.helpers.contract import internal


@internal
async def parse_it(ctx: object) -> int:
    """Parse it."""
    return 1


def helper_of_parse_it() -> int:
    """Help."""
    return 1
'''


def package(folder: Path, name: str, files: dict[str, str]) -> ModuleType:
    for path, text in files.items():
        file = folder / name / path
        file.parent.mkdir(parents=True, exist_ok=True)
        for place in (file.parent, *file.parent.parents):
            if place.is_relative_to(folder / name):
                (place / "__init__.py").touch()
        file.write_text(text)
    return importlib.import_module(name)


def with_path(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(folder), *sys.path])


@pytest.mark.req("D67")
def test_two_builds_give_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_path(tmp_path, monkeypatch)
    files = {
        "group/tools/b_tools.py": TOOLS.format(mark="reads", name="get_b"),
        "group/tools/a_tools.py": TOOLS.format(mark="destroys", name="end_a"),
        "group/internal/deep/parsing.py": PRIVATE,
    }
    built = package(tmp_path, "catalog_one", files)
    catalog = build_catalog(built)
    assert render(catalog) == render(build_catalog(built))
    assert [(e.name, e.is_tool) for e in catalog.helpers] == [
        ("end_a", True),
        ("get_b", True),
        ("parse_it", False),
    ]


@pytest.mark.req("D67")
def test_two_helpers_of_one_name_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_path(tmp_path, monkeypatch)
    tool = TOOLS.format(mark="reads", name="get_b")
    files = {"one/tools/a_tools.py": tool, "two/tools/b_tools.py": tool}
    with pytest.raises(CatalogFault, match="get_b stands twice"):
        build_catalog(package(tmp_path, "catalog_two", files))


def test_a_tool_without_an_effect_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_path(tmp_path, monkeypatch)
    files = {"one/tools/a_tools.py": TOOLS.format(mark="internal", name="get_b")}
    with pytest.raises(CatalogFault, match="marked reads, writes or destroys"):
        build_catalog(package(tmp_path, "catalog_three", files))


@pytest.mark.req("D67")
def test_missing_code_and_differing_signatures_are_found() -> None:
    entries = entries_of(fixture_tools)
    assert faults_of(entries, load_fixture) == []
    changed = [e.model_copy(update={"description": "Other."}) for e in entries[:1]]
    gone = [
        e.model_copy(update={"name": "no_such", "module": fixture_tools.__name__}) for e in changed
    ]
    assert "differs from its entry" in faults_of(changed, load_fixture)[0]
    assert "is missing" in faults_of(gone)[0]


def test_marks_become_the_four_hints() -> None:
    entries = {entry.name: entry for entry in entries_of(fixture_tools)}
    refuse, echo = entries["refuse"], entries["echo"]
    assert refuse.hints and echo.hints
    assert refuse.hints.model_dump() == {
        "read_only": False,
        "destructive": True,
        "idempotent": False,
        "open_world": False,
    }
    assert echo.hints.read_only and echo.hints.idempotent
    assert (refuse.title, echo.title) == ("Break a rule", "Echo")
    assert entries["ask_person"].asks


def test_schemas_are_lean() -> None:
    entries = {entry.name: entry for entry in entries_of(fixture_tools)}
    assert entries["get_things_by_status"].input_schema == {
        "type": "object",
        "properties": {
            "status": {"enum": ["draft", "active"], "type": "string"},
            "limit": {"default": 50, "type": "integer"},
            "near": {"type": "number"},
        },
        "required": ["status"],
        "additionalProperties": False,
    }
    assert entries["explode"].input_schema == {
        "type": "object",
        "properties": {},
        "additionalProperties": False,
    }
    assert entries["call_tool"].input_schema["properties"] == {
        "name": {"type": "string"},
        "arguments": {"type": "object", "additionalProperties": True},
    }


def test_no_schema_points_to_what_it_does_not_hold() -> None:
    for entry in build_catalog().helpers:
        for schema in (entry.input_schema, entry.output_schema):
            text = json.dumps(schema)
            known: Any = schema.get("$defs", {})
            assert set(re.findall(r'"#/\$defs/(\w+)"', text)) <= set(known), entry.name


def test_lists_are_described_as_they_travel() -> None:
    entry = describe(fixture_tools.get_things_by_status, "g", "m")
    assert entry.output_schema["properties"] == {
        "result": {"type": "array", "items": {"$ref": "#/$defs/Said"}},
        "count": {"type": "integer"},
        "total": {"type": "integer"},
        "truncated": {"type": "boolean"},
    }


def test_six_tools_of_other_toolsets_are_core_as_well() -> None:
    module = "aifp.helpers.user_directives.tools.directive_mgmt_tools"
    assert toolsets_of("get_directive_by_name", module, None) == ("directives", "core")
    assert toolsets_of("get_directive_by_id", module, None) == ("directives",)
    assert toolsets_of("anything", "x.wonder_tools", None) == ("wonder",)
