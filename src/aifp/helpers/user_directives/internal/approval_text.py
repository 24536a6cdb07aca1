"""What a person reads before deciding: what it does, when, with which rights, tested how."""

import difflib
import json
import unicodedata
from collections.abc import Mapping

from aifp.helpers.user_directives.internal.language.reading_back import describe, next_three
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx, Row
from aifp.schemas.releases import Permission, Release


async def approval_text(ctx: Ctx, release: Release, row: Row) -> str:
    """Return the text shown before a decision; hidden characters are made visible."""
    directive = release.directive
    parts = {
        "What it does": describe(directive),
        "Next due": "\n".join(to_text(at) for at in next_three(directive, ctx.clock.now()))
        or "when started",
        "It may": "\n".join(map(permission_line, release.permissions)) or "touch nothing outside",
        "Tests": test_lines(row),
        "Code": await _code(ctx, release),
        "Directive": json.dumps(directive.canonical(), indent=1, ensure_ascii=False),
        "Release": release.release_sha256,
    }
    body = "\n\n".join(f"{title}:\n{text}" for title, text in parts.items())
    return visible(f"Approve {directive.name}?\n\n{body}\n")


def permission_line(permission: Permission) -> str:
    """Return one permission as a line for people."""
    value = permission.value
    match permission.resource:
        case "host":
            where = "on this machine or your network, " if value.get("private") else ""
            methods = ", ".join(map(str, _listed(value.get("methods")))) or "any method"
            port = f":{value['port']}" if value.get("port") else ""
            scheme = value.get("scheme") or "https"
            return f"- call {scheme}://{value.get('host')}{port} ({where}{methods})"
        case "secret":
            return f"- use the secret {value.get('name')} for {value.get('host') or 'its callers'}"
        case resource:
            shown = ", ".join(f"{key} {item}" for key, item in sorted(value.items()))
            return f"- {resource.replace('_', ' ')}: {shown}"


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else []  # pyright: ignore[reportUnknownVariableType,reportUnknownArgumentType]


def test_lines(row: Row) -> str:
    """Return the results of the engine's own test runs."""
    results = json.loads(str(row["test_results_json"] or "[]"))
    if not results:
        return "not tested"
    lines = [f"- {'passed' if r['passed'] else 'FAILED'}: {r['name']}" for r in results]
    return "\n".join(lines)


async def _code(ctx: Ctx, release: Release) -> str:
    before = await _approved_before(ctx, release)
    if before is None or before == release.modules:
        return "\n".join(f"--- {name}.py\n{text}" for name, text in release.modules.items())
    return difference(before, release.modules)


def difference(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """Return the unified difference of two sets of modules."""
    lines: list[str] = []
    for name in sorted({*before, *after}):
        lines += difflib.unified_diff(
            before.get(name, "").splitlines(),
            after.get(name, "").splitlines(),
            f"approved/{name}.py",
            f"new/{name}.py",
            lineterm="",
        )
    return "\n".join(lines)


async def _approved_before(ctx: Ctx, release: Release) -> dict[str, str] | None:
    row = await ctx.directives.one("deployed_code", directive_id=release.directive_id)
    if row is None:
        return None
    version = row["deployed_version_id"]
    files = await ctx.directives.all("version_files", version_id=version)
    code = [file for file in files if file["role"] != "test"]
    texts = [(await ctx.files.fetch(str(file["object_sha256"]))).decode() for file in code]
    names = [str(file["path"]).rpartition("/")[2].removesuffix(".py") for file in code]
    return dict(zip(names, texts, strict=True))


def visible(text: str) -> str:
    """Write characters that a person cannot see as their code point."""
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    hidden = unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp", "Co", "Cn", "Cs")
    return f"<U+{ord(character):04X}>" if hidden and character not in "\n\t" else character
