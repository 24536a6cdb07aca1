"""Find lines in the log files, newest first, without trusting what they say."""

import json
from collections.abc import Iterator

from aifp.schemas.ports import Ctx
from aifp.schemas.words import LogType

FOLDERS: dict[LogType, str] = {
    "execution": "execution",
    "error": "errors",
    "lifecycle": "lifecycle",
}
# Files rotate at 1,024 MB at most, by default far below; what is larger is not searched.
MAX_FILE = 128 * 1_048_576


async def newest_lines(
    ctx: Ctx, log_type: LogType, directive_id: int | None, run_id: int | None, limit: int
) -> list[str]:
    """Return the newest fitting lines of one log, oldest of them first."""
    name = await _name_of(ctx, directive_id)
    found: list[str] = []
    for path in reversed(await ctx.files.find(f".aifp-project/logs/{FOLDERS[log_type]}/*.jsonl")):
        data = await ctx.files.read(path, limit=MAX_FILE)
        for line in _backwards(data.decode("utf-8", "replace")):
            if _fits(line, name, run_id):
                found.append(line)
            if len(found) >= limit:
                return found[::-1]
    return found[::-1]


async def _name_of(ctx: Ctx, directive_id: int | None) -> str | None:
    if directive_id is None:
        return None
    row = await ctx.directives.one("directive_status", id=directive_id)
    return str(row["name"]) if row else ""


def _backwards(text: str) -> Iterator[str]:
    yield from reversed(text.splitlines())


def _fits(line: str, name: str | None, run_id: int | None) -> bool:
    try:
        entry = json.loads(line)
    except ValueError:
        return False  # a line torn by a crash is no entry
    named = name is None or entry.get("directive") == name
    return named and (run_id is None or entry.get("run_id") == run_id)
