"""The flags of `aifp serve`, read without argparse: it costs more than the whole start."""

import os

from aifp.server.daemon.address import FOLDER

# flag -> environment variable, word in the greeting
_LISTS = {"--toolsets": ("AIFP_TOOLSETS", "toolsets"), "--tools": ("AIFP_TOOLS", "tools")}
READ_ONLY = "AIFP_READ_ONLY"
# flag -> environment variable, word in the greeting
_SWITCHES = {
    "--read-only": (READ_ONLY, "read_only"),
    "--output-schemas": ("AIFP_OUTPUT_SCHEMAS", "output_schemas"),
}
PROJECT = "AIFP_PROJECT"
# Choices of one client; the daemon that a pipe starts serves others too.
CLIENT_VARIABLES = frozenset(name for name, _ in (*_LISTS.values(), *_SWITCHES.values()))
_YES = ("1", "true", "yes", "on")


class NotOurs(Exception):
    """A flag that only the full command line knows."""


def read_flags(argv: list[str], environ: dict[str, str]) -> tuple[str, str]:
    """Return the project folder and the wish for the greeting."""
    given = _given(argv)
    project = given.get("--project") or environ.get(PROJECT) or find_project(os.getcwd())  # noqa: PTH109
    wish = "mcp"
    for flag, (variable, word) in _LISTS.items():
        if names := given.get(flag) or environ.get(variable):
            wish += f" {word}={''.join(names.split())}"
    for flag, (variable, word) in _SWITCHES.items():
        if flag in given or environ.get(variable, "").lower() in _YES:
            wish += f" {word}"
    return os.path.realpath(project), wish


def options_of(wish: str) -> dict[str, list[str] | bool]:
    """Return the options of a wish: `mcp key=value,value flag`."""
    options: dict[str, list[str] | bool] = {}
    for word in wish.split(" ")[1:]:
        key, equals, value = word.partition("=")
        options[key] = [*filter(None, value.split(","))] if equals else True
    return options


def find_project(start: str) -> str:
    """Return the nearest folder upwards that is a project, else the start itself."""
    place = os.path.realpath(start)
    while True:
        if os.path.isdir(os.path.join(place, FOLDER)):  # noqa: PTH112, PTH118
            return place
        parent = os.path.dirname(place)  # noqa: PTH120
        if parent == place:
            return os.path.realpath(start)
        place = parent


def _given(argv: list[str]) -> dict[str, str]:
    given: dict[str, str] = {}
    words = iter(argv)
    for word in words:
        flag, equals, value = word.partition("=")
        if flag in _SWITCHES and not equals:
            given[flag] = ""
        elif flag == "--project" or flag in _LISTS:
            given[flag] = value if equals else next(words, "")
        else:
            raise NotOurs(word)
    return given
