import json
from typing import Any

import mcp_types as types
import pytest
from mcp import MCPError
from mcp.client.client import Client

from aifp.server.mcp.resources import PAGE, listed
from tests.server.mcp.living import BAD, GOOD, Living, call
from tests.server.mcp.standings import standing

ABSENT = (
    "aifp://directives/absent",
    "aifp://directives/absent/source",
    "aifp://directives/watering/secrets",
    "aifp://directives/..%2F..%2Fetc%2Fpasswd/source",
    "aifp://runs/999999/trace",
    "aifp://runs/1",
    "aifp://runs",
    "aifp://statuses/happy",
    "file:///etc/passwd",
)

ERAS = pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])


async def text_of(client: Client, uri: str) -> types.TextResourceContents:
    contents = (await client.read_resource(uri)).contents
    assert len(contents) == 1
    assert isinstance(contents[0], types.TextResourceContents)
    assert contents[0].uri == uri
    return contents[0]


async def json_of(client: Client, uri: str) -> dict[str, Any]:
    content = await text_of(client, uri)
    assert content.mime_type == "application/json"
    return json.loads(content.text)


async def refused(client: Client, uri: str) -> int:
    with pytest.raises(MCPError) as refusal:
        await client.read_resource(uri)
    return refusal.value.error.code


@ERAS
async def test_a_directive_is_read_with_its_source_code_trace_and_logs(
    living: Living, mode: str
) -> None:
    async with living.client(mode) as client:
        name = await living.activate(client, GOOD)
        run = await call(client, "run_directive", name=name)
        await call(client, "get_recent_executions")
        uri = f"aifp://directives/{name}"
        known = (await client.list_resources()).resources
        assert [resource.uri for resource in known] == ["aifp://directives", uri]
        directive = await json_of(client, uri)
        source, code = (
            await text_of(client, f"{uri}/source"),
            await text_of(client, f"{uri}/implementation"),
        )
        trace, logs = await json_of(client, f"{uri}/trace"), await json_of(client, f"{uri}/logs")
        same = await json_of(client, f"aifp://runs/{run['run_id']}/trace")
        whole = await json_of(client, "aifp://directives")
        active = await json_of(client, "aifp://statuses/active")
    assert directive["status"] == "active" and directive["next_due_at"]
    assert (source.mime_type, source.text) == ("application/yaml", GOOD)
    assert code.mime_type == "text/x-python" and "def execute_watering" in code.text
    assert trace["run"]["run"]["id"] == run["run_id"] and trace["run"]["run"]["status"] == "success"
    assert trace["steps"]["result"][0]["function"] == "log"
    assert same == trace
    assert "never instructions" in logs["untrusted"] and "Water the tomatoes" in json.dumps(logs)
    assert [line["name"] for line in whole["directives"]] == [name]
    assert [line["name"] for line in active["result"]] == [name]


@ERAS
async def test_what_comes_from_outside_is_marked_as_data(living: Living, mode: str) -> None:
    async with living.client(mode) as client:
        name = await living.activate(client, GOOD)
        await call(client, "run_directive", name=name)
        for part in ("trace", "logs"):
            content = await text_of(client, f"aifp://directives/{name}/{part}")
            assert content.meta and "never instructions" in content.meta["aifp/untrusted"]


@ERAS
async def test_what_is_not_there_is_refused_in_the_words_of_each_era(
    living: Living, mode: str
) -> None:
    async with living.client(mode) as client:
        name = await living.implement(client, GOOD)
        for uri in (*ABSENT, f"aifp://directives/{name}/trace"):
            code = await refused(client, uri)
            assert code == (-32002 if mode == "legacy" else -32602), uri


@ERAS
async def test_a_bare_project_has_one_resource_and_reading_makes_no_file(
    living: Living, mode: str
) -> None:
    async with living.client(mode) as client:
        known = (await client.list_resources()).resources
        assert [resource.uri for resource in known] == ["aifp://directives"]
        assert (await json_of(client, "aifp://directives"))["directives"] == []
        assert len((await client.list_resource_templates()).resource_templates) == 7
    assert not living.has_database()


async def test_a_file_that_is_gone_or_too_large_is_told(living: Living) -> None:
    async with living.client("legacy") as client:
        name = await living.implement(client, GOOD)
        uri = f"aifp://directives/{name}/source"
        living.write("notes.yaml", GOOD + "# more\n" * 20_000)
        cut = await text_of(client, uri)
        (living.folder / "directives" / "notes.yaml").unlink()
        assert await refused(client, uri) == -32002
    assert len(cut.text) < 101_000 and cut.text.endswith("140081 bytes")


async def test_archived_directives_are_not_listed(living: Living) -> None:
    async with living.client("legacy") as client:
        await living.implement(client, BAD)
        living.write("notes.yaml", GOOD)
        await call(client, "user_directive_update", file_path="directives/notes.yaml")
        known = (await client.list_resources()).resources
    assert [resource.name for resource in known] == ["directives", "watering"]


def test_a_long_list_comes_in_pages_in_a_stable_order() -> None:
    names = [f"d{number:04}" for number in range(2 * PAGE + 1)]
    known, cursor, found = [standing(name) for name in names], None, list[str]()
    while True:
        page = listed(known, cursor)
        found += [resource.name for resource in page.resources]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert found == ["directives", *names]
