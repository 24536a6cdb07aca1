"""command(argv, cwd, stdin): run a granted program with a list of arguments, never a shell."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from pydantic import Field, JsonValue

from aifp.helpers.shared.hashing import sha256_of_bytes
from aifp.helpers.user_directives.internal.language.forms.checks import is_shell
from aifp.helpers.user_directives.internal.scripts import LARGEST_SCRIPT, scripts_of
from aifp.schemas.common import JsonMap, Record
from aifp.schemas.errors import DependencyMissing, InvalidArgument, NotGranted
from aifp.schemas.releases import Permission
from aifp.server.adapters.programs import Order
from aifp.server.engine.driving.argument_rules import without_option
from aifp.server.engine.driving.grants import Grants
from aifp.server.engine.host.file import plain_path
from aifp.server.engine.host.tools import Call, Tools, read_arguments

LONGEST_ARGUMENT = 131_071
LONGEST_INPUT = 1_048_576
Argument = Annotated[str, Field(max_length=LONGEST_ARGUMENT)] | bool | int | float


class CommandArguments(Record):
    """What command takes."""

    argv: list[Argument] = Field(min_length=1, max_length=1_000)
    cwd: str | None = None
    env: dict[str, Argument] = {}
    stdin: str | None = Field(None, max_length=LONGEST_INPUT)


def is_write(arguments: JsonMap) -> bool:
    """Say yes: nobody knows what a program does."""
    return True


def is_repeatable(arguments: JsonMap) -> bool:
    """Say no, for the same reason."""
    return False


async def do(call: Call, grants: Grants, tools: Tools) -> JsonValue:
    """Run the program and return its exit code and what it printed."""
    asked = read_arguments(CommandArguments, call.arguments)
    name, *arguments = [_text(argument) for argument in asked.argv]
    variables = {key: _text(value) for key, value in asked.env.items()}
    path = await tools.ctx.machine.program(name)
    if path is None:
        raise DependencyMissing(f"The program {name} is not on this machine.")
    granted = _granted(path, [name, *arguments], asked, grants)
    await _require_unchanged(granted, path, tools)
    await _require_same_scripts(granted, asked.cwd or "", tools)
    # Never another name than the approved one: many programs do by their name what they do.
    shown = str(granted.value.get("name", path))
    order = Order(path, [shown, *arguments], _folder(asked.cwd, tools), variables, asked.stdin)
    ended = await tools.programs.run(order)
    value: JsonMap = {"exit": ended.exit, "text": ended.text}
    return value if ended.exit == 0 else {**value, "errors": ended.errors}


def _granted(path: str, argv: Sequence[str], asked: CommandArguments, grants: Grants) -> Permission:
    """Return the permission for exactly this start, or refuse it."""
    name, *arguments = argv
    listed: list[JsonValue] = [*arguments]
    named: list[JsonValue] = [*sorted(asked.env)]
    granted = grants.permitted(
        "command",
        program=path,
        name=name,
        args=listed,
        cwd=asked.cwd or "",
        env=named,
        shell=is_shell(path) or is_shell(name),
    )
    return without_option(granted, arguments)


async def _require_unchanged(granted: Permission, path: str, tools: Tools) -> None:
    """Refuse a program of the project that is not the one a person approved."""
    approved = granted.value.get("sha256")
    if approved is None:
        return
    own = Path(path).relative_to(tools.ctx.settings.project).as_posix()
    if sha256_of_bytes(await tools.ctx.files.read(own, LARGEST_SCRIPT)) != approved:
        raise NotGranted(f"{own} was changed since it was approved. Implement and approve anew.")


async def _require_same_scripts(granted: Permission, folder: str, tools: Tools) -> None:
    """Refuse scripts of the project that are not those a person approved with the program."""
    now = await scripts_of(tools.ctx, granted.value, folder)
    approved = granted.value.get("scripts")
    before = approved if isinstance(approved, dict) else {}
    changed = sorted(path for path in {*now, *before} if now.get(path) != before.get(path))
    if changed:
        raise NotGranted(
            f"{', '.join(changed)}: not as approved with the program. Implement and approve anew; "
            "a file that is only read and changes is named by a value, such as {{ vars.file }}."
        )


def _folder(cwd: str | None, tools: Tools) -> str:
    """Return where the program works: a named folder, else one of the project."""
    if cwd is not None and Path(cwd).is_absolute():
        return cwd
    return str(tools.ctx.settings.project / plain_path(cwd or "."))


def _text(value: Argument) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    if "\0" in text:
        raise InvalidArgument("An argument of a program holds a NUL character.")
    return text
