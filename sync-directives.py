#!/usr/bin/env python3
"""Make from the code: helpers_parsed.json, docs/, README and pictures; from the first aifp_core.db.

`--check` fails on any drift (CI), `--dry-run` shows it; both change nothing. `--core` builds only
aifp_core.db, from helpers_parsed.json as it is. `--json` prints the report for machines.
"""

import sys
from pathlib import Path

from aifp.schemas.errors import AifpError
from aifp.server.catalog import sync
from aifp.server.catalog.build import CatalogFault
from aifp.server.mcp.listing import pictures

ROOT = Path(__file__).parent


def main(flags: set[str]) -> int:
    """Write what is made from the code, or only report the drift."""
    if unknown := flags - {"--check", "--dry-run", "--core", "--json"}:
        sys.exit(f"Unknown: {' '.join(sorted(unknown))}.{__doc__}")
    if "--core" in flags:
        print(f"{sync.CORE}: {sync.CORE_TOLD[sync.build(ROOT)]}")
        return 0
    made = sync.make(ROOT, pictures)
    looking = bool(flags & {"--check", "--dry-run"})
    report = sync.compare(made) if looking else sync.write(made)
    print(report.model_dump_json(indent=2) if "--json" in flags else sync.told(report, made))
    return 1 if "--check" in flags and sync.is_red(report) else 0


if __name__ == "__main__":
    try:
        sys.exit(main(set(sys.argv[1:])))
    except (AifpError, CatalogFault) as fault:
        sys.exit(f"Nothing was changed: {fault}")
