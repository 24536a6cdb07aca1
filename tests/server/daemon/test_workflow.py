"""From a file to an active directive by the calls the instructions name, asked in both eras."""

import sys
from pathlib import Path
from typing import Any, cast

import mcp_types as types
import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from aifp.server.mcp.instructions import INSTRUCTIONS
from tests.server.daemon.processes import environment
from tests.server.daemon.test_load import product, write_directive
from tests.server.mcp.wiring import data_of

STEPS = ("parse", "validate", "implement", "approve", "activate")


class Person:
    """Fills every form in one way and keeps what was shown."""

    def __init__(self, action: str) -> None:
        self.action = action
        self.shown: list[str] = []

    async def __call__(self, context: object, params: Any) -> types.ElicitResult:
        self.shown.append(params.message)
        schema: dict[str, Any] = params.requested_schema
        properties: dict[str, Any] = schema["properties"]
        content = {name: fitting(field) for name, field in properties.items()}
        accepted = self.action == "accept"
        return types.ElicitResult(
            action=cast("Any", self.action), content=content if accepted else None
        )


def fitting(field: dict[str, Any]) -> Any:
    if "enum" in field:
        return field["enum"][0]
    return True if field.get("type") == "boolean" else "yes"


async def walk(project: Path, mode: str, person: Person) -> list[dict[str, Any]]:
    """Make five calls and return their answers."""
    made = await product("init", str(project), project=project)
    assert await made.wait() == 0
    write_directive(project, "morning")
    parameters = StdioServerParameters(
        command=sys.executable,
        args=["-m", "aifp.server.cli.main", "serve", "--project", str(project)],
        env=environment(AIFP_CONFIG=str(project / "config")),
    )
    answers: list[dict[str, Any]] = []
    transport = cast("Any", stdio_client(parameters))
    async with Client(transport, mode=cast("Any", mode), elicitation_callback=person) as client:
        for step in STEPS:
            given = {"file_path": "directives/morning.yaml"} if step == "parse" else {}
            arguments = given or {"name": "morning"}
            answers.append(data_of(await client.call_tool(f"user_directive_{step}", arguments)))
    return answers


@pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])
async def test_five_calls_and_one_yes_make_a_directive_active(project: Path, mode: str) -> None:
    person = Person("accept")
    answers = await walk(project, mode, person)
    assert [answer["success"] for answer in answers] == [True] * 5, answers
    assert answers[-1]["new_status"] == "active"
    assert len(person.shown) == 1 and "morning" in person.shown[0]


@pytest.mark.req("X02")
@pytest.mark.parametrize("action", ["decline", "cancel"])
@pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])
async def test_without_a_yes_it_stays_inactive(project: Path, mode: str, action: str) -> None:
    answers = await walk(project, mode, Person(action))
    assert [answer["success"] for answer in answers[:3]] == [True] * 3, answers
    assert not answers[3].get("approved")
    assert answers[4]["error_code"] == "approval_required"


def test_the_instructions_name_every_call_of_the_way() -> None:
    places = [INSTRUCTIONS.index(f"user_directive_{step}(") for step in STEPS]
    assert places == sorted(places)
