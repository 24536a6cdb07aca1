"""Every line that `aifp serve` writes fits the official schema of its revision."""

from pathlib import Path
from typing import Any

import pytest

from tests.clients.wires import LEGACY, MODERN, Wire, faults, wire
from tests.journeys.projects import AIFP, opened

NOTES = '- name: hourly_note\n  every: hour\n  do: log "Another hour"\n'
ASKED: list[tuple[str, dict[str, Any]]] = [
    ("tools/list", {}),
    (
        "tools/call",
        {"name": "user_directive_parse", "arguments": {"file_path": "directives/n.yaml"}},
    ),
    ("tools/call", {"name": "user_directive_validate", "arguments": {"name": "hourly_note"}}),
    ("tools/call", {"name": "user_directive_implement", "arguments": {"name": "hourly_note"}}),
    ("tools/call", {"name": "user_directive_approve", "arguments": {"name": "hourly_note"}}),
    ("tools/call", {"name": "get_directive_by_name", "arguments": {"name": "hourly_note"}}),
    ("tools/call", {"name": "get_directives_by_status", "arguments": {"status": "running"}}),
    ("tools/call", {"name": "get_engine_status", "arguments": {"much": "too much"}}),
    ("tools/call", {"name": "no_such_tool", "arguments": {}}),
    ("tools/call", {"name": "get_alerts", "arguments": {}, "_meta": {"progressToken": "p"}}),
    ("resources/list", {}),
    ("resources/templates/list", {}),
    ("resources/read", {"uri": "aifp://directives/hourly_note"}),
    ("resources/read", {"uri": "aifp://directives/nobody"}),
    ("prompts/list", {}),
    ("prompts/get", {"name": "no_such_prompt"}),
    ("no/such/method", {}),
]


def said(wire: Wire) -> list[str]:
    """Ask everything; return the words that came instead of results."""
    answers = [wire.ask(method, **params) for method, params in ASKED]
    return ["error" if "error" in one else "result" for one in answers]


@pytest.mark.parametrize("revision", [LEGACY, MODERN])
def test_every_line_fits_the_official_schema(tmp_path: Path, revision: str) -> None:
    with opened(tmp_path) as project:
        project.write("n.yaml", NOTES)
        command = [*AIFP, "serve", "--project", str(project.folder), "--toolsets", "all"]
        with wire(command, revision) as opened_wire:
            words = said(opened_wire)
        assert opened_wire.faults == []
        assert words[:8] == ["result"] * 8
        assert words[-1] == "error"
        assert opened_wire.checked > len(ASKED)


@pytest.mark.parametrize("revision", [LEGACY, MODERN])
def test_the_schemas_find_what_is_wrong(revision: str) -> None:
    assert faults(revision, "ListToolsResult", {"tools": [{"name": 1}]})
    assert faults(revision, "ServerNotification", {"jsonrpc": "2.0", "method": 5})
