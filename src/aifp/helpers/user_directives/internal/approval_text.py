"""What a person reads before deciding: what it does, when, with which rights, tested how."""

import difflib
import json
import shlex
import unicodedata
from collections.abc import Mapping

from pydantic import JsonValue, TypeAdapter

from aifp.helpers.user_directives.internal.code_generation import GIVEN, broken_rules
from aifp.helpers.user_directives.internal.language.forms.checks import file_name
from aifp.helpers.user_directives.internal.language.reading_back import describe, next_three
from aifp.helpers.user_directives.internal.releases import registered_code
from aifp.helpers.user_directives.internal.risks import class_of_release, risk_line
from aifp.schemas.instants import to_text
from aifp.schemas.packages import Pin
from aifp.schemas.ports import Ctx, Row
from aifp.schemas.releases import Permission, Release
from aifp.schemas.workflow import GeneratedCode

PERMISSIONS = TypeAdapter(list[Permission])
# Controls, format characters (also those that turn the writing direction), odd spaces, lone
# surrogates, private and unassigned code points.
UNSEEN = frozenset(("Cc", "Cf", "Zl", "Zp", "Zs", "Co", "Cn", "Cs"))
# Letters, marks and symbols that are drawn as nothing.
BLANK = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
    + "".join(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
)
MAX_REASON = 2_000
# Broken rules in a request; the code below shows them all.
SHOWN = 20


async def approval_text(ctx: Ctx, release: Release, row: Row) -> str:
    """Return the text shown before a decision; hidden characters are made visible."""
    directive = release.directive
    parts = {
        "What it does": describe(directive),
        "Next due": "\n".join(to_text(at) for at in next_three(directive, ctx.clock.now()))
        or "when started",
        "It may": "\n".join(map(permission_line, release.permissions)) or "touch nothing outside",
        **_packages(release),
        "Risk": risk_line(await class_of_release(ctx, release)),
        "Static checks": check_lines(release),
        "Tests": test_lines(row),
        **await _changes(ctx, release),
        "Code": _code(release),
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
        case "command":
            return f"- {_command_line(value)}"
        case "secret":
            return f"- use the secret {value.get('name')} for {value.get('host') or 'its callers'}"
        case "tool":
            return f"- call the tool {value.get('name')}, which needs an approval of its own"
        case resource:
            shown = ", ".join(f"{key} {item}" for key, item in sorted(value.items()))
            return f"- {resource.replace('_', ' ')}: {shown}"


def _command_line(value: Mapping[str, JsonValue]) -> str:
    """Name a program with the arguments it is given; what is computed stands in braces."""
    program, name = str(value.get("program")), file_name(str(value.get("name", "")))
    words = [program, *map(str, _listed(value.get("args")))]
    other = name and name != file_name(program)
    named = ", ".join(map(str, _listed(value.get("env"))))
    parts = [
        "run a SHELL, which can do all that you can:" if value.get("shell") else "run the program",
        shlex.join(words),
        f"under the name {shlex.quote(name)}" if other else "",
        f"in {value['cwd']}" if value.get("cwd") else "",
        f"with the variables {named}" if named else "",
        _scripts(value.get("scripts")),
    ]
    return " ".join(part for part in parts if part)


def _scripts(value: JsonValue) -> str:
    """Name the scripts of the project that are approved with the program, byte for byte."""
    hashes = value if isinstance(value, dict) else {}
    told = [f"{shlex.quote(path)} (sha256 {sha256})" for path, sha256 in hashes.items()]
    return f"with exactly this script: {', '.join(told)}" if told else ""


def package_line(pin: Pin) -> str:
    """Return one exact package as a line for people."""
    kind = "pure Python" if pin.pure else "with native code, in a process of its own"
    return f"- {pin.name} {pin.version} ({kind}), sha256 {' or '.join(pin.hashes)}"


def _packages(release: Release) -> dict[str, str]:
    lines = "\n".join(map(package_line, release.packages))
    return {"Packages it uses": lines} if lines else {}


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else []  # pyright: ignore[reportUnknownVariableType,reportUnknownArgumentType]


def check_lines(release: Release) -> str:
    """Return what the code breaks of the rules; registered code may break some."""
    made = GeneratedCode(
        directive=release.directive,
        implementation_file=f"{release.main}.py",
        test_file=None,
        entry_point=release.entry_point,
        files={f"{name}.py": text for name, text in release.modules.items()},
        generator=GIVEN,
    )
    found = [
        f"- {path}: {violation}"
        for path, all_of in broken_rules(made).items()
        for violation in all_of
    ]
    more = [f"- and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
    return "\n".join(["NOT PASSED", *found[:SHOWN], *more] if found else ["passed"])


def test_lines(row: Row) -> str:
    """Return the results of the engine's own test runs."""
    results = json.loads(str(row["test_results_json"] or "[]"))
    reported = row["test_source"] == "reported"
    told = [f"Reported, and not checked: {row['test_status']}"] if reported else []
    if not results:
        return "\n".join(["not tested", *told])
    lines = [f"- {'passed' if r['passed'] else 'FAILED'}: {r['name']}" for r in results]
    return "\n".join([*lines, *told])


def _code(release: Release) -> str:
    return "\n".join(f"--- {name}.py\n{text}" for name, text in release.modules.items())


async def _changes(ctx: Ctx, release: Release) -> dict[str, str]:
    """Return what differs from the code that was active last, besides the whole code."""
    row = await ctx.directives.one("deployed_code", directive_id=release.directive_id)
    if row is None:
        return {}
    before = await registered_code(ctx, row["deployed_version_id"])
    kept = PERMISSIONS.validate_json(str(row["permissions_json"]))
    found = {
        "Changes of what it may since it was active last": permission_changes(
            kept, release.permissions
        ),
        "Changes of the code since it was active last": difference(before, release.modules),
    }
    return {title: text for title, text in found.items() if text}


def permission_changes(before: list[Permission], after: list[Permission]) -> str:
    """Return which rights are new and which are gone, one a line."""
    old, new = set(map(permission_line, before)), set(map(permission_line, after))
    gained = [f"+ {line.removeprefix('- ')}" for line in sorted(new - old)]
    lost = [f"- {line.removeprefix('- ')}" for line in sorted(old - new)]
    return "\n".join([*gained, *lost]) or "none"


def difference(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """Return the unified difference of two sets of modules."""
    lines: list[str] = []
    for name in sorted({*before, *after}):
        # Only "\n" ends a line here: other separators stay in the text and are made visible.
        lines += difflib.unified_diff(
            before.get(name, "").split("\n"),
            after.get(name, "").split("\n"),
            f"approved/{name}.py",
            f"new/{name}.py",
            lineterm="",
        )
    return "\n".join(lines)


def quoted(reason: str | None) -> str:
    """Return what the assistant adds, marked line by line, so that it passes for nothing else."""
    if not reason:
        return ""
    lines = "\n".join(f"> {line}" for line in visible(reason[:MAX_REASON]).split("\n"))
    return f"\nThe assistant says, and this is not checked:\n{lines}\n"


def visible(text: str) -> str:
    """Write characters that a person cannot see as their code point."""
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    return f"<U+{ord(character):04X}>" if _is_hidden(character) else character


def _is_hidden(character: str) -> bool:
    if character in "\n\t" or " " <= character <= "~":
        return False
    return unicodedata.category(character) in UNSEEN or character in BLANK
