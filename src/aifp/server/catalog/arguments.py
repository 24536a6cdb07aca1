"""The arguments of a tool: one model writes its schema and checks its calls."""

import inspect
import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic_core import ErrorDetails
from rapidfuzz import process

from aifp.schemas.catalog import ArgumentFault
from aifp.schemas.common import JsonMap
from aifp.server.catalog.lean import lean

Function = Callable[..., Any]

# The kinds of a fault in the value itself; every other kind is a wrong type.
_VALUE_FAULTS = frozenset(
    {
        "literal_error",
        "enum",
        "greater_than",
        "greater_than_equal",
        "less_than",
        "less_than_equal",
        "multiple_of",
        "string_pattern_mismatch",
        "string_too_short",
        "string_too_long",
        "too_short",
        "too_long",
        "value_error",
        "finite_number",
    }
)


class WrongArguments(Exception):
    """The arguments of one call cannot be taken; all faults are listed."""

    def __init__(self, faults: list[ArgumentFault]) -> None:
        super().__init__("; ".join(f"{fault.path}: {fault.message}" for fault in faults))
        self.faults = faults

    def only_values(self) -> bool:
        """Tell whether every name and type was right and only values were not."""
        return all(fault.kind == "value" for fault in self.faults)


@cache
def argument_model(function: Function) -> type[BaseModel]:
    """Build the argument model from the signature, without ctx.

    Fields have a prefix and the parameter as alias: a parameter may be called `json` or `copy`.
    """
    hints = get_type_hints(function, include_extras=True)
    fields: dict[str, Any] = {
        f"argument_{p.name}": (
            hints[p.name],
            Field(alias=p.name) if p.default is p.empty else Field(p.default, alias=p.name),
        )
        for p in inspect.signature(function).parameters.values()
        if p.name != "ctx"
    }
    config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)
    return create_model(function.__name__, __config__=config, **fields)


def input_schema(function: Function) -> JsonMap:
    """Return the lean JSON Schema of the arguments."""
    return {"properties": {}, **lean(argument_model(function).model_json_schema())}


def check(function: Function, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the checked arguments, defaults left to the function; raise WrongArguments."""
    model = argument_model(function)
    try:
        checked = model.model_validate_json(json.dumps(arguments, allow_nan=False))
    except ValidationError as mismatch:
        known = [field.alias or "" for field in model.model_fields.values()]
        raise WrongArguments([_fault(error, known) for error in mismatch.errors()]) from None
    except (ValueError, RecursionError) as unreadable:
        fault = ArgumentFault(path="arguments", kind="type", message=str(unreadable))
        raise WrongArguments([fault]) from None
    return {
        model.model_fields[name].alias or name: getattr(checked, name)
        for name in checked.model_fields_set
    }


def _fault(error: ErrorDetails, known: list[str]) -> ArgumentFault:
    path = ".".join(str(part) for part in error["loc"]) or "arguments"
    match error["type"]:
        case "missing":
            return ArgumentFault(path=path, kind="missing", message="is required")
        case "extra_forbidden":
            return ArgumentFault(path=path, kind="unknown", message=_unknown(error, known))
        case "literal_error":
            allowed = error.get("ctx", {}).get("expected", "")
            text = f"{_short(error['input'])} is not allowed; use {allowed}"
            return ArgumentFault(path=path, kind="value", message=text, allowed=allowed)
        case other:
            kind = "value" if other in _VALUE_FAULTS else "type"
            text = error["msg"][:1].lower() + error["msg"][1:]
            return ArgumentFault(
                path=path, kind=kind, message=f"{text}, got {_short(error['input'])}"
            )


def _unknown(error: ErrorDetails, known: list[str]) -> str:
    name = str(error["loc"][-1])
    if len(error["loc"]) > 1:
        return "is not known here"
    near = process.extractOne(name, known, score_cutoff=70)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"is not an argument of this tool{hint} Known: {', '.join(known) or 'none'}"


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=True, default=str)
    return text if len(text) <= 80 else text[:77] + "..."
