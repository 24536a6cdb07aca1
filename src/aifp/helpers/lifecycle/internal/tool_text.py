"""What a person reads before deciding about a tool: what it does, may and was tested for."""

import json

from aifp.helpers.lifecycle.internal.tool_releases import PACKAGE, ToolCode
from aifp.helpers.lifecycle.internal.version_releases import code_of_version
from aifp.helpers.user_directives.internal.approval_text import (
    difference,
    permission_changes,
    permission_line,
    visible,
)
from aifp.helpers.user_directives.internal.risks import risk_line
from aifp.schemas.common import JsonMap
from aifp.schemas.errors import AifpError
from aifp.schemas.ports import Ctx, Row
from aifp.schemas.releases import Permission, Release
from aifp.schemas.testing import Evidence

BREAKS = "YES: callers of the version before may fail"


async def tool_text(
    ctx: Ctx, version: Row, code: ToolCode, release: Release, evidence: Evidence
) -> str:
    """Return the text shown before a decision; hidden characters are made visible."""
    spec = code.spec
    parts = {
        "What it does": spec.description,
        "It takes": "\n".join(_parameter_lines(spec.parameters)) or "nothing",
        "It may": _permission_lines(code.permissions) or "touch nothing outside",
        "Risk": risk_line(evidence.effect_class),
        "Breaking": BREAKS if version["breaking"] else "no",
        "Tests": "\n".join(evidence.lines),
        **await _changes(ctx, version, code),
        "Code": f"--- {code.path}\n{release.modules[f'{PACKAGE}.{spec.name}']}",
        "Release": release.release_sha256,
    }
    body = "\n\n".join(f"{title}:\n{text}" for title, text in parts.items())
    number = version["version_number"]
    return visible(f"Approve the tool {spec.name}, version {number}?\n\n{body}\n")


def _parameter_lines(parameters: JsonMap) -> list[str]:
    properties, required = parameters.get("properties"), parameters.get("required")
    named = properties if isinstance(properties, dict) else {}
    needed = required if isinstance(required, list) else []
    return [
        f"- {name}{'' if name in needed else ' (optional)'}: {json.dumps(schema, sort_keys=True)}"
        for name, schema in named.items()
    ]


def _permission_lines(permissions: list[Permission]) -> str:
    return "\n".join(map(permission_line, permissions))


async def _changes(ctx: Ctx, version: Row, code: ToolCode) -> dict[str, str]:
    """Return what differs from the version that runs now, or ran last: in code and in rights."""
    running = version["deployed_version_id"]
    if running is None or running == version["id"]:
        return {}
    try:
        before = await code_of_version(ctx, int(str(running)))
    except AifpError:
        return {"Changes": "what ran before can no longer be read"}
    texts = [{code.spec.name: c.data.decode("utf-8", "replace")} for c in (before, code)]
    changed = difference(texts[0], texts[1])
    rights = permission_changes(before.permissions, code.permissions)
    found = {
        f"Changes of what it may, since version {before.version_number}": rights,
        f"Changes of the code since version {before.version_number}": changed,
    }
    return {title: text for title, text in found.items() if text}
