"""Look at what is there, and run one thing now."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from aifp.schemas.common import JsonMap
from aifp.schemas.errors import AifpError
from aifp.server.cli.link import ProjectOption, call, fail, project_of
from aifp.server.cli.screen import plain, screen


def status(
    name: Annotated[str | None, typer.Argument(help="One directive; else all.")] = None,
    project: ProjectOption = None,
) -> None:
    """Show where every directive stands and what the engine does."""
    try:
        report: dict[str, Any] = call(project_of(project), "user_directive_status", {"name": name})
    except AifpError as fault:
        raise fail(fault) from None
    console = screen()
    console.print(report["message"])
    if report["directives"]:
        console.print(_directives(report["directives"]))
    console.print(_engine(report.get("engine")))
    for line in _files(project_of(project)):
        typer.echo(plain(line))


def _directives(lines: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False)
    for title in ("directive", "status", "next due", "runs", "success", "last", "next step"):
        table.add_column(title)
    for line in lines:
        rate = line["success_rate"]
        table.add_row(
            line["name"],
            line["status"] + (f" ({line['pause_cause']})" if line["pause_cause"] else ""),
            line["next_due_at"] or "-",
            str(line["total_executions"]),
            "-" if rate is None else f"{rate:.0%}",
            line["last_outcome"] or "-",
            line["phase"],
        )
    return table


def _engine(engine: dict[str, Any] | None) -> str:
    if not engine or not engine["running"]:
        return "The engine is not running."
    stopped = f", STOPPED: {engine['stop_switch']}" if engine["stop_switch"] else ""
    return f"Engine: process {engine['pid']}, {len(engine['open_runs'])} open runs{stopped}"


def _files(project: Path) -> list[str]:
    """Return how the files of tools stand to what is known of them."""
    try:
        found: dict[str, Any] = call(project, "check_sync_status", {})
    except AifpError as fault:
        return [str(fault)]
    return [issue["message"] for issue in found["issues"]] or ["Files of tools: in sync"]


def run(
    name: Annotated[str, typer.Argument(help="The directive.")],
    dry_run: Annotated[bool, typer.Option(help="Send nothing; list the calls.")] = False,
    input: Annotated[str, typer.Option(help="Its input as JSON.")] = "{}",
    at: Annotated[str | None, typer.Option(help="Clock of a dry run, ISO with zone.")] = None,
    project: ProjectOption = None,
) -> None:
    """Run a directive now and show how it ended."""
    try:
        given = json.loads(input)
    except ValueError as fault:
        raise typer.BadParameter(f"--input is not JSON: {fault}") from None
    arguments: JsonMap = {"name": name, "dry_run": dry_run, "input": given, "at": at}
    try:
        report = call(project_of(project), "run_directive", arguments)
    except AifpError as fault:
        raise fail(fault) from None
    Console().print_json(json.dumps(report))
    raise typer.Exit(0 if report["success"] else 1)


def logs(
    kind: Annotated[str, typer.Argument(help="execution, error or lifecycle.")] = "execution",
    run_id: Annotated[int | None, typer.Option("--run", help="Only this run.")] = None,
    lines: Annotated[int, typer.Option(help="At most so many.")] = 50,
    project: ProjectOption = None,
) -> None:
    """Show the newest log lines."""
    arguments: JsonMap = {"log_type": kind, "run_id": run_id, "limit": lines}
    try:
        found: dict[str, Any] = call(project_of(project), "get_log_entries", arguments)
    except AifpError as fault:
        raise fail(fault) from None
    for line in found["result"]:
        typer.echo(json.dumps(line, ensure_ascii=True))


COMMANDS = (status, run, logs)
