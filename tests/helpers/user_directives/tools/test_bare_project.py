"""D86: where nothing was automated, looking answers emptily and leaves nothing behind."""

from typing import Any

import pytest

from aifp.schemas.common import JsonMap
from aifp.schemas.ports import Ctx, HumanAnswer
from aifp.server.catalog.load import load_catalog, tools_of
from aifp.server.mcp.registry import Registry

GIVEN: JsonMap = {
    "name": "nobody",
    "directive_id": 1,
    "run_id": 1,
    "status": "active",
    "log_type": "error",
    "directive_type": "schedule",
    "source_file": "lights.yaml",
    "dependency_type": "service",
    "query": "approve",
    "setting_key": "execution.timeout_s",
    "directive_name": "nobody",
    "preference_key": "execution.timeout_s",
    "at": "2026-11-28T12:00:00Z",
    "version1": 1,
    "version2": 2,
}
# These speak of one tool, and say that there is none of this name.
OF_A_TOOL = frozenset(
    {
        "find_duplicates",
        "get_test_results",
        "get_version_history",
        "show_diff",
    }
)
EMPTY: JsonMap = {
    "found": False,
    "result": [],
    "directives": [],
    "dependencies": [],
    "outcomes": {},
}
READS = [entry for entry in tools_of(load_catalog()) if entry.effect == "reads"]


class NoDoor:
    """A door without tools before it and nobody behind it."""

    async def ask(self, key: str, message: str, schema: JsonMap) -> HumanAnswer:
        return HumanAnswer(action="unavailable")

    async def search_tools(self, query: str, limit: int) -> list[JsonMap]:
        return []


@pytest.mark.req("D86", "D59", "D60")
@pytest.mark.parametrize("name", [entry.name for entry in READS])
async def test_looking_creates_no_file(plain_ctx: Ctx, name: str) -> None:
    registry = Registry(READS)
    entry = registry.find(name)
    assert entry is not None
    properties: Any = entry.input_schema.get("properties", {})
    given = {key: value for key, value in GIVEN.items() if key in properties}
    if name in ("user_directive_monitor", "get_alerts", "get_pending_approvals"):
        given = {}
    if name == "get_implementations_by_status":
        given = {"status": "draft"}
    object.__setattr__(plain_ctx, "door", NoDoor())
    answer = await registry.run(plain_ctx, entry, given)
    if name in OF_A_TOOL:
        assert answer.data["error_code"] == "not_found", answer
    else:
        assert not answer.is_error, answer
    for key, empty in EMPTY.items():
        assert answer.data.get(key, empty) == empty
    assert list(plain_ctx.settings.project.iterdir()) == []
