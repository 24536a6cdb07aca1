"""Find lines in the log files, newest first, without trusting what they say."""

import gzip
import json
import re
from collections.abc import Iterator

from aifp.schemas.common import JsonMap
from aifp.schemas.errors import LimitExceeded
from aifp.schemas.ports import Ctx
from aifp.schemas.words import LogType

FOLDERS: dict[LogType, str] = {
    "execution": "execution",
    "error": "errors",
    "lifecycle": "lifecycle",
}
DATED = re.compile(r"-(\d{4}-\d\d-\d\d)(?:\.(\d+))?\.jsonl(?:\.gz)?$")
# Files rotate at 10 or 50 MB unless a person set more; what is larger than this is passed over.
MAX_FILE = 64 * 1_048_576


async def newest_lines(
    ctx: Ctx, log_type: LogType, directive_id: int | None, run_id: int | None, limit: int
) -> list[JsonMap]:
    """Return the newest fitting lines of one log, oldest of them first."""
    name = await _name_of(ctx, directive_id)
    files = await ctx.files.find(f".aifp-project/logs/{FOLDERS[log_type]}/*.jsonl*")
    paths = [file.path for file in files]
    found: list[JsonMap] = []
    for path in sorted(filter(DATED.search, paths), key=_age, reverse=True):
        for line in reversed((await _text(ctx, path)).split("\n")):
            found += [entry for entry in _entry(line) if _fits(entry, name, run_id)]
            if len(found) >= limit:
                return found[::-1]
    return found[::-1]


def _age(path: str) -> tuple[str, int]:
    """Return the day of a log file and its place among the files of that day."""
    match = DATED.search(path)
    return (match[1], int(match[2] or 1)) if match else ("", 0)


async def _text(ctx: Ctx, path: str) -> str:
    try:
        data = await ctx.files.read(path, limit=MAX_FILE)
    except LimitExceeded:
        return ""
    plain = gzip.decompress(data) if path.endswith(".gz") else data
    return plain.decode("utf-8", "replace")


async def _name_of(ctx: Ctx, directive_id: int | None) -> str | None:
    if directive_id is None:
        return None
    row = await ctx.directives.one("directive_status", id=directive_id)
    return str(row["name"]) if row else ""


def _entry(line: str) -> Iterator[JsonMap]:
    """Yield the entry of a line; one torn by a crash is none."""
    try:
        entry = json.loads(line)
    except ValueError:
        return
    if isinstance(entry, dict):
        yield entry  # pyright: ignore[reportUnknownVariableType]


def _fits(entry: JsonMap, name: str | None, run_id: int | None) -> bool:
    named = name is None or entry.get("directive") == name
    return named and (run_id is None or entry.get("run_id") == run_id)
