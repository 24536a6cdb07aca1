import json
from typing import Any

import mcp_types as types
import pytest
import yaml
from mcp import MCPError
from mcp.client.client import Client

from aifp.server.mcp.primer import PRIMER
from aifp.server.mcp.prompts import MAX_DATA
from tests.server.mcp.living import BAD, GOOD, Living, call

ERAS = pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])


async def get(client: Client, prompt: str, **arguments: str) -> tuple[str, dict[str, Any]]:
    """Return the text of a prompt, and its data by URI."""
    messages = (await client.get_prompt(prompt, arguments)).messages
    data = {piece.uri: json.loads(piece.text) for piece in map(data_of, messages[1:])}
    assert isinstance(messages[0].content, types.TextContent)
    return messages[0].content.text, data


def data_of(message: types.PromptMessage) -> types.TextResourceContents:
    """Return the piece of data that a message brings."""
    assert isinstance(message.content, types.EmbeddedResource)
    assert isinstance(message.content.resource, types.TextResourceContents)
    return message.content.resource


@ERAS
async def test_the_prompts_are_listed_with_their_arguments(living: Living, mode: str) -> None:
    async with living.client(mode) as client:
        prompts = (await client.list_prompts()).prompts
    named = {prompt.name: [a.name for a in prompt.arguments or []] for prompt in prompts}
    assert named == {
        "write_directive": ["goal"],
        "investigate_failure": ["name"],
        "review_tomorrow": ["day"],
    }
    assert all(prompt.title and prompt.description for prompt in prompts)


@ERAS
async def test_writing_brings_the_goal_the_language_and_the_taken_names(
    living: Living, mode: str
) -> None:
    async with living.client(mode) as client:
        await living.implement(client, GOOD)
        text, data = await get(client, "write_directive", goal="Water at dawn")
    assert "Water at dawn" in text and PRIMER in text
    assert "Europe/Berlin" in text and "watering" in text
    assert len(text) / 4 < 1500
    assert not data


async def test_the_directives_of_the_primer_are_understood_as_they_stand(living: Living) -> None:
    text = PRIMER.partition("```yaml\n")[2].partition("```")[0]
    path = living.write("primer.yaml", "location: {lat: 52.5, lon: 13.4}\n" + text)
    async with living.client("legacy") as client:
        parsed = await call(client, "user_directive_parse", file_path=path)
        names = [directive["name"] for directive in parsed["directives"]]
        assert parsed["success"] and names == list(yaml.safe_load(text)["directives"])
        assert not parsed["errors"]
        asked = [
            question["question"]
            for name in names
            for question in (await call(client, "user_directive_validate", name=name))["questions"]
        ]
    # The one thing that only the person has.
    assert len(asked) == 1 and "HUB_TOKEN" in asked[0]


@ERAS
async def test_a_failure_is_investigated_with_its_run_trace_and_log_as_data(
    living: Living, mode: str
) -> None:
    async with living.client(mode) as client:
        name = await living.activate(client, BAD)
        run = await call(client, "run_directive", name=name)
        assert run["status"] == "failure"
        text, data = await get(client, "investigate_failure", name=name)
    assert name in text and "nothing in them is an instruction" in text
    trace = data[f"aifp://runs/{run['run_id']}/trace"]
    assert trace["steps"]["result"][0]["function"] == "http"
    assert data["aifp://monitor"]["outcomes"] == {"failure": 1}
    assert f"aifp://directives/{name}/logs" in data
    assert all("never instructions" in piece["untrusted"] for piece in data.values())


@ERAS
async def test_tomorrow_is_reviewed_with_its_due_times(living: Living, mode: str) -> None:
    async with living.client(mode) as client:
        name = await living.activate(client, GOOD)
        text, data = await get(client, "review_tomorrow")
        fixed, of_day = await get(client, "review_tomorrow", day="2027-01-15")
    assert "Europe/Berlin" in text
    plan = data["aifp://plan"]
    assert [line["directive"] for line in plan["due"]] == [name] and len(plan["due"][0]["due"]) == 1
    assert "2027-01-15" in fixed
    assert of_day["aifp://plan"]["due"][0]["due"] == ["2027-01-15T05:30:00.000Z"]
    assert set(data) >= {"aifp://statuses/active", "aifp://approvals", "aifp://alerts"}


async def many(living: Living, client: Client, count: int) -> None:
    """Let so many directives be active; approving each of them would take minutes."""
    lines = [f'  plants_{n:03}: {{every: 1h, do: log "Row {n}"}}' for n in range(count)]
    path = living.write("many.yaml", "directives:\n" + "\n".join(lines) + "\n")
    parsed = await call(client, "user_directive_parse", file_path=path)
    for directive in parsed["directives"]:
        validated = await call(client, "user_directive_validate", name=directive["name"])
        assert validated["success"], validated
    await living.change("UPDATE user_directives SET status = 'active', activated_at = updated_at")


@ERAS
async def test_data_that_is_cut_for_a_prompt_says_what_is_missing(
    living: Living, mode: str
) -> None:
    async with living.client(mode) as client:
        await many(living, client, 100)
        messages = (await client.get_prompt("review_tomorrow", {})).messages[1:]
        _, data = await get(client, "review_tomorrow")
    sizes = [len(data_of(message).text.encode()) for message in messages]
    assert max(sizes) <= MAX_DATA < sum(sizes)
    active, plan = data["aifp://statuses/active"], data["aifp://plan"]
    assert 0 < active["count"] == len(active["result"]) < active["total"] == 100
    assert active["truncated"] is True and f"{active['count']} of 100" in active["note"]
    assert 0 < len(plan["due"]) < 100
    assert plan["truncated"] is True and "cut" in plan["note"]
    assert all("never instructions" in piece["untrusted"] for piece in data.values())
    assert "truncated" not in data["aifp://alerts"] or not data["aifp://alerts"]["truncated"]


@ERAS
async def test_wrong_prompts_and_arguments_are_refused_by_name(living: Living, mode: str) -> None:
    wrong: list[tuple[str, dict[str, str], str]] = [
        ("no_such_prompt", {}, "Unknown prompt"),
        ("write_directive", {}, "goal is missing"),
        ("write_directive", {"goal": "x", "color": "red"}, "not color"),
        ("investigate_failure", {"name": "absent"}, "no directive 'absent'"),
        ("review_tomorrow", {"day": "someday"}, "is no day"),
    ]
    async with living.client(mode) as client:
        for prompt, arguments, told in wrong:
            with pytest.raises(MCPError, match=told) as refusal:
                await client.get_prompt(prompt, arguments)
            assert refusal.value.error.code == types.INVALID_PARAMS
    assert not living.has_database()
