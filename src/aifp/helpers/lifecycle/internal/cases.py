"""Inputs to try a tool with: those it declares, and some made up from what it takes."""

import json
from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from aifp.helpers.lifecycle.internal.equality import Tolerated, differences, tolerated
from aifp.schemas.artifacts import Characteristics, TestCase
from aifp.schemas.common import JsonMap
from aifp.schemas.sandbox import HostCall
from aifp.schemas.testing import MockedCall

# How many inputs are made up for one tool.
MOST = 12
TYPICAL: dict[str, list[JsonValue]] = {
    "string": ["text", "", "Zoë €5 \U0001f600"],
    "integer": [1, 0, -1],
    "number": [1.5, 0, -1],
    "boolean": [True, False],
    "array": [[], ["text"]],
    "object": [{}],
    "null": [None],
}
ANYTHING: list[JsonValue] = ["text", 1, None]


def generated_inputs(parameters: JsonMap) -> list[JsonMap]:
    """Return inputs that fit a schema: usual ones, then each parameter at its edges."""
    declared = parameters.get("properties")
    values = {name: _values(schema) for name, schema in _map(declared).items()}
    required = parameters.get("required")
    names = [str(name) for name in required] if isinstance(required, list) else []
    found: dict[str, JsonMap] = {}
    for given in _combined(values, names):
        found.setdefault(json.dumps(given, sort_keys=True), given)
    return list(found.values())[:MOST]


def _combined(values: Mapping[str, list[JsonValue]], required: list[str]) -> Iterator[JsonMap]:
    usual = {name: options[0] for name, options in values.items()}
    yield {name: usual[name] for name in required if name in usual}
    yield usual
    for name, options in values.items():
        yield from ({**usual, name: option} for option in options[1:])


def _values(schema: JsonValue) -> list[JsonValue]:
    """Return values that fit the schema of one parameter, the usual one first."""
    match schema:
        case {"const": value}:
            return [value]
        case {"enum": [*words]} if words:
            return words
        case {"anyOf": [*options]} if options:
            each = [_values(option) for option in options]
            return [value for values in each for value in values[:2]]
        case {"type": "array", "items": items}:
            return [_values(items)[:1], []]
        case {"type": str(word)}:
            return TYPICAL.get(word, ANYTHING)
        case _:
            return ANYTHING


def faults_of(case: TestCase, result: JsonValue, error_type: str | None) -> list[str]:
    """Return what is wrong with how a declared case ended; nothing when it ended as it must."""
    if case.should_raise is not None:
        if same_error(case.should_raise, error_type):
            return []
        return [f"must raise {case.should_raise}, but {_ended(error_type)}"]
    if error_type is not None:
        return [f"raised {error_type}"]
    if "expected_output" not in case.model_fields_set:
        return []
    return differences(case.expected_output, result, tolerated(case)).told()


def _ended(error_type: str | None) -> str:
    return f"raised {error_type}" if error_type else "ended well"


def same_error(wanted: str, error_type: str | None) -> bool:
    """Say whether two exceptions are of the same type, with or without their module."""
    return error_type is not None and wanted.split(".")[-1] == error_type.split(".")[-1]


def may_differ(said: Characteristics) -> Tolerated:
    """Return what a tool lets differ between two of its versions."""
    paths = {"ignore_paths": said.ignore_paths, "set_paths": said.set_paths}
    return tolerated(TestCase.model_validate({**paths, "tolerance": said.tolerance}))


def fits(mocked: MockedCall, call: HostCall) -> bool:
    """Say whether a declared answer is meant for a call; what it leaves out may be anything."""
    if mocked.function != call.function:
        return False
    given = call.arguments
    return all(
        name in given and differences(wanted, given[name]).none
        for name, wanted in mocked.arguments.items()
    )


def _map(value: JsonValue) -> JsonMap:
    return value if isinstance(value, dict) else {}
