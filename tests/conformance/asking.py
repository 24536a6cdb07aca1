"""The tools that ask between two rounds of a call (since 2026-07-28), and those that are tasks."""

import asyncio
from collections.abc import Callable
from typing import Any

import mcp_types as types
from mcp import MCPError

from tests.conformance.contents import NAME, NOTHING, STRING, schema, text
from tests.conformance.tools import Call, Result, fixture


def form(message: str, asked: dict[str, Any] = NAME) -> types.ElicitRequest:
    """Return a question to the person."""
    params = types.ElicitRequestFormParams(message=message, requested_schema=asked)
    return types.ElicitRequest(params=params)


def sample(words: str) -> types.CreateMessageRequest:
    """Return a question to the model."""
    message = types.SamplingMessage(role="user", content=types.TextContent(text=words))
    params = types.CreateMessageRequestParams(messages=[message], max_tokens=100)
    return types.CreateMessageRequest(params=params)


def ask(state: str | None = None, /, **asked: types.InputRequest) -> types.InputRequiredResult:
    """End a round with questions."""
    return types.InputRequiredResult(input_requests=asked, request_state=state)


def said(answer: types.InputResponse | None, key: str = "name") -> str | None:
    """Return what a person filled in, None without an answer of that kind."""
    if not isinstance(answer, types.ElicitResult) or answer.action != "accept":
        return None
    given = (answer.content or {}).get(key)
    return given if isinstance(given, str) else None


@fixture("test_input_required_result_elicitation")
async def elicitation(call: Call) -> Result:
    name = said(call.answers.get("user_name"))
    return text(f"Hello, {name}!") if name else ask(user_name=form("What is your name?"))


@fixture("test_streaming_elicitation")
async def streaming_elicitation(call: Call) -> Result:
    return await elicitation(call)


@fixture("test_input_required_result_sampling")
async def sampling(call: Call) -> Result:
    answer = call.answers.get("capital_question")
    if not isinstance(answer, types.CreateMessageResult):
        return ask(capital_question=sample("What is the capital of France?"))
    return text(f"The model says: {answer.content}")


@fixture("test_input_required_result_list_roots")
async def list_roots(call: Call) -> Result:
    answer = call.answers.get("client_roots")
    if not isinstance(answer, types.ListRootsResult):
        return ask(client_roots=types.ListRootsRequest())
    return text(", ".join(str(root.uri) for root in answer.roots))


CONFIRM = schema("ok", ok={"type": "boolean"})


@fixture("test_input_required_result_request_state")
async def request_state(call: Call) -> Result:
    if call.params.request_state != "asked to confirm" or "confirm" not in call.answers:
        return ask("asked to confirm", confirm=form("Please confirm", CONFIRM))
    return text("state-ok")


@fixture("test_input_required_result_tampered_state")
async def tampered_state(call: Call) -> Result:
    return await request_state(call)


@fixture("test_input_required_result_multiple_inputs")
async def multiple_inputs(call: Call) -> Result:
    if not {"user_name", "greeting", "client_roots"} <= call.answers.keys():
        return ask(
            "asked for three",
            user_name=form("What is your name?"),
            greeting=sample("Generate a greeting"),
            client_roots=types.ListRootsRequest(),
        )
    return text(f"Three answers for {said(call.answers['user_name'])}.")


@fixture("test_input_required_result_multi_round")
async def multi_round(call: Call) -> Result:
    if "step2" in call.answers and call.params.request_state:
        name, color = call.params.request_state, said(call.answers["step2"], "color")
        return text(f"{name} likes {color}.")
    name = said(call.answers.get("step1"))
    if name is None:
        return ask("nothing yet", step1=form("Step 1: What is your name?"))
    color = form("Step 2: What is your favorite color?", schema("color", color=STRING))
    return ask(name, step2=color)


@fixture("test_input_required_result_capabilities")
async def capabilities(call: Call) -> Result:
    """Ask only what the client says it can answer."""
    can = call.request.session.client_capabilities or types.ClientCapabilities()
    asked: dict[str, types.InputRequest] = {}
    if can.elicitation is not None:
        asked["user_name"] = form("What is your name?")
    if can.sampling is not None:
        asked["greeting"] = sample("Generate a greeting")
    if call.answers or not asked:
        return text("Asked what could be asked.")
    return ask(**asked)


@fixture("greet", NAME)
async def greet(call: Call) -> Result:
    return text(f"Hello, {call.arguments.get('name')}!")


_SECONDS = schema("seconds", seconds={"type": "number"}, label=STRING)


@fixture("slow_compute", _SECONDS, "may")
async def slow_compute(call: Call) -> Result:
    await asyncio.sleep(float(call.arguments.get("seconds", 0)))
    return text(f"Computed {call.arguments.get('label')}.")


@fixture("failing_job", NOTHING, "must")
async def failing_job(_: Call) -> Result:
    await asyncio.sleep(0.1)
    return text("It failed, as it always does.", is_error=True)


@fixture("protocol_error_job", NOTHING, "may")
async def protocol_error_job(_: Call) -> Result:
    raise MCPError(types.INTERNAL_ERROR, "The server gave up.")


@fixture("confirm_delete", schema("filename", filename=STRING), "may")
async def confirm_delete(call: Call) -> Result:
    if "confirm" not in call.answers:
        return ask(confirm=form("Delete it?", schema("confirm", confirm={"type": "boolean"})))
    return text(f"Deleted {call.arguments.get('filename')}.")


@fixture("multi_input", NOTHING, "may")
async def multi_input(call: Call) -> Result:
    if not {"first", "second"} <= call.answers.keys():
        return ask(first=form("The first?"), second=form("The second?"))
    return text("Both were answered.")


@fixture("test_tool_with_task", NOTHING, "must")
async def tool_with_task(call: Call) -> Result:
    """Ask in an ordinary round; what follows takes long."""
    name = said(call.answers.get("user_name"))
    if name is None:
        return ask("asked", user_name=form("What is your name?"))
    await asyncio.sleep(0.1)
    return text(f"Hello at last, {name}!")


Ready = Callable[[types.CallToolRequestParams], bool]
# Tasks that begin only when the client has answered.
BEGINS_LATER: dict[str, Ready] = {
    "test_tool_with_task": lambda params: bool(params.input_responses),
}
