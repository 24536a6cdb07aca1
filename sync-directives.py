#!/usr/bin/env python3
"""Regenerate helpers_parsed.json from the code.

`--check` compares and fails on any drift (CI); `--dry-run` shows the drift and changes nothing.
"""

import difflib
import sys
from pathlib import Path

from aifp.server.catalog.build import build_catalog, render

TARGET = Path(__file__).parent / "src" / "aifp" / "helpers_parsed.json"


def main(argv: list[str]) -> int:
    """Write the catalog, or only report the drift."""
    fresh = render(build_catalog())
    stored = TARGET.read_text(encoding="utf-8") if TARGET.exists() else ""
    if "--check" not in argv and "--dry-run" not in argv:
        TARGET.write_text(fresh, encoding="utf-8", newline="\n")
        return 0
    before, after = stored.splitlines(), fresh.splitlines()
    drift = list(difflib.unified_diff(before, after, "committed", "code", lineterm="", n=1))
    print("\n".join(drift or ["helpers_parsed.json fits the code."]))
    if drift and "--check" in argv:
        print("helpers_parsed.json is stale: run ./sync-directives.py and commit the result.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
