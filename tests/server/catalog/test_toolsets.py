"""Which tools a toolset offers, what they take, and what they do to the world."""

import pytest
from pydantic import JsonValue

from aifp.schemas.catalog import HelperEntry
from aifp.server.catalog.load import load_catalog, tools_of

# Parameters that more may follow, and the marks: Reads, Writes, Destroys, Asks a person.
LIFECYCLE = {
    "get_tool_statistics": ("name kind", "R"),
    "get_version_at_time": ("name at kind", "R"),
    "get_tools_by_status": ("status kind", "R"),
    "get_version_history": ("name kind limit", "R"),
    "get_lifecycle_events": ("name event_type limit", "R"),
    "get_test_results": ("name version_number", "R"),
    "sync_and_reconcile": ("dry_run", "W"),
    "check_sync_status": ("", "R"),
    "detect_changes": ("name kind", "R"),
    "safe_deploy": ("name new_code reason kind", "DA"),
    "rollback_to_version": ("name version_number reason kind", "DA"),
    "resolve_conflict": ("version_id option", "DA"),
    "show_diff": ("name version1 version2 kind", "R"),
    "restore_tool": ("name version_number kind", "W"),
    "delete_tool": ("name archive kind", "D"),
    "deprecate_tool": ("name successor note", "W"),
    "find_duplicates": ("name", "R"),
    "run_maintenance": ("dry_run", "D"),
    "test_version": ("name version_number strategy", "W"),
    "get_deployment_health": ("name", "R"),
}
LETTERS = {"reads": "R", "writes": "W", "destroys": "D"}
TOOLS = tools_of(load_catalog())


def _offered(toolset: str) -> dict[str, HelperEntry]:
    return {entry.name: entry for entry in TOOLS if toolset in entry.toolsets}


def _marks(entry: HelperEntry) -> str:
    return LETTERS[str(entry.effect)] + ("A" if entry.asks else "")


@pytest.mark.req("L05")
def test_the_life_of_tools_has_twenty_tools_and_none_that_sets_a_status_by_hand() -> None:
    offered = _offered("lifecycle")
    assert offered.keys() == LIFECYCLE.keys()
    for name, (parameters, marks) in LIFECYCLE.items():
        schema = offered[name].input_schema
        assert _marks(offered[name]) == marks, name
        assert set(parameters.split()) <= set(_names(schema["properties"])), name
        assert set(_names(schema.get("required"))) <= set(parameters.split()), name


def _names(value: JsonValue) -> list[str]:
    return [str(name) for name in value] if isinstance(value, list | dict) else []


def test_switching_tools_off_and_taking_them_back_belongs_to_the_catalog() -> None:
    assert {"set_tool_enabled", "revoke_tool"} <= _offered("catalog").keys()


@pytest.mark.req("D60")
def test_tools_that_answer_a_list_say_so() -> None:
    listing = {
        entry.name
        for entry in TOOLS
        if "lifecycle" in entry.toolsets
        and "result" in _names((entry.output_schema or {}).get("properties"))
    }
    assert listing == {
        "get_tools_by_status",
        "get_version_history",
        "get_lifecycle_events",
        "get_test_results",
        "find_duplicates",
    }
