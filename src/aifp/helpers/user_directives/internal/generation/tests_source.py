"""The tests of a generated module: the same steps, read a second way, must give the same calls."""

from collections.abc import Mapping
from typing import cast

from pydantic import JsonValue

from aifp.helpers.user_directives.internal.generation.growth import Signature
from aifp.helpers.user_directives.internal.generation.implementation import Entry, entries_of
from aifp.helpers.user_directives.internal.generation.layout import (
    STEP,
    Call,
    Expression,
    Literal,
    Raw,
    flat,
    layout,
    statement,
    text_literal,
)
from aifp.helpers.user_directives.internal.generation.names import free_name, module_of
from aifp.helpers.user_directives.internal.generation.oracle import FAIL
from aifp.helpers.user_directives.internal.generation.playing import (
    MAY_FAIL,
    SILENT,
    Played,
    initial,
    played,
)
from aifp.helpers.user_directives.internal.generation.samples import named_roots, sample_data
from aifp.helpers.user_directives.internal.generation.sources import fill
from aifp.helpers.user_directives.internal.language.mentions import step_paths
from aifp.helpers.user_directives.internal.language.nested_steps import every_step
from aifp.schemas.canonical import CanonicalDirective
from aifp.schemas.common import JsonMap
from aifp.schemas.steps import CodeStep

# What is left of a line beside `answers=`.
ROOM = 70
REFUSED = 'REFUSED = HostError("Unavailable", "the other side does not answer")'


def source_of_tests(directive: CanonicalDirective, functions: Mapping[str, Signature]) -> str:
    """Return the source of a module's tests; the same directive gives the same bytes."""
    module = module_of(directive.name)
    entries = entries_of(directive)
    blocks = [block for entry in entries for block in _entry_blocks(directive, entry)]
    patches = _recorded_code(directive, module, functions, entries[0])
    text = "\n".join(blocks)
    names = [entry.function for entry in entries if entry.function in text]
    guest = ["from aifp_guest import HostError"] if "REFUSED" in text or "HostError" in text else []
    own = [f"import {module}"] if patches else []
    own.append(f"from {module} import {', '.join(sorted(names))}")
    lines = [*guest, "from aifp_testing import play", *own]
    groups = [sorted(lines, key=lambda line: (line.startswith("from"), line))]
    constants = [*([REFUSED] if guest else []), *patches]
    heads = ["\n".join(constants)] if constants else []
    return fill("tests.py", module=module, imports=groups, blocks=[*heads, *blocks])


def _entry_blocks(directive: CanonicalDirective, entry: Entry) -> list[str]:
    """Return the tests of one entry function, and the sample data they share."""
    data = sample_data(directive, list(entry.steps))
    happy = played(entry.steps, data)
    if happy is None:
        return [_existence(entry)]
    prefix, _, _ = entry.function.removesuffix(directive.name.replace("-", "_")).rpartition("_")
    about = "" if prefix == "execute" else f"{prefix}_"
    shown = _shown(entry, data)
    taken = {module_of(directive.name), *(e.function for e in entries_of(directive))}
    sample = free_name(f"{about}sample", taken) if shown else ""
    blocks = [_sample(sample, shown)] if shown else []
    blocks.append(_case(entry, happy, sample, f"test_{about}calls_come_in_order"))
    denied = played(entry.steps, data, true=False)
    if denied is not None and any(call.purpose for call in happy.calls):
        blocks.append(_case(entry, denied, sample, f"test_{about}false_conditions_skip_steps"))
    failing = next((c.step for c in happy.calls if c.function in MAY_FAIL), None)
    failed = played(entry.steps, data, failing=failing) if failing else None
    if failed is not None:
        blocks.append(_case(entry, failed, sample, f"test_{about}{_failure_name(failed)}"))
    return blocks


def _failure_name(failed: Played) -> str:
    if failed.ended == "failed":
        return "a_failing_answer_ends_the_run"
    return "a_failing_answer_does_not_end_the_run"


def _shown(entry: Entry, data: JsonMap) -> JsonMap:
    paths = {path for step in entry.steps for path in step_paths(step)}
    start = initial(entry.steps, data)
    run = {k: v for k, v in cast(JsonMap, start["run"]).items() if ("run", k) in paths}
    start["run"] = run
    return {root: start[root] for root in named_roots(paths) if start[root]}


def _sample(name: str, data: JsonMap) -> str:
    lines = [
        f"def {name}() -> dict[str, object]:",
        f'{STEP}"""Return the data of a sample run."""',
        *statement("return ", Literal(data), 1),
    ]
    return "\n".join(lines)


def _case(entry: Entry, case: Played, sample: str, name: str) -> str:
    """Write one test: play the answers, compare the calls and the end."""
    keywords: list[tuple[str, Expression]] = []
    answers = _answers(case)
    if answers != "[]":
        keywords.append(("answers", Raw(answers)))
    ends_badly = case.ended == "failed" or bool(case.stop and case.stop.error)
    if ends_badly:
        keywords.append(("fails", Raw("True")))
    if sample:
        keywords.append(("**", Raw(f"{sample}()")))
    call = Call("play", (Raw(entry.function),), tuple(keywords))
    lines = [f"def {name}() -> None:", *_played_lines(call)]
    functions = Literal([str(function) for function in case.functions])
    lines += statement("assert [call.function for call in played.calls] == ", functions, 1)
    if case.ended == "failed":
        lines.append(f"{STEP}assert isinstance(played.error, HostError)")
    if case.stop:
        lines += statement("assert played.stopped == ", Literal(case.stop.reason), 1)
    return "\n".join(lines)


def _played_lines(call: Call) -> list[str]:
    return [line.replace("**=", "**") for line in statement("played = ", call, 1)]


def _answers(case: Played) -> str:
    """Write the answers in order, or by function when a silent one fails."""
    pairs = list(zip(case.functions, case.answers, strict=True))
    if not any(function in SILENT and answer is FAIL for function, answer in pairs):
        answered = [_answer(a) for function, a in pairs if function not in SILENT]
        return _listed(answered, 2)
    failing = {function for function, answer in pairs if answer is FAIL}
    by_name: dict[str, list[str]] = {}
    for function, answer in pairs:
        if function in failing or function not in SILENT:
            by_name.setdefault(function, []).append(_answer(answer))
    parts = (f"{text_literal(name)}: {_by_name(all_of)}" for name, all_of in by_name.items())
    return "{" + ", ".join(parts) + "}"


def _by_name(answers: list[str]) -> str:
    always = set(answers) == {"REFUSED"}
    return "REFUSED" if always else _listed(answers, 3)


def _listed(parts: list[str], indent: int) -> str:
    line = f"[{', '.join(parts)}]"
    if len(line) < ROOM:
        return line
    inner = "".join(f"\n{STEP * (indent + 1)}{part}," for part in parts)
    return f"[{inner}\n{STEP * indent}]"


def _answer(answer: JsonValue) -> str:
    return "REFUSED" if answer is FAIL else layout(Literal(answer), 3)


def _existence(entry: Entry) -> str:
    """Write the only test that needs no sample: the function is there and takes ctx."""
    return f"def test_the_entry_point_is_there() -> None:\n{STEP}assert callable({entry.function})"


def _recorded_code(
    directive: CanonicalDirective, module: str, functions: Mapping[str, Signature], entry: Entry
) -> list[str]:
    """Write the answers of functions that a person wrote, so that only the steps are tested."""
    steps = [s for s in every_step(entry.steps) if isinstance(s, CodeStep)]
    if not steps:
        return []
    data = sample_data(directive, list(entry.steps))
    lines: list[str] = []
    for name in sorted({step.function for step in steps} & set(functions)):
        values = [_code_sample(step, data) for step in steps if step.function == name]
        lines.append(f"{module}.{name} = lambda *_, **__: {flat(Literal(values[0]))}")
    return ["\n".join(lines)]


def _code_sample(step: CodeStep, data: JsonMap) -> JsonValue:
    for root, key in (("vars", step.save_as), ("steps", step.id)):
        found = data[root]
        if isinstance(found, dict) and key in found:
            return found[key]
    return 3
