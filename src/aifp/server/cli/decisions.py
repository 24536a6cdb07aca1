"""What only a person at a terminal may do: approve, reject, answer."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from aifp.schemas.common import JsonMap
from aifp.schemas.errors import AifpError, Unavailable
from aifp.server.adapters import passphrase as passphrases
from aifp.server.cli.link import ProjectOption, ask, fail, project_of

Request = dict[str, Any]
Names = Annotated[
    list[str], typer.Argument(help="The directive or tool; several are asked as one.")
]
PackageOption = Annotated[
    bool, typer.Option("--package", help="The names are packages that wait to be installed.")
]
RequestOption = Annotated[int | None, typer.Option("--request", help="One request by its number.")]
RunOption = Annotated[int | None, typer.Option("--run", help="One run that asks each time.")]


def approve(
    names: Names,
    run_id: RunOption = None,
    package: PackageOption = False,
    request_id: RequestOption = None,
    yes: Annotated[bool, typer.Option(hidden=True)] = False,
    project: ProjectOption = None,
) -> None:
    """Show what would run, when and with which rights, and approve it."""
    asked = _asked(names, run_id, request_id, package=package)
    _decide(project_of(project), asked, "approved", yes=yes)


def reject(
    names: Names,
    run_id: RunOption = None,
    package: PackageOption = False,
    request_id: RequestOption = None,
    project: ProjectOption = None,
) -> None:
    """Refuse an open request."""
    asked = _asked(names, run_id, request_id, package=package)
    _decide(project_of(project), asked, "rejected", yes=False)


def _asked(
    names: list[str], run_id: int | None, request_id: int | None, *, package: bool
) -> list[JsonMap]:
    """Return the questions to the daemon, each about one thing."""
    single = [value for value in (run_id, request_id) if value is not None]
    if single and (len(names) != 1 or package or len(single) > 1):
        raise fail(Unavailable("--run and --request speak of one thing each; give one name."))
    about: JsonMap = {"run_id": run_id, "package": package, "request_id": request_id}
    return [{"name": name, **about} for name in dict.fromkeys(names)]


def _decide(project: Path, asked: list[JsonMap], decision: str, *, yes: bool) -> None:
    try:
        if not yes:
            _require_terminal()
        requests = _shown(project, asked)
        if requests:
            passphrase = None if yes else _confirmed(requests, decision)
            for request in requests:
                _write(project, request, decision, passphrase, yes=yes)
    except AifpError as fault:
        raise fail(fault) from None


def _shown(project: Path, asked: list[JsonMap]) -> list[Request]:
    """Show every request that is open, each in the words that are stored."""
    requests: list[Request] = []
    for question in asked:
        name = question["name"]
        request: Request = ask(project, "request", question)
        if request.get("approved"):
            typer.echo(f"{name} is approved already, exactly as it stands.")
            continue
        typer.echo(request["text"])
        requests.append({**request, "name": name})
    return requests


def _confirmed(requests: list[Request], decision: str) -> str | None:
    """Ask once for all that was shown; return the passphrase if there is one."""
    word = "Approve" if decision == "approved" else "Reject"
    names = ", ".join(request["name"] for request in requests)
    if not typer.confirm(f"{word} {names} exactly as shown?", default=False):
        raise Unavailable("Nothing was decided.")
    needed = any(request["needs_passphrase"] for request in requests)
    return typer.prompt("Passphrase", hide_input=True) if needed else None


def _write(
    project: Path, request: Request, decision: str, passphrase: str | None, *, yes: bool
) -> None:
    answer: JsonMap = {
        "approval_id": request["approval_id"],
        "release_sha256": request["release_sha256"],
        "decision": decision,
    }
    if yes:
        ask(project, "decide_throwaway", answer)
    else:
        ask(project, "decide", {**answer, "passphrase": passphrase})
    typer.echo(f"{request['name']}: {decision}.")


def _require_terminal() -> None:
    """Refuse piped input: a decision comes from a person at a terminal."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Unavailable("Decisions need a terminal; run this yourself in one.")


def validate(
    name: Annotated[str, typer.Argument(help="The directive.")], project: ProjectOption = None
) -> None:
    """Answer the open questions of a directive, also those only a person may answer."""
    folder = project_of(project)
    try:
        _require_terminal()
        report: dict[str, Any] = ask(folder, "answer", {"name": name, "answers": {}})
        while report["questions"]:
            answers: JsonMap = {question["id"]: _put(question) for question in report["questions"]}
            report = ask(folder, "answer", {"name": name, "answers": answers})
    except AifpError as fault:
        raise fail(fault) from None
    typer.echo(f"{name} is {report['status']}.")
    typer.echo(report.get("reading") or "")


def _put(question: dict[str, Any]) -> str:
    options = ", ".join(map(str, question["options"]))
    typer.echo(f"{question['question']}{f' ({options})' if options else ''}")
    return typer.prompt(question["id"], default=question["default"] or None)


def set_passphrase(project: ProjectOption = None) -> None:
    """Ask for a passphrase before every decision at the terminal; empty removes it."""
    try:
        _require_terminal()
        folder = Path(str(ask(project_of(project), "about")["config_folder"]))
        if passphrases.is_set(folder):
            old = typer.prompt("Present passphrase", hide_input=True)
            if not passphrases.is_right(folder, old):
                raise Unavailable("That is not the present passphrase.")
        new = typer.prompt("New", default="", hide_input=True, confirmation_prompt=True)
        passphrases.set_passphrase(folder, new)
    except AifpError as fault:
        raise fail(fault) from None


COMMANDS = (approve, reject, validate, set_passphrase)
