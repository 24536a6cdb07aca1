"""The data of a directive: declared inputs, read steps and variables."""

from pydantic import JsonValue, ValidationError

from aifp.helpers.user_directives.internal.language.faults import LanguageFault
from aifp.helpers.user_directives.internal.language.forms.checks import check_steps
from aifp.helpers.user_directives.internal.language.forms.keys import INPUT
from aifp.helpers.user_directives.internal.language.forms.plain import plain_map, wrong
from aifp.helpers.user_directives.internal.language.forms.reading import Reading
from aifp.helpers.user_directives.internal.language.forms.settling import settle_steps
from aifp.helpers.user_directives.internal.language.forms.steps import read_steps
from aifp.helpers.user_directives.internal.language.grammar.inputs import fits, parse_input
from aifp.helpers.user_directives.internal.language.source.nodes import pointer
from aifp.schemas.canonical import InputField
from aifp.schemas.common import JsonMap
from aifp.schemas.steps import CallStep, CodeStep, HttpStep, Step

MAX_INPUTS, MAX_READS, MAX_VARS = 50, 10, 100


def read_input(reading: Reading) -> dict[str, InputField]:
    """Return the declared inputs."""
    declared = plain_map(reading, "/input", reading.raw.get("input", {}), MAX_INPUTS)
    found: dict[str, InputField] = {}
    for name, value in declared.items():
        path = pointer("/input", name)
        field = reading.attempt(path, lambda p=path, v=value: input_field(reading, p, v))
        if field:
            found[name] = field
    return found


def input_field(reading: Reading, path: str, value: JsonValue) -> InputField:
    """Return one input, written as text or as a map."""
    if isinstance(value, str):
        return parse_input(value)
    if not isinstance(value, dict):
        raise wrong(path, "an input type", value)
    reading.check_keys(path, value, INPUT)
    try:
        field = InputField.model_validate({k: v for k, v in value.items() if k in INPUT})
    except ValidationError:
        raise LanguageFault("E506") from None
    if not default_fits(field):
        raise LanguageFault("E506")
    return field


def default_fits(field: InputField) -> bool:
    """Say whether the default of an input is one of its own values."""
    return field.default is None or fits(field.default, field)


def read_reads(reading: Reading) -> dict[str, Step]:
    """Return the steps that run before each test of the condition."""
    written = plain_map(reading, "/read", reading.raw.get("read", {}), MAX_READS)
    found: dict[str, Step] = {}
    for name, value in {**written, **reading.reads}.items():
        path = pointer("/read", name)
        steps = reading.attempt(path, lambda p=path, v=value: read_steps(v, reading.at(p))) or []
        if len(steps) == 1 and is_read(steps[0]):
            check_steps(reading, path, steps)
            [found[name]] = settle_steps(reading, path, steps)
        elif steps:
            wanted = "one step: http GET, call or code"
            reading.refuse(path, "E203", k=name, type=wanted, found=steps[0].verb)
    return found


def is_read(step: Step) -> bool:
    """Say whether a step may read a value for a condition."""
    if isinstance(step, HttpStep):
        return step.method == "GET"
    return isinstance(step, CallStep | CodeStep)


def read_vars(reading: Reading) -> JsonMap:
    """Return the variables: the file's first, then the directive's."""
    own = plain_map(reading, "/vars", reading.raw.get("vars", {}), MAX_VARS)
    for name, value in own.items():
        if isinstance(value, str) and "{{" in value:
            reading.refuse(pointer("/vars", name), "E509", field="vars")
    merged = {**reading.settings.vars, **own}
    if len(merged) > MAX_VARS:
        reading.refuse("/vars", "E208", n=MAX_VARS, things="variables")
    return merged
