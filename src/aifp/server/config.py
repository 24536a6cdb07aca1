"""Settings of a project's daemon: environment first, then the project's own file, then defaults."""

import hashlib
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from aifp.schemas.errors import Unavailable
from aifp.schemas.settings import Settings

STATE = ".aifp-project"
FILE = "settings.json"
# What a project's file may set, and mostly the environment; folders come from the call.
OWN = frozenset(Settings.model_fields) - {
    "project",
    "config_folder",
    "toolsets",
    "read_only",
    "throwaway",
}
# What decides about the user's own tools: only the file of the project says it, which a person
# edits. No client sets it by its environment, and no tool writes there.
UPKEEP = frozenset(
    {"tools_folder", "archive_days", "min_uses", "alert_rate", "alert_uses", "recent_days"}
)
# Each client's own choice where the environment makes it (daemon/flags.py).
CHOSEN = frozenset({"tools", "output_schemas"})


def read_settings(project: Path, environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings of one project, once."""
    given = os.environ if environ is None else environ
    values: dict[str, Any] = _from_file(project) | _from_environment(given)
    try:
        return Settings.model_validate(
            {
                **values,
                "project": project,
                "config_folder": config_folder(given),
                "throwaway": throwaway_mark(project, given).exists(),
            }
        )
    except ValidationError as mismatch:
        faults = "; ".join(f"{f['loc'][0]}: {f['msg']}" for f in mismatch.errors())
        raise Unavailable(f"Settings cannot be used. {faults}. See docs/settings.md.") from None


def config_folder(environ: Mapping[str, str]) -> Path:
    """Return the user's folder for keys and secrets, outside every project."""
    if given := environ.get("AIFP_CONFIG"):
        return Path(given)
    if sys.platform == "win32":
        return Path(environ.get("APPDATA", str(Path.home()))) / "aifp"
    base = environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base) / "aifp"


def throwaway_mark(project: Path, environ: Mapping[str, str]) -> Path:
    """Return the mark that makes a project one to throw away.

    It lies beside the keys and not in the project: whoever may write there must not be able to
    switch the person's approval off.
    """
    name = hashlib.sha256(os.path.realpath(project).encode()).hexdigest()[:32]
    return config_folder(environ) / "throwaway" / name


def mark_throwaway(project: Path) -> None:
    """Make a new project one to throw away."""
    mark = throwaway_mark(project, os.environ)
    mark.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    mark.touch(mode=0o600)


def _from_file(project: Path) -> dict[str, Any]:
    path = project / STATE / FILE
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as fault:
        raise Unavailable(f"{path} is not JSON: {fault}.") from None
    unknown = sorted(set(values) - OWN)
    if unknown:
        raise Unavailable(f"{path} names unknown settings: {', '.join(unknown)}.")
    return values


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    named = {field: environ.get(f"AIFP_{field.upper()}") for field in OWN - CHOSEN - UPKEEP}
    return {field: value for field, value in named.items() if value}
