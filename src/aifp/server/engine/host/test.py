"""state ops test and entity: what the engine knows of the world."""

import json

from pydantic import JsonValue

from aifp.schemas.common import JsonMap
from aifp.schemas.errors import InvalidArgument
from aifp.server.engine.host.tools import Tools


async def evaluate(condition: str, names: JsonValue, tools: Tools) -> bool:
    """Say whether a condition is true; unknown is not true."""
    given: JsonMap = names if isinstance(names, dict) else {}
    known = await tools.world.evaluate(tools.facts.directive_id, condition, tools.names | given)
    return known is True


async def entity(name: str, tools: Tools) -> JsonValue:
    """Return the last known state of an entity, None when there is none."""
    if not name:
        raise InvalidArgument("Name the entity, such as light.desk.")
    row = await tools.ctx.directives.one("observed_entity", entity=name)
    return json.loads(str(row["value_json"])) if row else None
