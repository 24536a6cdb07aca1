"""The records of helpers_parsed.json as rows of aifp_core.db, and tools back from rows."""

import json
from pathlib import Path
from typing import Any

from aifp.schemas.catalog import Catalog, HelperEntry, SystemDirective
from aifp.schemas.ports import Row, SqlValue, Writer

CATALOG_FILE = Path(__file__).parents[2] / "helpers_parsed.json"
# What an entry says about itself beyond the columns of its row.
ANNOTATED = ("title", "effect", "asks", "hints", "toolsets")


async def store_catalog(db: Writer, catalog: Catalog) -> None:
    """Store every helper and every system directive, in the order of the file."""
    for entry in catalog.helpers:
        await db.run("add_helper_function", **helper_row(entry))
    levels: dict[str, int] = {}
    for directive in catalog.directives:
        parent = directive.parent
        levels[directive.name] = levels[parent] + 1 if parent else 0
        await db.run("add_directive", **_directive_row(directive, levels[directive.name]))
        for order, step in enumerate(directive.steps, 1):
            await db.run(
                "add_directive_step",
                directive=directive.name,
                helper=step.helper,
                sequence_order=order,
                step_name=step.name,
                is_required=int(step.required),
            )


def catalog_faults(catalog: Catalog) -> list[str]:
    """Return what keeps a catalog from being one: doubled names, and names of nothing."""
    helpers = [entry.name for entry in catalog.helpers]
    directives = [directive.name for directive in catalog.directives]
    faults = [f"{name} stands twice" for names in (helpers, directives) for name in _twins(names)]
    for place, directive in enumerate(catalog.directives):
        if directive.parent not in (None, *directives[:place]):
            faults.append(
                f"{directive.name} comes after {directive.parent}, which is not before it"
            )
        unknown = [step for step in directive.steps if step.helper not in helpers]
        faults += [
            f"step {step.name} of {directive.name} names {step.helper}, which is no helper"
            for step in unknown
        ]
        twins = _twins([step.name for step in directive.steps])
        faults += [f"step {name} stands twice in {directive.name}" for name in twins]
    return faults


def _twins(names: list[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})


def helper_row(entry: HelperEntry) -> dict[str, SqlValue]:
    """Return the row of one helper."""
    annotations = entry.model_dump(mode="json", include=set(ANNOTATED)) if entry.is_tool else {}
    return {
        "name": entry.name,
        "file_path": f"{entry.module.removeprefix('aifp.').replace('.', '/')}.py",
        "purpose": entry.description,
        "parameters_json": _json(entry.input_schema),
        "returns_json": _json(entry.output_schema),
        "error_handling": entry.error_handling,
        "used_by": ", ".join(entry.used_by),
        "is_tool": int(entry.is_tool),
        "is_sub_helper": int(entry.is_sub_helper),
        "toolset": entry.toolsets[0] if entry.is_tool else None,
        "target_database": entry.target_database,
        "annotations_json": _json(annotations),
        "phase": entry.phase,
        "content_hash": entry.digest,
    }


def entry_of(row: Row) -> HelperEntry:
    """Return the entry of a tool from its row."""
    path = str(row["file_path"])
    return HelperEntry.model_validate(
        {
            "name": row["name"],
            "group": path.split("/")[1],
            "module": f"aifp.{path.removesuffix('.py').replace('/', '.')}",
            "is_tool": bool(row["is_tool"]),
            "description": row["purpose"],
            "input_schema": _data(row["parameters_json"]),
            "output_schema": _data(row["returns_json"]),
            "error_handling": row["error_handling"],
            "used_by": str(row["used_by"]).split(", "),
            "is_sub_helper": bool(row["is_sub_helper"]),
            "target_database": row["target_database"],
            "phase": row["phase"],
            "digest": row["content_hash"],
            **_data(row["annotations_json"]),
        }
    )


def _directive_row(directive: SystemDirective, level: int) -> dict[str, SqlValue]:
    return {
        "name": directive.name,
        "type": directive.type,
        "level": level,
        "parent_directive": directive.parent,
        "description": directive.description,
        "workflow_json": _json([step.model_dump(mode="json") for step in directive.steps]),
        "outputs_json": _json(directive.outputs),
        "intent_keywords_json": _json(directive.intent_keywords),
        "confidence_threshold": directive.confidence_threshold,
    }


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _data(text: SqlValue) -> dict[str, Any]:
    return json.loads(str(text))
