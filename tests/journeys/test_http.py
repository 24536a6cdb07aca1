"""MCP over HTTP with the real command, the real daemon and a real client."""

import re
import signal
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import httpx2
import pytest

from aifp.server.cli import link
from tests.journeys.projects import AIFP, PATIENCE_S, Project, free_port, until
from tests.server.mcp.http_wiring import http_connected, initialize
from tests.server.mcp.wiring import data_of

ERAS = pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])


@contextmanager
def served(project: Project, *flags: str) -> Generator[tuple[subprocess.Popen[str], str, str]]:
    """Run `aifp serve --http` for a while; give it with its address and the token."""
    command = [*AIFP, "serve", "--http", "--port", "0", *flags]
    process = subprocess.Popen(  # noqa: S603 - our own command
        command, cwd=project.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout
        url = first(r"http://\S+", process.stdout)
        token = Path(first(r"/\S+\.token", process.stdout))
        assert token.stat().st_mode & 0o777 == 0o600
        yield process, url, token.read_text(encoding="ascii").strip()
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE_S)


def first(pattern: str, output: IO[str]) -> str:
    """Return what fits first in what a command says."""
    for line in output:
        if found := re.search(pattern, line):
            return found[0]
    raise AssertionError(f"the command never said {pattern}")


def answers(url: str) -> bool:
    try:
        return httpx2.post(url, json=initialize(), trust_env=False).status_code == 401
    except httpx2.TransportError:
        return False


@ERAS
async def test_a_client_reaches_the_projects_tools_over_http(project: Project, mode: str) -> None:
    with served(project) as (_, url, token):
        assert answers(url)
        async with http_connected(url, mode, bearer=token) as client:
            names = {tool.name for tool in (await client.list_tools()).tools}
            answer = await client.call_tool("get_recent_executions", {})
    assert "user_directive_parse" in names
    assert data_of(answer)["result"] == []


async def test_the_flags_of_the_command_hold_for_every_client(project: Project) -> None:
    with served(project, "--read-only", "--toolsets", "all") as (_, url, token):
        async with http_connected(f"{url}?read_only=0", "legacy", bearer=token) as client:
            names = {tool.name for tool in (await client.list_tools()).tools}
    assert "get_recent_executions" in names and "user_directive_parse" not in names


def test_the_port_is_open_for_as_long_as_the_command_runs(project: Project) -> None:
    with served(project) as (process, url, _):
        assert answers(url)
        # Not SIGINT: where the tests run in the background, the shell lets no child hear it.
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0
        until(lambda: not answers(url))
        assert link.is_up(project.folder)


def test_the_command_says_that_the_daemon_has_ended(project: Project) -> None:
    with served(project) as (process, url, _):
        project.kill(signal.SIGTERM)
        _, said = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 1 and "daemon ended" in said
        assert not answers(url)


def test_a_port_that_is_taken_is_named(project: Project) -> None:
    with served(project) as (_, url, _):
        port = url.rpartition(":")[2].partition("/")[0]
        done = project.run("serve", "--http", "--port", port)
    assert done.returncode == 1 and f"127.0.0.1:{port}" in done.stderr


def test_a_setting_opens_the_port_with_the_daemon(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    monkeypatch.setenv("AIFP_HTTP_PORT", str(port))
    project.call("get_recent_executions")
    assert answers(f"http://127.0.0.1:{port}/mcp")
