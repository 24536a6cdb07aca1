"""Names of generated modules, functions and files."""

import keyword
import re
import sys
from collections.abc import Collection

AUTOMATIONS = "src/automations"
TESTS = "tests"
WORDS_IN_A_NAME = 6
# Modules that lie beside the standard library in the sandbox.
OTHERS = frozenset({"app", "jinja2", "markupsafe", "poll_loop", "requests", "tzdata", "warm"})


def identifier(text: str) -> str:
    """Return the Python name of a directive, step or word."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_") or "step"


def module_of(directive: str) -> str:
    """Return the module that holds a directive's code.

    A name that Python or its library already uses would shadow it in the sandbox.
    """
    name = directive.replace("-", "_")
    taken = name in OTHERS or name in sys.stdlib_module_names
    if taken or keyword.iskeyword(name) or name.startswith(("aifp", "test_")):
        return f"{name}_directive"
    return name


def entry_of(directive: str) -> str:
    """Return the name of the function that runs a directive."""
    return f"execute_{directive.replace('-', '_')}"


def code_file(module: str) -> str:
    """Return the project-relative path of a module."""
    return f"{AUTOMATIONS}/{module}.py"


def tests_file(module: str) -> str:
    """Return the project-relative path of a module's tests."""
    return f"{TESTS}/test_{module}.py"


def module_in(path: str) -> str:
    """Return the module name of a code file."""
    return path.rsplit("/", 1)[-1].removesuffix(".py")


def free_name(wish: str, taken: Collection[str]) -> str:
    """Return the wished name, numbered when it is taken."""
    if wish not in taken:
        return wish
    return next(n for n in (f"{wish}_{i}" for i in range(2, len(taken) + 3)) if n not in taken)


def short_name(*parts: str) -> str:
    """Return a function name made of the first words of its parts."""
    words = [word for part in parts for word in identifier(part).split("_") if word]
    return "_".join(words[:WORDS_IN_A_NAME])
