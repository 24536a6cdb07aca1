"""`aifp serve --http`: keeps a port of the daemon open and says how to reach it."""

import _socket
import json
import signal
from contextlib import closing, suppress
from pathlib import Path

import typer

from aifp.schemas.common import JsonMap
from aifp.server.daemon.address import Refused, connect
from aifp.server.daemon.launch import start_and_connect
from aifp.server.daemon.pipe import why_it_ended


def serve_http(folder: Path, port: int, choices: str) -> int:
    """Hold the connection that keeps the port open until the user or the daemon ends it."""
    wish = f"http port={port}{choices.removeprefix('mcp')}"
    try:
        link = connect(str(folder), wish) or start_and_connect(str(folder), wish)
    except Refused as refusal:
        return _failed(str(refusal))
    # A supervisor ends the command as a person does with Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with closing(link), suppress(KeyboardInterrupt):
        answer = _answer(link)
        if "error" in answer:
            return _failed(str(answer["error"]))
        typer.echo(f"MCP is served at {answer['url']} until this command ends (Ctrl-C).")
        typer.echo("Clients send the header `Authorization: Bearer TOKEN`;")
        typer.echo(f"the token lies in {answer['token_file']}.")
        link.recv(1)
        return _failed(why_it_ended(str(folder)))
    return 0


def _answer(link: _socket.socket) -> JsonMap:
    line = b""
    while not line.endswith(b"\n") and (part := link.recv(4096)):
        line += part
    return json.loads(line) if line else {"error": "The daemon ended while it was asked."}


def _failed(text: str) -> int:
    typer.echo(f"aifp: {text}", err=True)
    return 1
