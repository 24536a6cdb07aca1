"""What the row of a tool keeps of what its code says, whichever way the code came."""

import json

from aifp.helpers.user_directives.internal.classification import risk_of
from aifp.schemas.artifacts import ToolSpec
from aifp.schemas.ports import SqlValue
from aifp.schemas.words import EffectClass


def said_columns(spec: ToolSpec) -> dict[str, SqlValue]:
    """Return what a tool says of itself, its parameters in the order they are written in."""
    return {
        "description": spec.description,
        "parameters_json": json.dumps(spec.parameters),
        "declared_json": json.dumps(spec.declared.model_dump(mode="json"), sort_keys=True),
    }


def columns_of(spec: ToolSpec, effect: EffectClass) -> dict[str, SqlValue]:
    """Return that with what follows from it."""
    return {
        **said_columns(spec),
        "state_version": spec.declared.state_version,
        "effect_class": effect,
        "risk": risk_of(effect),
    }
