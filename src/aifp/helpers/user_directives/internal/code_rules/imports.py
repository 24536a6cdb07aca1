"""What implementation code may import."""

import ast
import sys
from collections.abc import Collection, Iterator

from aifp.helpers.user_directives.internal.code_rules.violations import Violation

ALLOWED_WORDS = """
    dataclasses typing collections itertools functools math statistics decimal fractions datetime
    zoneinfo json re string textwrap html urllib.parse base64 hashlib hmac enum operator random uuid
    time asyncio csv io copy heapq bisect calendar numbers contextlib abc types unicodedata difflib
    xml.etree.ElementTree aifp_guest collections.abc"""
ALLOWED = frozenset(ALLOWED_WORDS.split())
# Whatever is or was part of Python is no package, and neither is what the sandbox is made of.
OWN_WORDS = """
    aifp aifp_guest aifp_testing app pytest wit_world annotationlib asynchat asyncore compression
    distutils imp smtpd string_templatelib"""
NO_PACKAGES = frozenset({*OWN_WORDS.split(), *sys.stdlib_module_names})
FOR_TESTS = frozenset({"aifp_testing", "pytest"})


def import_violations(
    tree: ast.Module, allowed: Collection[str], packages: Collection[str] = ()
) -> Iterator[Violation]:
    """Yield each import outside the allowed modules and packages."""
    for node, module in imported_modules(tree):
        if module == "" or (isinstance(node, ast.ImportFrom) and node.level):
            yield Violation(node.lineno, "import", "write absolute imports, `from module import x`")
        elif module not in allowed and module.split(".")[0] not in packages:
            yield Violation(node.lineno, "import", _refusal(module, allowed))
        if isinstance(node, ast.ImportFrom) and any(a.name == "*" for a in node.names):
            yield Violation(node.lineno, "import", f"name what you import from {module}, not `*`")


def imported_modules(tree: ast.Module) -> Iterator[tuple[ast.Import | ast.ImportFrom, str]]:
    """Yield every imported module with the statement that imports it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node, alias.name
        elif isinstance(node, ast.ImportFrom):
            yield from ((node, module) for module in _sources(node))


def imported_packages(tree: ast.Module) -> set[str]:
    """Return the top names of what can only be packages or modules beside this one."""
    roots = {module.split(".")[0] for _, module in imported_modules(tree)}
    return {r for r in roots if r and not r.startswith("_") and r not in NO_PACKAGES}


def _sources(node: ast.ImportFrom) -> list[str]:
    """Return the modules of a from-import: `from urllib import parse` means urllib.parse."""
    module = node.module or ""
    within = {f"{module}.{alias.name}" for alias in node.names}
    return sorted(within) if within <= ALLOWED else [module]


def _refusal(module: str, allowed: Collection[str]) -> str:
    parts = [name for name in sorted(allowed) if name.startswith(f"{module}.")]
    if parts:
        return f"import {parts[0]} instead of {module}"
    return f"import of {module} is not allowed: code reaches the outside only through ctx"
