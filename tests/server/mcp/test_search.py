import subprocess
import sys

import pytest

from aifp.server.catalog.load import intents_of, load_catalog, registered_tools, tools_of
from aifp.server.db.core_file import open_core
from aifp.server.mcp.search import ToolIndex

INDEX = ToolIndex(tools_of(load_catalog()))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("get_run_trace", "get_run_trace"),
        ("steps of a run", "get_run_trace"),
        ("cancel a run", "cancel_run"),
        ("pending approvals", "get_pending_approvals"),
        ("aprovals", "get_pending_approvals"),
        ("log entries", "get_log_entries"),
        ("stop everything", "stop_all"),
        ("validat directive", "user_directive_validate"),
    ],
)
def test_the_fitting_tool_is_among_the_first(query: str, expected: str) -> None:
    assert expected in [entry.name for entry in INDEX.search(query, 3)]


async def test_a_wish_in_the_words_of_people_finds_the_tool_that_follows_its_directive() -> None:
    async with open_core() as core:
        index = ToolIndex(await registered_tools(core), await intents_of(core))
    wishes = {
        "switch it off": "user_directive_deactivate",
        "go live": "user_directive_activate",
        "what has happened": "user_directive_monitor",
        "where does it stand?": "user_directive_status",
        "take over my change": "user_directive_update",
        "get_run_trace": "get_run_trace",
        "stop everything": "stop_all",
    }
    assert {wish: index.search(wish, 1)[0].name for wish in wishes} == wishes
    assert index.search("zzzzqqqq", 10) == []


def test_nothing_fits_nonsense() -> None:
    assert INDEX.search("zzzzqqqq", 10) == []


def test_the_same_question_has_the_same_answer() -> None:
    assert INDEX.search("directive", 10) == INDEX.search("directive", 10)


def test_the_door_loads_neither_templates_nor_yaml_nor_databases() -> None:
    code = "import sys, aifp.server.mcp.sessions; print(*sys.modules)"
    loaded = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"jinja2", "yaml", "aiosqlite", "typer", "rich", "wasmtime"} & set(loaded)
