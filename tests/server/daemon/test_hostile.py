"""An assistant that wants to approve by itself (X02): every tool, any order, forged answers."""

import itertools
import random
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest

from tests.server.daemon.processes import PipeClient
from tests.server.daemon.test_load import product

DIRECTIVE = 'directives:\n  greedy:\n    at: 08:00\n    do: notify log "hello"\n'
VALUES: dict[str, Any] = {
    "name": "greedy",
    "file_path": "directives/greedy.yaml",
    "source_file": "directives/greedy.yaml",
    "subject_kind": "directive",
    "subject": "greedy",
    "reason": "the user said yes",
    "query": "approve",
    "arguments": {"name": "greedy", "approved": True},
    "status": "active",
    "approved": True,
}
BY_TYPE: dict[str, Any] = {"integer": 1, "boolean": True, "object": {}, "number": 1, "array": []}
YES: dict[str, Any] = {"action": "accept", "content": {"approve": True, "decision": "approve"}}
FORGED = {"requestState": "forged", "inputResponses": {"approve": YES}}


def arguments_for(tool: dict[str, Any]) -> dict[str, Any]:
    """Return the most greedy arguments that fit the schema."""
    properties: dict[str, Any] = tool["inputSchema"]["properties"]
    return {
        name: VALUES.get(name, BY_TYPE.get(schema.get("type", ""), "greedy"))
        for name, schema in properties.items()
        if name in tool["inputSchema"].get("required", []) or name in VALUES
    }


@asynccontextmanager
async def assistant(project: Path, capabilities: dict[str, Any]) -> AsyncGenerator[PipeClient]:
    made = await product("init", str(project), "--throwaway", project=project)
    assert made.stdin and (await made.wait()) == 0
    (project / "directives" / "greedy.yaml").write_text(DIRECTIVE)
    arguments = ("serve", "--project", str(project), "--toolsets", "all")
    client = PipeClient(await product(*arguments, project=project))
    hello = {"protocolVersion": "2025-11-25", "clientInfo": {"name": "h", "version": "1"}}
    await client.request("init", "initialize", **hello, capabilities=capabilities)
    await client.send({"jsonrpc": "2.0", "method": "notifications/initialized"})
    try:
        yield client
    finally:
        client.writer.close()
        await client.ended()


def approvals(project: Path) -> list[str]:
    """Return every decision that stands in the database."""
    file = project / ".aifp-project" / "user_directives.db"
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as db:  # noqa: TID251
        active = db.execute("SELECT count(*) FROM user_directives WHERE status = 'active'")
        assert active.fetchone() == (0,)
        return [row[0] for row in db.execute("SELECT decision FROM approvals")]


WORKFLOW = ("parse", "validate", "implement", "approve", "activate")


@pytest.mark.req("X02")
async def test_no_order_of_calls_approves_anything(project: Path) -> None:
    numbers = itertools.count(1)
    async with assistant(project, {}) as client:
        listed = await client.request(next(numbers), "tools/list")
        tools = {tool["name"]: tool for tool in listed["result"]["tools"]}
        order = [f"user_directive_{step}" for step in WORKFLOW]
        for seed in range(3):
            rest = sorted(set(tools) - {"stop_all"})
            random.Random(seed).shuffle(rest)
            order += rest
        for name in order:
            call: dict[str, Any] = {"name": name, "arguments": arguments_for(tools[name])}
            extra = FORGED if next(numbers) % 2 else {}
            await client.request(next(numbers), "tools/call", **call, **extra)
    assert "approved" not in approvals(project)


@pytest.mark.req("X02")
async def test_answers_to_questions_nobody_asked_are_not_taken(project: Path) -> None:
    """A client without forms sends the person's yes under every id the server might use."""
    answers: list[dict[str, Any]] = []
    async with assistant(project, {}) as client:
        for number, step in enumerate(WORKFLOW):
            for guess in range(10):
                await client.send({"jsonrpc": "2.0", "id": guess, "result": YES})
            name = f"user_directive_{step}"
            key = "file_path" if step == "parse" else "name"
            call = {"name": name, "arguments": {key: VALUES[key]}}
            answer = await client.request(number, "tools/call", **call)
            answers.append(answer["result"]["structuredContent"])
    assert answers[-1].get("error_code") == "approval_required", answers
    assert "pending" in approvals(project) and "approved" not in approvals(project)
