"""Names, places, counts and build order of the helpers, as the catalog has them."""

import importlib
import re
import sqlite3
from pathlib import Path

import pytest

from aifp.server.catalog.load import load_catalog, tools_of
from aifp.server.db.core_file import build_core
from aifp.server.db.core_rows import CATALOG_FILE

CATALOG = load_catalog()
TOOLS = tools_of(CATALOG)
DATABASE_TOOLS = [entry for entry in TOOLS if entry.phase is not None]
# The build order: what automations cannot do without, what makes them reliable, the rest.
FIRST = [
    "get_directive_by_id",
    "get_directives_by_status",
    "update_directive_status",
    "get_active_directives",
    "get_execution_stats",
    "record_execution",
    "get_missing_dependencies",
    "get_directive_health_summary",
]
SECOND = [
    "get_failed_executions",
    "get_error_directives",
    "get_dependency_report",
    "get_implementation",
    "get_execution_trends",
    "update_test_status",
]
SETTERS = ("update_", "set_", "archive_", "record_", "add_", "mark_", "register_", "toggle_")


@pytest.mark.req("D58")
def test_names_say_what_a_tool_does() -> None:
    for entry in DATABASE_TOOLS:
        starts = ("get_",) if entry.effect == "reads" else SETTERS
        assert entry.name.startswith(starts), entry.name
    workflow = [e.name for e in TOOLS if e.module.endswith(".workflow_tools")]
    assert [n for n in workflow if not n.startswith("user_directive_")] == ["run_directive"]


@pytest.mark.req("D58")
def test_names_are_short_plain_and_unique_over_all_helpers() -> None:
    names = [entry.name for entry in CATALOG.helpers]
    assert len(set(names)) == len(names)
    assert [n for n in names if not re.fullmatch(r"[a-z]+(_[a-z0-9]+)*", n) or len(n) > 64] == []


@pytest.mark.req("D56")
def test_every_function_sits_in_the_module_that_its_entry_names() -> None:
    for entry in CATALOG.helpers:
        function = getattr(importlib.import_module(entry.module), entry.name)
        assert function.__module__ == entry.module, entry.name


PLACES = """tools.directive_mgmt_tools tools.execution_tools tools.dependency_tools
tools.implementation_tools tools.logging_tools tools.analytics_tools tools.workflow_tools
internal.parsing internal.validation internal.code_generation internal.dependency_detection
internal.installation internal.activation internal.monitoring internal.updates"""
# The ten private helpers and the room each lives in.
PRIVATE = {
    "parse_directive_file": "parsing",
    "validate_user_directive": "validation",
    "generate_implementation_code": "code_generation",
    "detect_dependencies": "dependency_detection",
    "install_dependency": "installation",
    "activate_directive": "activation",
    "deactivate_directive": "activation",
    "monitor_directive_execution": "monitoring",
    "get_user_directive_status": "monitoring",
    "update_directive": "updates",
}


@pytest.mark.req("D56")
def test_the_fifteen_rooms_are_there_and_hold_what_they_are_named_for() -> None:
    rooms = [f"aifp.helpers.user_directives.{place}" for place in PLACES.split()]
    assert len(rooms) == 15
    for room in rooms:
        importlib.import_module(room)
    assert {entry.module for entry in DATABASE_TOOLS} == set(rooms[:6])
    found = {e.name: e.module.rsplit(".", 1)[1] for e in CATALOG.helpers if not e.is_tool}
    assert found == PRIVATE


@pytest.mark.req("D57")
async def test_the_database_counts_as_many_helpers_as_were_promised(tmp_path: Path) -> None:
    await build_core(CATALOG_FILE.read_bytes(), tmp_path / "core.db")
    db = sqlite3.connect(tmp_path / "core.db")  # noqa: TID251
    try:
        groups = dict(
            db.execute(
                "SELECT toolset, count(*) FROM helper_functions"
                " WHERE is_tool = 1 AND phase IS NOT NULL GROUP BY toolset"
            ).fetchall()
        )
        rest = db.execute(
            "SELECT is_tool, count(*) FROM helper_functions"
            " WHERE is_tool = 0 OR file_path LIKE '%/workflow_tools.py' GROUP BY is_tool"
        ).fetchall()
    finally:
        db.close()
    assert groups == {
        "directives": 10,
        "executions": 5,
        "dependencies": 5,
        "implementations": 6,
        "logging": 4,
        "analytics": 5,
    }
    assert sum(groups.values()) == 35
    assert dict(rest) == {0: 10, 1: 10}


@pytest.mark.req("D66")
def test_the_build_phases_are_those_of_the_plan() -> None:
    phases = {n: [e.name for e in DATABASE_TOOLS if e.phase == n] for n in (1, 2, 3)}
    assert sorted(phases[1]) == sorted(FIRST)
    assert sorted(phases[2]) == sorted(SECOND)
    assert len(phases[3]) == 35 - 8 - 6
