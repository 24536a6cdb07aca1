"""Scripts of the project that a program runs for its caller: approved with it, byte for byte."""

import re
from pathlib import PurePath

from aifp.helpers.shared.hashing import sha256_of_bytes
from aifp.helpers.user_directives.internal.language.forms.checks import file_name, is_shell
from aifp.schemas.common import JsonMap
from aifp.schemas.errors import FileMissing, InvalidArgument
from aifp.schemas.ports import Ctx

# Larger files of a project are no scripts; programs outside of it are known by their path alone.
LARGEST_SCRIPT = 64 * 1_048_576
# Programs that run the file they are given, and those that start another program with it.
RUNNERS = re.compile(
    r"(python|pypy|py|perl|ruby|node|nodejs|deno|bun|php|lua|luajit|tclsh|rscript|julia|java"
    r"|osascript|env|nice|ionice|nohup|setsid|stdbuf|timeout|time|xargs|flock|sudo|doas|uv|npx)"
    r"[-.\d]*w?(\.exe)?"
)
# Endings of files that are run wherever they stand among the arguments; data has others.
ENDINGS = re.compile(r".*\.(pyw?|pyz|sh|bash|zsh|pl|rb|[mc]?js|ts|php|lua|tcl|r|jl|jar|ps1)")


async def scripts_of(ctx: Ctx, command: JsonMap, folder: str) -> JsonMap:
    """Return the hash of each script that the literal arguments of a permission name."""
    found = JsonMap()
    if not any(_runs_scripts(str(command.get(key, ""))) for key in ("program", "name")):
        return found
    listed = command.get("args")
    arguments = [str(argument) for argument in listed] if isinstance(listed, list) else []
    for place, argument in enumerate(arguments):
        # The first file is what is run, unless the program was given a text instead.
        is_first = not found and "-c" not in arguments[:place]
        if is_computed(argument) or not (is_first or _ends_like_code(argument)):
            continue
        path = (PurePath(folder) / argument).as_posix()
        data = await _contents(ctx, path)
        if data is not None:
            found[path] = sha256_of_bytes(data)
    return found


def is_computed(text: str) -> bool:
    """Say whether a permission leaves a part of a text open."""
    return "}}" in text.partition("{{")[2]


def _runs_scripts(name: str) -> bool:
    return is_shell(name) or RUNNERS.fullmatch(file_name(name).casefold()) is not None


def _ends_like_code(argument: str) -> bool:
    return ENDINGS.fullmatch(file_name(argument).casefold()) is not None


async def _contents(ctx: Ctx, path: str) -> bytes | None:
    """Return the bytes of a file of the project; what lies outside is the person's own."""
    try:
        return await ctx.files.read(path, LARGEST_SCRIPT)
    except (FileMissing, InvalidArgument):
        return None
