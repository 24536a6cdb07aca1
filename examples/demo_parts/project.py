"""A throw-away project with keys of its own, and the two doors into it."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncGenerator, Generator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp_types import ElicitRequestParams, ElicitResult

# The installed `aifp`, without relying on PATH; -P keeps the working folder out of imports.
AIFP = [sys.executable, "-P", "-m", "aifp.server.cli.main"]
TEMPLATES = Path(__file__).parents[1] / "demo"
ALLOW = "allow this host"


class Failed(Exception):
    """The demo cannot go on; the text says why."""


def reasons(fault: BaseException) -> Iterator[str]:
    """Yield why something failed; a group of tasks fails with all of its reasons."""
    inner: tuple[BaseException, ...] = getattr(fault, "exceptions", ())
    for part in inner:
        yield from reasons(part)
    if not inner:
        yield str(fault)


@dataclass(frozen=True, slots=True)
class Project:
    """Where the demo's project lies and how to reach it."""

    folder: Path
    environment: dict[str, str]
    hooks_port: int
    token: str

    def command(self, *arguments: str) -> int:
        """Run a command of aifp in front of the person; return its exit code."""
        command = [*AIFP, *arguments]
        return subprocess.run(command, cwd=self.folder, env=self.environment).returncode  # noqa: S603 - our own command

    def asked(self, *arguments: str, given: str | None = None) -> str:
        """Run a command of aifp for what it prints."""
        done = subprocess.run(  # noqa: S603 - our own command
            [*AIFP, *arguments],
            cwd=self.folder,
            env=self.environment,
            input=given,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise Failed(f"aifp {arguments[0]} ended with {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def fill_in(self, name: str, **words: str) -> str:
        """Write a directive file of the demo into the project; return its path there."""
        text = Template((TEMPLATES / name).read_text(encoding="utf-8")).substitute(words)
        (self.folder / "directives" / name).write_text(text, encoding="utf-8")
        return f"directives/{name}"


@contextmanager
def throwaway_project() -> Generator[Project]:
    """Make a project in a temporary folder; afterwards end its daemon and remove everything."""
    place = Path(tempfile.mkdtemp(prefix="aifp-demo-")).resolve()
    project = _described(place)
    try:
        project.folder.mkdir()
        project.asked("init", str(project.folder), "--timezone", "UTC", "--throwaway")
        project.asked("secret", "set", "DEMO_TOKEN", given=project.token + "\n")
        yield project
    finally:
        _remove(project, place)


def _described(place: Path) -> Project:
    port = _free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AIFP_")}
    own = {"AIFP_CONFIG": str(place / "keys"), "AIFP_HOOKS_PORT": str(port)}
    return Project(place / "project", kept | own, port, secrets.token_urlsafe(16))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _remove(project: Project, place: Path) -> None:
    try:
        if (project.folder / ".aifp-project").is_dir():
            project.asked("stop")
    finally:
        shutil.rmtree(place, ignore_errors=True)


class Assistant:
    """What an AI assistant is to aifp: a client of its MCP tools, and of nothing else."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """Call a tool and return its answer; a refusal ends the demo."""
        answer = await self._client.call_tool(tool, arguments)
        content = answer.structured_content
        if answer.is_error or content is None or content.get("success") is False:
            raise Failed(f"{tool} {arguments}: {json.dumps(content)}")
        return content


@asynccontextmanager
async def assistant(project: Project) -> AsyncGenerator[Assistant]:
    """Connect as clients do: start `aifp serve` and speak MCP over its stdin and stdout."""
    serve = StdioServerParameters(
        command=AIFP[0],
        args=[*AIFP[1:], "serve", "--project", str(project.folder)],
        env=project.environment,
    )
    async with Client(stdio_client(serve), elicitation_callback=_allow_own_service) as client:
        yield Assistant(client)


async def _allow_own_service(context: object, params: ElicitRequestParams) -> ElicitResult:
    """Answer the one form of the demo: its own service on this machine may be called."""
    fields: dict[str, Any] = getattr(params, "requested_schema", {}).get("properties", {})
    if not fields or any(ALLOW not in field.get("enum", []) for field in fields.values()):
        return ElicitResult(action="decline")
    return ElicitResult(action="accept", content=dict.fromkeys(fields, ALLOW))
