#!/usr/bin/env python3
"""Regenerate helpers_parsed.json, pages of docs/ and pictures of the tools from the code.

`--check` compares and fails on any drift (CI); `--dry-run` shows the drift and changes nothing.
"""

import difflib
import sys
from pathlib import Path

from aifp.server.catalog.build import build_catalog, render
from aifp.server.catalog.docs import documents
from aifp.server.mcp.listing import pictures

ROOT = Path(__file__).parent


def main(argv: list[str]) -> int:
    """Write what is generated, or only report the drift."""
    catalog, stale = build_catalog(), False
    fresh = {"src/aifp/helpers_parsed.json": render(catalog)}
    fresh |= documents(catalog) | pictures(catalog)
    for name, text in fresh.items():
        target = ROOT / name
        if "--check" not in argv and "--dry-run" not in argv:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8", newline="\n")
            continue
        stored = target.read_text(encoding="utf-8") if target.exists() else ""
        lines = (stored.splitlines(), text.splitlines())
        drift = list(difflib.unified_diff(*lines, "committed", "code", lineterm="", n=1))
        print("\n".join([*drift, ""]), end="")
        stale = stale or bool(drift)
    if stale and "--check" in argv:
        print("Run ./sync-directives.py and commit the result.")
    print("" if stale else f"{len(fresh)} generated files fit the code.")
    return 1 if stale and "--check" in argv else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
