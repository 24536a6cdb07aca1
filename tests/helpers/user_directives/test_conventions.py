"""Names, places, counts and build order of the helpers, as the catalog has them."""

import importlib
import re

import pytest

from aifp.server.catalog.load import load_catalog, tools_of

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


@pytest.mark.req("D66")
def test_the_build_phases_are_those_of_the_plan() -> None:
    phases = {n: [e.name for e in DATABASE_TOOLS if e.phase == n] for n in (1, 2, 3)}
    assert set(phases[1]) <= set(FIRST)
    assert set(phases[2]) <= set(SECOND)
    assert not {*FIRST, *SECOND} & set(phases[3])
