"""The command line's way to the project's daemon."""

import os
from pathlib import Path
from typing import Annotated

import typer

from aifp.schemas.common import JsonMap
from aifp.schemas.errors import AifpError, Unavailable
from aifp.server.daemon.address import Refused, connect
from aifp.server.daemon.control import ask_daemon
from aifp.server.daemon.flags import PROJECT, find_project
from aifp.server.daemon.launch import start_and_connect

ProjectOption = Annotated[
    Path | None,
    typer.Option("--project", envvar=PROJECT, help="Project folder; else the nearest upwards."),
]


def project_of(project: Path | None) -> Path:
    """Return the project folder a command speaks of."""
    return Path(os.path.realpath(project or find_project(str(Path.cwd()))))


def is_up(project: Path) -> bool:
    """Say whether the project's daemon answers."""
    try:
        link = connect(str(project), "control")
    except Refused:
        return False
    if link is not None:
        link.close()
    return link is not None


def ask(project: Path, do: str, arguments: JsonMap | None = None) -> JsonMap:
    """Ask the daemon, started first if there is none."""
    if not is_up(project):
        try:
            start_and_connect(str(project), "control").close()
        except Refused as refusal:
            raise Unavailable(str(refusal)) from None
    return ask_daemon(project, do, arguments)


def call(project: Path, tool: str, arguments: JsonMap | None = None) -> JsonMap:
    """Call a tool as the person at this terminal."""
    return ask(project, "call", {"name": tool, "arguments": arguments or {}})


def fail(fault: AifpError) -> typer.Exit:
    """Tell what went wrong and end with code 1."""
    typer.echo(f"aifp: {fault}", err=True)
    return typer.Exit(1)
