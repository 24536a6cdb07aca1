"""How a tool looks in `tools/list`, and the committed picture of that, one file a tool."""

import json

import mcp_types as types

from aifp.schemas.catalog import Catalog, HelperEntry
from aifp.server.catalog.load import tools_of

SNAPSHOTS = "tests/server/mcp/snapshots"


def tool_of(entry: HelperEntry, *, output_schema: bool = False) -> types.Tool:
    """Return the MCP description of a tool; output schemas cost context and are asked for."""
    hints = entry.hints
    annotations = hints and types.ToolAnnotations(
        read_only_hint=hints.read_only,
        destructive_hint=hints.destructive,
        idempotent_hint=hints.idempotent,
        open_world_hint=hints.open_world,
    )
    return types.Tool(
        name=entry.name,
        title=entry.title,
        description=entry.description,
        input_schema=entry.input_schema,
        output_schema=entry.output_schema if output_schema else None,
        annotations=annotations,
    )


def picture_of(entry: HelperEntry) -> str:
    """Return what a client sees of a tool, as a file that differs wherever the tool does."""
    data = tool_of(entry, output_schema=True).model_dump(
        mode="json", by_alias=True, exclude_none=True
    )
    data["toolsets"] = list(entry.toolsets)
    return json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def pictures(catalog: Catalog) -> dict[str, str]:
    """Return the pictures of all tools by their path in the repository."""
    return {f"{SNAPSHOTS}/{entry.name}.json": picture_of(entry) for entry in tools_of(catalog)}
