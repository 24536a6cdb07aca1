"""Answers put in: channels, addresses, placeholders of other languages, dates and secrets."""

import re
from collections.abc import Callable

from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.faults import OpenQuestion
from aifp.helpers.user_directives.internal.language.forms.reading import Reading
from aifp.helpers.user_directives.internal.language.forms.secrets import (
    is_reference,
    used_secrets,
)
from aifp.helpers.user_directives.internal.language.grammar.at import parse_at
from aifp.helpers.user_directives.internal.language.source.nodes import pointer
from aifp.schemas.common import JsonMap
from aifp.schemas.starts import DateStart, Start
from aifp.schemas.steps import (
    BranchStep,
    ChooseStep,
    HttpStep,
    NotifyStep,
    ParallelStep,
    RepeatStep,
    Step,
)

PLACEHOLDER = re.compile(r"\$\{[A-Za-z_]\w*\}|(?<![{$])\{[A-Za-z_]\w*\}(?!\})|<[a-z]+_\w+>|<x>")
ACTION_KEYS = ("do", "steps", "on_failure", "on_recovery", "read")


def changed(steps: list[Step], change: Callable[[Step], Step]) -> list[Step]:
    """Return all steps, inner ones too, after a change of each."""
    return [change(with_inner(step, change)) for step in steps]


def with_inner(step: Step, change: Callable[[Step], Step]) -> Step:
    """Return a step whose inner steps are changed."""
    match step:
        case ChooseStep():
            options = [
                o.model_copy(update={"steps": changed(o.steps, change)}) for o in step.options
            ]
            other = changed(step.else_, change) if step.else_ else step.else_
            return step.model_copy(update={"options": options, "else_": other})
        case BranchStep():
            other = changed(step.else_, change) if step.else_ else step.else_
            return step.model_copy(update={"steps": changed(step.steps, change), "else_": other})
        case RepeatStep():
            return step.model_copy(update={"steps": changed(step.steps, change)})
        case ParallelStep():
            branches = [changed(branch, change) for branch in step.branches]
            return step.model_copy(update={"branches": branches})
        case _:
            return step


def settle_steps(reading: Reading, path: str, steps: list[Step]) -> list[Step]:
    """Put the answered channel and connection into steps that lack a known one."""
    return changed(
        steps, lambda s: settled_channel(reading, path, settled_address(reading, path, s))
    )


def settled_channel(reading: Reading, path: str, step: Step) -> Step:
    """Ask for the channel of a step, if it is not configured."""
    known = reading.known.channels
    if known is None or not isinstance(step, NotifyStep) or step.channel in known:
        return step
    answer = reading.attempt(path, lambda: known_channel(reading, path, step.channel, known))
    return step.model_copy(update={"channel": answer}) if answer else step


def known_channel(reading: Reading, path: str, channel: str, known: list[str]) -> str:
    """Return the configured channel that is answered; any other answer is asked again."""
    ask = reading.ask(path, ("channels", channel))
    answer = ask.put("q.channel", channel, [*known])
    if isinstance(answer, str) and answer in known:
        return answer
    ask.answers = {}
    ask.put("q.channel", f"{channel} (not {answer})", [*known])
    raise OpenQuestion("q.channel")


def settled_address(reading: Reading, path: str, step: Step) -> Step:
    """Ask for the connection of one step; a single configured one is taken."""
    if not isinstance(step, HttpStep) or step.via or not step.url.startswith("/"):
        return step
    known = reading.known.connections or []
    if len(known) == 1:
        return step.model_copy(update={"via": known[0]})
    answer = reading.attempt(
        path,
        lambda: reading.ask(path, ("addresses", step.url)).put("q.base_url", step.url, [*known]),
    )
    if not isinstance(answer, str):
        return step
    if answer.startswith(("http://", "https://")):
        return step.model_copy(update={"url": answer.rstrip("/") + step.url})
    return step.model_copy(update={"via": answer})


def settle_placeholders(reading: Reading) -> None:
    """Ask about placeholders of other languages in action data; put in what is answered."""
    for key in ACTION_KEYS:
        if key in reading.raw:
            reading.raw = {**reading.raw, key: settled(reading, f"/{key}", reading.raw[key])}


def settled(reading: Reading, path: str, value: JsonValue) -> JsonValue:
    """Return a value with the placeholders of its texts settled."""
    match value:
        case str():
            return settled_text(reading, path, value)
        case list():
            return [settled(reading, pointer(path, n), item) for n, item in enumerate(value)]
        case dict():
            return {k: settled(reading, pointer(path, k), item) for k, item in value.items()}
        case _:
            return value


def settled_text(reading: Reading, path: str, text: str) -> str:
    """Return a text with its placeholders settled."""
    found = PLACEHOLDER.search(without_templates(text))
    if not found:
        return text
    answer = reading.attempt(path, lambda: reading.ask(path).put("q.placeholder", found[0]))
    if isinstance(answer, str) and answer.startswith("template"):
        return PLACEHOLDER.sub(lambda m: "{{ " + template_name(m[0]) + " }}", text)
    return text


def without_templates(text: str) -> str:
    """Return a text without its `{{ }}` parts, in one pass."""
    parts: list[str] = []
    at = 0
    while (start := text.find("{{", at)) >= 0 and (end := text.find("}}", start)) >= 0:
        parts.append(text[at:start])
        at = end + 2
    return "".join([*parts, text[at:]])


def template_name(placeholder: str) -> str:
    """Return the template name for a placeholder: a plain word is an input."""
    return "input." + placeholder.strip("${}<>")


def settle_dates(reading: Reading, starts: list[Start]) -> list[Start]:
    """Ask about dates that are over; the answer is another date, or to keep it."""
    found: list[Start] = []
    for start in starts:
        if isinstance(start, DateStart) and start.at[:10] < reading.known.today:
            found += reading.attempt("/at", lambda s=start: settled_date(reading, s)) or []
        else:
            found.append(start)
    return found


def settled_date(reading: Reading, start: DateStart) -> list[Start]:
    """Return the start after the answer about its date."""
    ask = reading.ask("/at", ("dates", start.at))
    answer = ask.put("q.past_date", start.at)
    if answer == "keep":
        return [start]
    if answer == "change":
        ask.answers = {}
        ask.put("q.past_date", f"{start.at} (write the new date and time)")
    return parse_at(str(answer), ask)


def settle_secrets(reading: Reading, form: JsonMap) -> JsonMap:
    """Put the answered names of secrets into a canonical form, where they were not stored."""
    known = reading.known.secrets
    for name in sorted(set(used_secrets(form))) if known is not None else []:
        other = reading.answers.get(f"q.secret@/secrets/{name}", reading.answers.get("q.secret"))
        if name not in (known or []) and isinstance(other, str) and other in (known or []):
            form = {key: renamed(value, name, other) for key, value in form.items()}
    return form


def renamed(value: JsonValue, old: str, new: str) -> JsonValue:
    """Return a value that names another secret."""
    if isinstance(value, list):
        return [renamed(item, old, new) for item in value]
    if not isinstance(value, dict):
        return value
    found = {key: renamed(item, old, new) for key, item in value.items()}
    if value.get("secret") == old and is_reference(set(value)):
        found["secret"] = new
    return found
