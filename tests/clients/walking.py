"""Walk through a scenario with an official client and return what it saw, step by step."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any, cast

import mcp_types as types
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.stdio import stdio_client

from tests.node.tools import script

SCENARIO = Path(__file__).with_name("scenario.json")
Taken = dict[str, Any]

_REFERENCES = {
    "ref/prompt": types.PromptReference,
    "ref/resource": types.ResourceTemplateReference,
}

# What differs from one project to the next: instants, and hashes that cover the project's keys.
# The text block of an answer is JSON inside a JSON text, so its quotes are escaped.
_MEASURED = "duration_ms|late_ms|pid|log_offset|average_duration_ms"
_CHANGING = (
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)"), "<instant>"),
    (re.compile(r"\d{4}-\d\d-\d\d"), "<day>"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "<sha256>"),
    (re.compile(rf'(\\?"(?:{_MEASURED})\\?"):[\d.]+'), r"\1:0"),
    (re.compile(r"\b\d+ ms\b"), "0 ms"),
)


def walked_by_typescript(command: list[str], mode: str, environment: dict[str, str]) -> list[Taken]:
    """Let the TypeScript client walk."""
    done = subprocess.run(  # noqa: S603 - our own script
        [*script("walk.mjs"), str(SCENARIO), mode, *command],
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


async def walked_by_python(
    command: list[str], mode: str, environment: dict[str, str]
) -> list[Taken]:
    """Let the Python client walk."""
    serve = StdioServerParameters(command=command[0], args=command[1:], env=environment)
    walker = Walker()
    async with Client(
        stdio_client(serve), mode=cast("Any", mode), elicitation_callback=walker.person
    ) as client:
        steps = json.loads(SCENARIO.read_text(encoding="utf-8"))
        return [await walker.take(client, step) for step in steps]


class Walker:
    """One walk of the Python client."""

    def __init__(self) -> None:
        self._says = "cancel"
        self._asked: list[Any] = []

    async def person(
        self, context: object, params: types.ElicitRequestParams
    ) -> types.ElicitResult:
        """Answer as the step says."""
        assert isinstance(params, types.ElicitRequestFormParams)
        self._asked.append({"message": params.message, "schema": params.requested_schema})
        content: Any = {"approve": True} if self._says == "accept" else None
        return types.ElicitResult(action=cast("Any", self._says), content=content)

    async def take(self, client: Client, step: dict[str, Any]) -> Taken:
        """Take one step and note what came back."""
        self._says, self._asked = step.get("person", "cancel"), []
        try:
            answer = await getattr(self, "_" + step["do"])(client, step)
        except MCPError as error:
            return {"error": error.error.code, "asked": self._asked}
        return {"answer": answer, "asked": self._asked}

    async def _list_tools(self, client: Client, _: Any) -> Any:
        return _plain((await client.list_tools()).tools)

    async def _list_resources(self, client: Client, _: Any) -> Any:
        return _plain((await client.list_resources()).resources)

    async def _list_templates(self, client: Client, _: Any) -> Any:
        return _plain((await client.list_resource_templates()).resource_templates)

    async def _read(self, client: Client, step: Any) -> Any:
        return _plain((await client.read_resource(step["uri"])).contents)

    async def _list_prompts(self, client: Client, _: Any) -> Any:
        return _plain((await client.list_prompts()).prompts)

    async def _prompt(self, client: Client, step: Any) -> Any:
        return _plain((await client.get_prompt(step["name"], step["arguments"])).messages)

    async def _complete(self, client: Client, step: Any) -> Any:
        reference = _REFERENCES[step["ref"]["type"]].model_validate(step["ref"])
        done = await client.complete(reference, step["argument"])
        return done.completion.model_dump(mode="json", by_alias=True, exclude_none=True)

    async def _call(self, client: Client, step: Any) -> Any:
        result = await client.call_tool(step["name"], step["arguments"])
        return {
            "content": _plain(result.content),
            "data": result.structured_content,
            "is_error": bool(result.is_error),
        }


def _plain(records: Any) -> list[Any]:
    # What was not on the wire is not told: a client may know defaults that the other does not.
    return [one.model_dump(mode="json", by_alias=True, exclude_unset=True) for one in records]


def comparable(steps: list[Taken]) -> list[Taken]:
    """Replace what differs from one project to the next."""
    return [json.loads(_replaced(_written(step))) for step in steps]


def _written(step: Taken) -> str:
    return json.dumps(step, sort_keys=True, separators=(",", ":"))


def _replaced(text: str) -> str:
    for pattern, word in _CHANGING:
        text = pattern.sub(word, text)
    return text
