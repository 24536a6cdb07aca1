"""Secrets by name: values go in and never come out."""

import sys
from typing import Annotated

import typer

from aifp.schemas.errors import AifpError
from aifp.server.adapters.keyring import FileKeyring
from aifp.server.cli.link import fail, project_of
from aifp.server.config import read_settings

app = typer.Typer(help="Keep secrets outside every project.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="A name like API_TOKEN.")]


def _keyring() -> FileKeyring:
    return FileKeyring(read_settings(project_of(None)).config_folder)


@app.command("set")
def set_secret(name: Name) -> None:
    """Keep a secret; its value is asked for, or read from stdin."""
    piped = not sys.stdin.isatty()
    value = sys.stdin.readline().rstrip("\r\n") if piped else typer.prompt(name, hide_input=True)
    try:
        _keyring().store(name, value)
    except AifpError as fault:
        raise fail(fault) from None
    typer.echo(f"{name} is kept. Directives use it as: secret {name}")


@app.command("list")
def list_secrets() -> None:
    """List the names of the kept secrets."""
    for name in sorted(_keyring().secret_names()):
        typer.echo(name)


@app.command("forget")
def forget_secret(name: Name) -> None:
    """Remove a secret."""
    _keyring().forget(name)
    typer.echo(f"{name} is gone.")
