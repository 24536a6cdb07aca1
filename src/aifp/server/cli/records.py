"""Look at the record: which runs there were, what one of them did, and what is due next."""

import json
from typing import Annotated, Any

import typer
from rich.table import Table

from aifp.schemas.common import JsonMap
from aifp.schemas.errors import AifpError, NoSuch
from aifp.server.cli.link import ProjectOption, ask, call, fail, project_of
from aifp.server.cli.screen import local, moment, screen, table, took

Row = dict[str, Any]
NameArgument = Annotated[str | None, typer.Argument(help="One directive; else all.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
RUN_TITLES = ("run", "directive", "outcome", "by", "due (UTC)", "started", "took", "tries", "why")
STEP_TITLES = ("try", "step", "call", "state", "started (UTC)", "what", "answer", "key")
# What a cell of the trace shows of a long value.
SHOWN = 60
STEPS = 500


def runs(
    name: NameArgument = None,
    count: Annotated[int, typer.Option(help="At most so many, newest first.")] = 20,
    as_json: JsonOption = False,
    project: ProjectOption = None,
) -> None:
    """Show the newest runs, skipped and missed ones with their reason."""
    folder = project_of(project)
    try:
        wish: JsonMap = {"limit": count}
        if name is not None:
            found: Row = call(folder, "get_directive_by_name", {"name": name})
            if "id" not in found:
                raise NoSuch(f"There is no directive {name!r}. See: aifp status")
            wish["directive_id"] = found["id"]
        answer: Row = call(folder, "get_recent_executions", wish)
    except AifpError as fault:
        raise fail(fault) from None
    _print(answer["result"], table(RUN_TITLES, map(_run, answer["result"])), as_json=as_json)


def _run(run: Row) -> tuple[object, ...]:
    why = run["error_message"] or run["reason"]
    return (
        run["id"],
        run["directive_name"],
        run["status"],
        run["trigger_source"],
        moment(run["due_at"]),
        moment(run["started_at"]),
        took(run["duration_ms"]),
        run["attempts"],
        _short(why) if why else "",
    )


def trace(
    run_id: Annotated[int, typer.Argument(metavar="RUN", help="Its number in `aifp runs`.")],
    as_json: JsonOption = False,
    project: ProjectOption = None,
) -> None:
    """Show every host call of one run: what was asked, what came back, under which key."""
    folder = project_of(project)
    try:
        told: Row = call(folder, "get_run", {"run_id": run_id})
        if not told.get("run"):
            raise NoSuch(f"There is no run {run_id}. See: aifp runs")
        answer: Row = call(folder, "get_run_trace", {"run_id": run_id, "limit": STEPS})
    except AifpError as fault:
        raise fail(fault) from None
    if not as_json:
        screen().print(table(RUN_TITLES, [_run(told["run"])]))
    _print(answer["result"], table(STEP_TITLES, map(_step, answer["result"])), as_json=as_json)


def _step(step: Row) -> tuple[object, ...]:
    return (
        step["attempt"],
        step["seq"],
        step["function"],
        step["status"],
        moment(step["started_at"]),
        _asked(step["arguments"]),
        _short(step["result"]),
        (step["idempotency_key"] or "-")[:12],
    )


def _asked(arguments: Any) -> str:
    """Name a call by what tells it from others."""
    match arguments:
        case {"url": url}:
            return f"{arguments.get('method', 'GET')} {url}"
        case _:
            return _short(arguments)


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."


def due(
    name: NameArgument = None,
    count: Annotated[int, typer.Option(help="So many for each.")] = 5,
    as_json: JsonOption = False,
    project: ProjectOption = None,
) -> None:
    """Show the next due times, or what a directive waits for when no clock starts it."""
    try:
        answer: Row = ask(project_of(project), "due", {"name": name, "count": count})
    except AifpError as fault:
        raise fail(fault) from None
    lines = [line for directive in answer["directives"] for line in _due(directive)]
    _print(answer["directives"], table(("directive", "next due"), lines), as_json=as_json)


def _due(directive: Row) -> list[tuple[str, str]]:
    times = [local(at, directive["timezone"]) for at in directive["due"]]
    told = times or [f"when it happens: {directive['starts']}"]
    return [(directive["directive"] if n == 0 else "", text) for n, text in enumerate(told)]


def _print(data: Any, shown: Table, *, as_json: bool) -> None:
    """Print one table, or for programs the data behind it."""
    if as_json:
        typer.echo(json.dumps(data, ensure_ascii=True))
    elif not data:
        typer.echo("Nothing yet.")
    else:
        screen().print(shown)


COMMANDS = (runs, trace, due)
