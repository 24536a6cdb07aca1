"""The tools that a person has approved, for doors that list and announce them."""

import json

from aifp.schemas.ports import Reader
from aifp.schemas.standings import OwnTool


async def own_tools(directives: Reader) -> list[OwnTool]:
    """Return the user's own tools that can be called now, by name."""
    rows = await directives.all("callable_tools")
    return [
        OwnTool.model_validate(
            {
                "name": row["name"],
                "description": row["description"],
                "parameters": json.loads(str(row["parameters_json"])),
                "effect_class": row["effect_class"],
                "status": row["status"],
            }
        )
        for row in rows
    ]
