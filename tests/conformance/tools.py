"""The tools of the suite's basic scenarios, and the table all fixture tools are in."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import mcp_types as types
from mcp import MCPError
from mcp.server.subscriptions import PromptsListChanged, ToolsListChanged
from mcp.shared.message import ServerMessageMetadata

from aifp.server.mcp.audience import Audience
from aifp.server.mcp.offer import TaskUse
from aifp.server.mcp.people import Request
from tests.conformance import contents
from tests.conformance.contents import NOTHING, STRING, embedded, schema, text

Result = types.CallToolResult | types.InputRequiredResult


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a fixture tool."""

    request: Request
    params: types.CallToolRequestParams
    audience: Audience

    @property
    def arguments(self) -> dict[str, Any]:
        return self.params.arguments or {}

    @property
    def answers(self) -> dict[str, types.InputResponse]:
        return self.params.input_responses or {}


Body = Callable[[Call], Awaitable[Result]]


@dataclass(frozen=True, slots=True)
class Fixture:
    """A tool of the suite."""

    body: Body
    schema: dict[str, Any]
    use: TaskUse


FIXTURES: dict[str, Fixture] = {}


def fixture(name: str, input_schema: dict[str, Any] = NOTHING, use: TaskUse = "never"):
    """Put a tool into the table."""

    def add(body: Body) -> Body:
        FIXTURES[name] = Fixture(body, input_schema, use)
        return body

    return add


@fixture("test_simple_text")
async def simple_text(_: Call) -> Result:
    return text("This is a simple text response for testing.")


@fixture("test_image_content")
async def image_content(_: Call) -> Result:
    return types.CallToolResult(content=[contents.IMAGE])


@fixture("test_audio_content")
async def audio_content(_: Call) -> Result:
    return types.CallToolResult(content=[contents.AUDIO])


@fixture("test_embedded_resource")
async def embedded_resource(_: Call) -> Result:
    words = "This is an embedded resource content."
    return types.CallToolResult(content=[embedded("test://embedded-resource", words)])


@fixture("test_multiple_content_types")
async def multiple_content_types(_: Call) -> Result:
    data = json.dumps({"test": "data", "value": 123})
    mixed = embedded("test://mixed-content-resource", data, "application/json")
    words = types.TextContent(text="Multiple content types test:")
    return types.CallToolResult(content=[words, contents.IMAGE, mixed])


@fixture("test_error_handling")
async def error_handling(_: Call) -> Result:
    return text("This tool intentionally returns an error for testing", is_error=True)


@fixture("json_schema_2020_12_tool", contents.JSON_SCHEMA_2020_12)
async def json_schema_2020_12_tool(call: Call) -> Result:
    return text(json.dumps(call.arguments))


_REGION = schema("region", region={"type": "string", "x-mcp-header": "Region"})


@fixture("test_mirrored_header", _REGION)
async def mirrored_header(call: Call) -> Result:
    return text(str(call.arguments.get("region")))


@fixture("test_tool_with_progress")
async def tool_with_progress(call: Call) -> Result:
    for done in (0, 50, 100):
        await call.request.session.report_progress(done, 100, f"{done} of 100")
        await asyncio.sleep(0.01)
    return text("All steps are done.")


async def _log(call: Call, words: str) -> None:
    note = types.LoggingMessageNotification(
        params=types.LoggingMessageNotificationParams(level="info", data=words)
    )
    await call.request.session.send_notification(note, call.request.request_id)


@fixture("test_tool_with_logging")
async def tool_with_logging(call: Call) -> Result:
    for words in ("Tool execution started", "Tool processing data", "Tool execution completed"):
        await _log(call, words)
        await asyncio.sleep(0.01)
    return text("Three lines were logged.")


@fixture("test_logging_tool")
async def logging_tool(call: Call) -> Result:
    """Log only where the request asks for it, as since 2026-07-28."""
    if (call.request.meta or {}).get(types.LOG_LEVEL_META_KEY):
        await _log(call, "asked for")
    return text("Logged what was asked for.")


@fixture("test_sampling", schema("prompt", prompt=STRING))
async def sampling(call: Call) -> Result:
    words = types.TextContent(text=str(call.arguments["prompt"]))
    message = types.SamplingMessage(role="user", content=words)
    asked = types.CreateMessageRequest(
        params=types.CreateMessageRequestParams(messages=[message], max_tokens=100)
    )
    answer = await call.request.session.send_request(
        asked,
        types.CreateMessageResult,
        metadata=ServerMessageMetadata(related_request_id=call.request.request_id),
    )
    said = answer.content
    return text(f"LLM response: {said.text if isinstance(said, types.TextContent) else said}")


async def _elicited(call: Call, message: str, asked: dict[str, Any]) -> str:
    answer = await call.request.session.elicit_form(
        message, asked, related_request_id=call.request.request_id
    )
    return f"action={answer.action}, content={json.dumps(answer.content)}"


@fixture("test_elicitation", schema("message", message=STRING))
async def elicitation(call: Call) -> Result:
    asked = schema("username", "email", username=STRING, email=STRING)
    return text("User response: " + await _elicited(call, str(call.arguments["message"]), asked))


@fixture("test_elicitation_sep1034_defaults")
async def elicitation_defaults(call: Call) -> Result:
    given = await _elicited(call, "Please check the defaults", contents.DEFAULTS)
    return text(f"Elicitation completed: {given}")


@fixture("test_elicitation_sep1330_enums")
async def elicitation_enums(call: Call) -> Result:
    given = await _elicited(call, "Please choose", contents.ENUMS)
    return text(f"Elicitation completed: {given}")


@fixture("test_reconnection")
async def reconnection(call: Call) -> Result:
    """Close the stream in the middle; the answer comes over the next one."""
    if call.request.close_sse_stream is not None:
        await call.request.close_sse_stream()
    await asyncio.sleep(0.1)
    return text("The stream was closed and taken up again.")


@fixture("test_missing_capability")
async def missing_capability(call: Call) -> Result:
    capabilities = call.request.session.client_capabilities
    if capabilities and capabilities.sampling:
        return text("The client can sample.")
    raise MCPError(
        types.MISSING_REQUIRED_CLIENT_CAPABILITY,
        "This needs sampling",
        {"requiredCapabilities": {"sampling": {}}},
    )


@fixture("test_trigger_tool_change")
async def trigger_tool_change(call: Call) -> Result:
    await call.audience.publish(ToolsListChanged())
    return text("The list of tools has changed.")


@fixture("test_trigger_prompt_change")
async def trigger_prompt_change(call: Call) -> Result:
    await call.audience.publish(PromptsListChanged())
    return text("The list of prompts has changed.")
