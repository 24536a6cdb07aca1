"""Lines of `aifp serve`, each held against the official schema of its protocol revision."""

import json
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from tests.node.tools import script

Message = dict[str, Any]

LEGACY, MODERN = "2025-11-25", "2026-07-28"
CAPABILITIES: Message = {"elicitation": {"form": {}}}
CLIENT: Message = {"name": "wire", "version": "1"}
RESULTS = {
    "initialize": "InitializeResult",
    "server/discover": "DiscoverResult",
    "ping": "EmptyResult",
    "tools/list": "ListToolsResult",
    "tools/call": "CallToolResult",
    "resources/list": "ListResourcesResult",
    "resources/templates/list": "ListResourceTemplatesResult",
    "resources/read": "ReadResourceResult",
    "prompts/list": "ListPromptsResult",
    "prompts/get": "GetPromptResult",
    "completion/complete": "CompleteResult",
}


@cache
def schemas() -> dict[str, Any]:
    """Return the official schemas by revision, out of the conformance package."""
    done = subprocess.run(script("schemas.mjs"), capture_output=True, check=True)  # noqa: S603 - our own script
    return json.loads(done.stdout)


def faults(revision: str, name: str, value: Any) -> list[str]:
    """Return what is wrong with a value that should be of a named shape."""
    schema = schemas()[revision]
    shape = {"$schema": schema["$schema"], "$defs": schema["$defs"], "$ref": f"#/$defs/{name}"}
    validator: Any = Draft202012Validator(shape)
    found = validator.iter_errors(value)
    return [f"{name} {'/'.join(map(str, one.path))}: {one.message[:200]}" for one in found]


class Wire:
    """One `aifp serve` and all that it said, checked line by line."""

    def __init__(self, process: "subprocess.Popen[str]", revision: str) -> None:
        self._process, self._revision = process, revision
        self._number = 0
        self.checked = 0
        self.faults: list[str] = []

    def open(self) -> None:
        """Begin as clients of the revision do."""
        if self._revision == MODERN:
            self.ask("server/discover")
            return
        opening: Message = {
            "protocolVersion": LEGACY,
            "capabilities": CAPABILITIES,
            "clientInfo": CLIENT,
        }
        self.ask("initialize", **opening)
        self._send({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def ask(self, method: str, **params: Any) -> Message:
        """Send a request, answer what the server asks meanwhile, and return the response."""
        self._number += 1
        if self._revision == MODERN:
            params["_meta"] = {**params.get("_meta", {}), **_MODERN_META}
        self._send({"jsonrpc": "2.0", "id": self._number, "method": method, "params": params})
        while (message := self._receive()).get("id") != self._number or "method" in message:
            if "id" in message:
                answer = {"action": "decline"}
                self._send({"jsonrpc": "2.0", "id": message["id"], "result": answer})
        self._hold(self._shape_of(method, message), message.get("result", message))
        return message

    def _shape_of(self, method: str, message: Message) -> str:
        if "error" in message:
            return "JSONRPCErrorResponse"
        if message["result"].get("resultType") == "input_required":
            return "InputRequiredResult"
        return RESULTS[method]

    def _receive(self) -> Message:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the server ended"
        message: Message = json.loads(line)
        if "method" in message:
            self._hold("ServerRequest" if "id" in message else "ServerNotification", message)
        elif "result" in message:
            self._hold("JSONRPCResultResponse", message)
        return message

    def _hold(self, name: str, value: Any) -> None:
        self.checked += 1
        self.faults += faults(self._revision, name, value)

    def _send(self, message: Message) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()


_META = "io.modelcontextprotocol"
_MODERN_META: Message = {
    f"{_META}/protocolVersion": MODERN,
    f"{_META}/clientCapabilities": CAPABILITIES,
    f"{_META}/clientInfo": CLIENT,
}


@contextmanager
def wire(command: list[str], revision: str) -> Generator[Wire]:
    """Start a server for one revision and end it in order."""
    with subprocess.Popen(  # noqa: S603 - our own command
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
    ) as process:
        opened = Wire(process, revision)
        opened.open()
        yield opened
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(60) == 0
