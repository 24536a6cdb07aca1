"""Make a project, and look after what it stands on."""

import os
from pathlib import Path
from typing import Annotated
from zoneinfo import available_timezones

import typer

from aifp.schemas.errors import AifpError, InvalidArgument
from aifp.server.app.doctor import examine
from aifp.server.app.opening import open_project
from aifp.server.cli.link import ProjectOption, fail, project_of


def init(
    folder: Annotated[Path, typer.Argument(help="The project's folder.")] = Path(),
    timezone: Annotated[str | None, typer.Option(help="IANA zone; else this machine's.")] = None,
    throwaway: Annotated[bool, typer.Option(hidden=True)] = False,
) -> None:
    """Make a folder an aifp project."""
    try:
        zone = timezone or machine_zone()
        if zone not in available_timezones():
            raise InvalidArgument(f"{zone!r} is no IANA time zone, such as Europe/Berlin.")
        made = open_project(folder, zone, throwaway=throwaway)
    except AifpError as fault:
        raise fail(fault) from None
    typer.echo(f"{made} is an aifp project, times are in {zone}.")
    typer.echo("Write directives/first.yaml, then let your assistant take it from there,")
    typer.echo("or see `aifp --help`. MCP clients start: aifp serve --project " + str(made))


def machine_zone() -> str:
    """Return this machine's IANA zone as far as it says one."""
    named = os.environ.get("TZ", "")
    if named in available_timezones():
        return named
    link = os.path.realpath("/etc/localtime")
    _, found, zone = link.partition("zoneinfo/")
    if found and zone in available_timezones():
        return zone
    return "UTC"


def doctor(project: ProjectOption = None) -> None:
    """Check everything aifp stands on and say how to mend what is not right."""
    worst = 0
    for finding in examine(project_of(project)):
        typer.echo(f"{finding.mark} {finding.what}: {finding.found}")
        if finding.mend:
            typer.echo(f"     mend: {finding.mend}")
        worst = max(worst, finding.level)
    raise typer.Exit(1 if worst > 1 else 0)


COMMANDS = (init, doctor)
