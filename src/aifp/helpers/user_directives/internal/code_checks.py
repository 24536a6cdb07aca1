"""The functional rules of implementation code, read from its syntax tree; nothing is imported."""

import ast
from collections.abc import Collection, Mapping

from aifp.helpers.user_directives.internal.code_rules.calls import door_violations, host_violations
from aifp.helpers.user_directives.internal.code_rules.imports import (
    ALLOWED,
    FOR_TESTS,
    import_violations,
)
from aifp.helpers.user_directives.internal.code_rules.shape import (
    definition_violations,
    entry_violations,
    frozen_violations,
    hint_violations,
)
from aifp.helpers.user_directives.internal.code_rules.state import state_violations
from aifp.helpers.user_directives.internal.code_rules.violations import Violation
from aifp.schemas.errors import InvalidArgument

MAX_SOURCE = 262_144
SHOWN = 20


def check_code(
    source: str,
    entries: Collection[str] = (),
    modules: Collection[str] = (),
    packages: Collection[str] = (),
) -> list[Violation]:
    """Return every broken rule of a source, by line; modules are those that lie beside it."""
    tree = _parsed(source)
    if isinstance(tree, Violation):
        return [tree]
    try:
        return sorted(_broken_rules(tree, entries, modules, packages))
    except RecursionError:
        return [Violation(1, "size", "the code is nested too deeply: split its expressions")]


def _broken_rules(
    tree: ast.Module,
    entries: Collection[str],
    modules: Collection[str],
    packages: Collection[str],
) -> set[Violation]:
    return {
        *entry_violations(tree, entries),
        *hint_violations(tree),
        *frozen_violations(tree),
        *definition_violations(tree),
        *state_violations(tree),
        *import_violations(tree, ALLOWED | set(modules), packages),
        *host_violations(tree, entries),
        *door_violations(tree),
    }


def check_tests(
    source: str, modules: Collection[str] = (), packages: Collection[str] = ()
) -> list[Violation]:
    """Return what keeps a test file from running: its syntax and its imports."""
    tree = _parsed(source)
    if isinstance(tree, Violation):
        return [tree]
    return sorted({*import_violations(tree, ALLOWED | FOR_TESTS | set(modules), packages)})


def require_clean(found: Mapping[str, list[Violation]]) -> None:
    """Refuse files with broken rules, every one named with its file and line."""
    lines = [f"{path}: {violation}" for path, all_of in found.items() for violation in all_of]
    if not lines:
        return
    more = f" And {len(lines) - SHOWN} more." if len(lines) > SHOWN else ""
    raise InvalidArgument(
        f"The code breaks {len(lines)} rule(s), nothing was written. "
        + "; ".join(lines[:SHOWN])
        + "."
        + more,
        violations=[
            {"file": path, "line": v.line, "rule": v.rule, "text": v.text}
            for path, all_of in found.items()
            for v in all_of
        ][:100],
    )


def _parsed(source: str) -> ast.Module | Violation:
    if len(source.encode("utf-8", "surrogatepass")) > MAX_SOURCE:
        return Violation(1, "size", f"the file is over {MAX_SOURCE:,} bytes: split it into modules")
    try:
        return ast.parse(source)
    except SyntaxError as fault:
        return Violation(fault.lineno or 1, "syntax", f"not valid Python: {fault.msg}")
    except (ValueError, RecursionError, MemoryError) as fault:
        return Violation(1, "syntax", f"not valid Python: {fault or type(fault).__name__}")
