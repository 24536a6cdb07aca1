"""Whether the demo kept what it promised, judged from both sides."""

from datetime import UTC, datetime, timedelta
from typing import Any

from demo_parts.service import Service

# A due time this fresh may still be on its way into the record.
FRESH = timedelta(seconds=3)
Run = dict[str, Any]


def faults(names: list[str], runs: list[Run], due: dict[str, list[str]], it: Service) -> list[str]:
    """Return every broken promise; none is what we want."""
    return [
        *(f"{name} did not run well" for name in names if not _good(runs, name)),
        *_unrecorded(runs, due),
        *(f"{path} took a key twice" for (path, _), n in it.accepted.items() if n > 1),
        *_retry_faults(runs, it),
    ]


def _good(runs: list[Run], name: str) -> list[Run]:
    return [r for r in runs if r["directive_name"] == name and r["status"] == "success"]


def _unrecorded(runs: list[Run], due: dict[str, list[str]]) -> list[str]:
    """List due times that have passed and have no run of any outcome."""
    known = {(run["directive_name"], run["due_at"]) for run in runs}
    return [f"{name} has no record for {at}" for name, at in passed(due) if (name, at) not in known]


def passed(due: dict[str, list[str]]) -> list[tuple[str, str]]:
    """Return the due times that have come by now."""
    until = datetime.now(UTC) - FRESH  # noqa: TID251 - a script of its own
    listed = [(name, at) for name, times in due.items() for at in times]
    return [(name, at) for name, at in listed if datetime.fromisoformat(at) <= until]


def _retry_faults(runs: list[Run], it: Service) -> list[str]:
    """The first bill was refused; its second try carried the same key and was taken once."""
    tried = [run for run in _good(runs, "bill_the_day") if run["attempts"] == 2]
    refused = [key for path, key in it.refused if path == "/bills"]
    again = [key for key in refused if it.keys("/bills").get(key) == 1]
    return [] if tried and again else ["the refused bill was not sent again under its key"]
