"""Start, end and resume the daemon and its engine."""

import asyncio
import importlib
import os
import signal
import time
from pathlib import Path
from types import ModuleType
from typing import Annotated

import typer

from aifp.schemas.errors import AifpError, Unavailable
from aifp.server.cli.http import serve_http
from aifp.server.cli.link import ProjectOption, ask, fail, is_up, project_of
from aifp.server.daemon import pipe
from aifp.server.daemon.address import FOLDER, daemon_pid
from aifp.server.daemon.flags import NotOurs, options_of, read_flags
from aifp.server.daemon.lock import FileLock, Held

END_SECONDS = 30.0
# No well-known service has it; clients need an address that stays.
HTTP_PORT = 8437


def serve(
    context: typer.Context,
    project: ProjectOption = None,
    in_process: Annotated[
        bool, typer.Option(help="No daemon beside: everything in this process.")
    ] = False,
    http: Annotated[
        bool, typer.Option(help="Over HTTP on 127.0.0.1, until this command ends.")
    ] = False,
    port: Annotated[int, typer.Option(help="The port of --http; 0 takes a free one.")] = HTTP_PORT,
) -> None:
    """Serve an MCP client over stdin and stdout, or several over HTTP.

    What clients are offered is chosen by --toolsets core,..., --tools NAME,..., --read-only and
    --output-schemas, or by the variables AIFP_TOOLSETS, AIFP_TOOLS, AIFP_READ_ONLY=1 and
    AIFP_OUTPUT_SCHEMAS=1.
    """
    folder = project_of(project)
    arguments = [f"--project={folder}", *context.args]
    try:
        _, wish = read_flags(arguments, dict(os.environ))
        if in_process:
            raise typer.Exit(asyncio.run(_house().run_in_process(folder, options_of(wish))))
    except NotOurs as unknown:
        raise typer.BadParameter(f"There is no option {unknown}.") from None
    except AifpError as fault:
        raise fail(fault) from None
    raise typer.Exit(serve_http(folder, port, wish) if http else pipe.main(arguments))


def _house() -> ModuleType:
    """Return the processes of the product; all other commands start without loading them."""
    return importlib.import_module("aifp.server.app.process")


def daemon(project: ProjectOption = None) -> None:
    """Run the project's daemon in the foreground; `serve` starts it by itself."""
    try:
        raise typer.Exit(asyncio.run(_house().run_daemon(project_of(project))))
    except AifpError as fault:
        raise fail(fault) from None


def stop(
    project: ProjectOption = None,
    everything: Annotated[
        bool, typer.Option("--all", help="End every run and let nothing fire until `resume`.")
    ] = False,
) -> None:
    """End the daemon in order; with --all stop every automation until you resume."""
    folder = project_of(project)
    try:
        if everything:
            answer = ask(folder, "stop_all", {"reason": "stopped at the terminal"})
            typer.echo(f"Stopped. {answer['cancelled_runs']} runs ended. Resume: aifp resume")
            return
        if not is_up(folder):
            typer.echo("No daemon is running.")
            return
        _end(folder, daemon_pid(str(folder)))
    except AifpError as fault:
        raise fail(fault) from None


def _end(folder: Path, pid: int | None) -> None:
    if pid is None:
        raise Unavailable("The daemon does not say its process id.")
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + END_SECONDS
    while is_up(folder) or not _let_go(folder):
        if time.monotonic() > deadline:
            raise Unavailable(f"Process {pid} does not end; look at .aifp-project/daemon.log.")
        time.sleep(0.05)
    typer.echo(f"The daemon (process {pid}) has ended. Open runs go on at its next start.")


def _let_go(folder: Path) -> bool:
    """Say whether nobody holds the project: a daemon that answers no more may still be closing."""
    try:
        with FileLock(folder / FOLDER / "daemon.lock"):
            return True
    except Held:
        return False


def resume(project: ProjectOption = None) -> None:
    """Let automations fire again after `aifp stop --all`."""
    try:
        ask(project_of(project), "resume")
    except AifpError as fault:
        raise fail(fault) from None
    typer.echo("Automations fire again.")


# What `serve` does not know itself is read by the one reader of a client's choices.
PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True}
COMMANDS = (daemon, stop, resume)
