"""One directive becomes one module of plain Python."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap

from aifp.helpers.user_directives.internal.generation.growth import Growth, Scope, Signature
from aifp.helpers.user_directives.internal.generation.layout import (
    STEP,
    WIDTH,
    Raw,
    doc_text,
    safe_text,
    statement,
    text_literal,
)
from aifp.helpers.user_directives.internal.generation.names import entry_of
from aifp.helpers.user_directives.internal.generation.sources import fill
from aifp.helpers.user_directives.internal.generation.statements import block
from aifp.helpers.user_directives.internal.language.mentions import step_paths
from aifp.helpers.user_directives.internal.language.nested_steps import every_step
from aifp.schemas.canonical import CanonicalDirective
from aifp.schemas.steps import Step

# What a helper function of the templates needs imported.
HELPER_IMPORTS: dict[str, tuple[tuple[str, str], ...]] = {
    "effect_each": (),
    "url_part": (("json", ""), ("urllib.parse", "quote")),
    "effect_retry": (
        ("collections.abc", "Callable"),
        ("aifp_guest", "HostError"),
        ("aifp_guest", "LimitExceeded"),
        ("aifp_guest", "NotGranted"),
    ),
    "effect_retry_branch": (
        ("collections.abc", "Awaitable"),
        ("collections.abc", "Callable"),
        ("aifp_guest", "HostError"),
        ("aifp_guest", "LimitExceeded"),
        ("aifp_guest", "NotGranted"),
    ),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry function of a module: what starts it, what it says and the steps it does."""

    function: str
    says: str
    steps: Sequence[Step]


def entries_of(directive: CanonicalDirective) -> list[Entry]:
    """Return the entry functions of a directive: the run, and what follows a failure."""
    name, policies = directive.name, directive.policies
    execute = entry_of(name)
    found = [Entry(execute, f"Do the steps of {name}", directive.steps)]
    if policies.on_failure:
        says = f"Do what follows the first failed run of {name}"
        found.append(Entry(execute.replace("execute", "on_failure", 1), says, policies.on_failure))
    if policies.on_recovery:
        says = f"Do what follows the first good run of {name} after a failure"
        found.append(
            Entry(execute.replace("execute", "on_recovery", 1), says, policies.on_recovery)
        )
    return found


def implementation_source(
    directive: CanonicalDirective, functions: Mapping[str, Signature], says: str
) -> str:
    """Return the source of a directive's module; the same directive gives the same bytes."""
    entries = entries_of(directive)
    paths = {path for entry in entries for step in entry.steps for path in step_paths(step)}
    read_ids = _read_ids(paths, [s for entry in entries for s in every_step(entry.steps)])
    growth = Growth(read_ids, functions)
    growth.names.update(entry.function for entry in entries)
    written = [_entry_source(entry, growth) for entry in entries]
    for helper in sorted(growth.helpers):
        growth.imports.update(HELPER_IMPORTS[helper])
    helpers = [fill(f"{helper}.py").rstrip() for helper in sorted(growth.helpers)]
    return fill(
        "implementation.py",
        name=directive.name,
        says=_wrapped(says),
        imports=_import_groups(growth.imports),
        functions=[*written, *growth.sources, *helpers],
    )


def _wrapped(says: str) -> list[str]:
    """Return the plain reading of a directive, without its title, as lines of a docstring."""
    lines = [line for line in says.splitlines() if line.strip()][1:]
    return [part for line in lines for part in _indented(line)]


def _indented(line: str) -> list[str]:
    pad = " " * min(len(line) - len(line.lstrip()), WIDTH // 2)
    return wrap(safe_text(line), WIDTH, initial_indent=pad, subsequent_indent=pad + "   ")


def _read_ids(paths: set[tuple[str | int, ...]], steps: list[Step]) -> frozenset[str]:
    """Return the ids whose results something reads; a computed key may mean any of them."""
    asked = {path[1] if len(path) > 1 else None for path in paths if path[0] == "steps"}
    ids = {step.id for step in steps if step.id}
    return frozenset(ids if None in asked else ids & asked)


def _entry_source(entry: Entry, growth: Growth) -> str:
    lines = [
        f"def {entry.function}(ctx: Ctx) -> dict[str, object]:",
        f'{STEP}"""{doc_text(entry.says, WIDTH - 10)}"""',
    ]
    paths = {path for step in entry.steps for path in step_paths(step)}
    if growth.read_ids and any(path[0] == "steps" for path in paths):
        lines.append(f"{STEP}steps: dict[str, object] = {{}}")
    body = block(entry.steps, Scope(growth))
    # A blank line stands before a local function, but not right after the docstring.
    lines += body if body[0] or len(lines) > 2 else body[1:]
    return "\n".join([*lines, *_result(entry.steps)])


def _result(steps: Sequence[Step]) -> list[str]:
    """Write the result of a run: what its steps saved with `save_as`."""
    saved = sorted({step.save_as for step in every_step(steps) if step.save_as})
    parts = (f"{text_literal(name)}: ctx.vars.get({text_literal(name)})" for name in saved)
    return statement("return ", Raw("{" + ", ".join(parts) + "}"), 1)


def _import_groups(imports: set[tuple[str, str]]) -> list[list[str]]:
    modules: dict[str, list[str]] = {}
    for module, name in sorted(imports):
        modules.setdefault(module, []).append(name)
    standard: list[str] = []
    others: list[str] = []
    for module, names in modules.items():
        line = f"from {module} import {', '.join(names)}" if names != [""] else f"import {module}"
        (standard if module.split(".")[0] in sys.stdlib_module_names else others).append(line)
    plain = sorted(standard, key=lambda line: (line.startswith("from"), line))
    return [group for group in (plain, others) if group]
