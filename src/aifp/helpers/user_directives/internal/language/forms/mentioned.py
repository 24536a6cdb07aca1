"""The run values that templates and conditions name must exist, as far as the directive says."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.expressions import names_of, parse_expression
from aifp.helpers.user_directives.internal.language.faults import LanguageFault
from aifp.helpers.user_directives.internal.language.forms.reading import Reading
from aifp.helpers.user_directives.internal.language.forms.searching import find_text
from aifp.helpers.user_directives.internal.language.mentions import (
    CONDITION_FIELDS,
    Path,
    condition_paths,
    paths_in,
)
from aifp.helpers.user_directives.internal.language.nested_steps import inner_steps, walk
from aifp.helpers.user_directives.internal.language.suggestions import nearest
from aifp.schemas.canonical import CanonicalDirective
from aifp.schemas.common import JsonMap
from aifp.schemas.starts import ApiStart, EventStart, WatchStart
from aifp.schemas.steps import CodeStep, RepeatStep, SetStep, Step

PATH_INPUT = re.compile(r"\{([^{}]*)\}")
INNER = frozenset(("steps", "else", "branches", "options"))


@dataclass(frozen=True, slots=True)
class Scope:
    """The names that a text may use; a root that is not listed is not known beforehand."""

    names: Mapping[str, frozenset[str]]
    repeating: bool = False


def check_mentions(reading: Reading, directive: CanonicalDirective) -> None:
    """Refuse names of steps, inputs, variables and read values that nothing gives."""
    scope = Scope(names_given(directive))
    check_path_inputs(reading, directive)
    for text in start_conditions(directive):
        check_condition(reading, text, scope)
    for step in directive.read.values():
        check_step(reading, step, scope)
    policies = directive.policies
    for steps in (directive.steps, policies.on_failure or [], policies.on_recovery or []):
        ids = frozenset(step.id for step, _ in walk(steps) if step.id)
        check_all(reading, steps, Scope({**scope.names, "steps": ids}))


def check_path_inputs(reading: Reading, directive: CanonicalDirective) -> None:
    """Refuse `{name}` in the path of an api that is no declared input: each call would fail."""
    for start in directive.when:
        names = PATH_INPUT.findall(start.path) if isinstance(start, ApiStart) else []
        for name in names:
            if name not in directive.input:
                hint = f"declare it: `input: {{{name}: string}}`"
                reading.fault(
                    find_text(reading, name, "api"), LanguageFault("E407", 0, x=name, hint=hint)
                )


def names_given(directive: CanonicalDirective) -> dict[str, frozenset[str]]:
    """Return what a directive declares; functions of its own code may set any variable."""
    policies = directive.policies
    all_steps = [*directive.steps, *(policies.on_failure or []), *(policies.on_recovery or [])]
    steps = [step for step, _ in walk(all_steps)]
    given = {
        "input": frozenset(directive.input),
        "read": frozenset(directive.read),
        "steps": frozenset[str](),
    }
    if any(isinstance(step, CodeStep) for step in steps):
        return given
    kept = {step.save_as for step in steps if step.save_as}
    values = {name for step in steps if isinstance(step, SetStep) for name in step.values}
    return {**given, "vars": frozenset({*directive.vars, *kept, *values})}


def start_conditions(directive: CanonicalDirective) -> Iterator[str]:
    """Yield the conditions outside the steps."""
    if directive.if_ is not None:
        yield directive.if_
    for start in directive.when:
        if isinstance(start, WatchStart):
            yield start.expr
        if isinstance(start, EventStart) and start.where is not None:
            yield start.where


def check_all(reading: Reading, steps: list[Step], scope: Scope) -> None:
    """Check steps and those inside them; `item` is there inside `repeat`."""
    for step in steps:
        check_step(reading, step, scope)
        repeating = scope.repeating or isinstance(step, RepeatStep)
        for inner in inner_steps(step):
            check_all(reading, inner, replace(scope, repeating=repeating))


def check_step(reading: Reading, step: Step, scope: Scope) -> None:
    """Check the templates and conditions of one step."""
    wire = step.wire()
    inside = replace(scope, repeating=scope.repeating or isinstance(step, RepeatStep))
    for field, text in conditions_in(wire):
        check_condition(reading, text, scope if field == "if" else inside)
        warn_of_entities(reading, text)
    data = {k: v for k, v in wire.items() if k not in INNER | CONDITION_FIELDS}
    for path in sorted(paths_in(data), key=str):
        refuse_unknown(reading, path, scope, "E705")


def conditions_in(wire: JsonMap) -> Iterator[tuple[str, str]]:
    """Yield the conditions of one step, those of its branches too."""
    options = wire.get("options")
    maps: list[JsonValue] = [wire, *(options if isinstance(options, list) else [])]
    for fields in maps:
        for key in sorted(CONDITION_FIELDS):
            text = fields.get(key) if isinstance(fields, dict) else None
            if isinstance(text, str):
                yield key, text


def check_condition(reading: Reading, text: str, scope: Scope) -> None:
    """Check the run values of one condition."""
    for path in sorted(condition_paths(text), key=str):
        refuse_unknown(reading, path, scope, "E407")


def warn_of_entities(reading: Reading, text: str) -> None:
    """Warn of entities that are not there now; those of starts and guards are asked about."""
    known = reading.known.entities
    if known is None:
        return
    for entity in sorted(names_of(parse_expression(text)).entities - set(known)):
        reading.refuse(find_text(reading, entity), "W402", x=entity)


def refuse_unknown(reading: Reading, path: Path, scope: Scope, code: str) -> None:
    """Refuse one name that nothing gives."""
    root = str(path[0])
    if root == "item" and not scope.repeating:
        refused(reading, code, root, "`item` is the value of a pass inside `repeat`")
    key = path[1] if len(path) > 1 else None
    known = scope.names.get(root)
    if not isinstance(key, str) or known is None or key in known:
        return
    near = nearest(key, known)
    listed = ", ".join(sorted(known)) or "none"
    hint = f"did you mean {root}.{near}?" if near else f"known under `{root}`: {listed}"
    refused(reading, code, f"{root}.{key}", hint)


def refused(reading: Reading, code: str, name: str, hint: str) -> None:
    """Note the fault at the text that holds the name."""
    reading.fault(find_text(reading, name), LanguageFault(code, 0, x=name, hint=hint))
