"""Every verb of a step: its main value, its parameters, and what may stand in each."""

from collections.abc import Callable

from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.faults import LanguageFault
from aifp.helpers.user_directives.internal.language.forms.step_flow import (
    read_awaited,
    read_branches,
    read_choices,
    read_inner_steps,
    read_loop,
    read_stop_condition,
    read_wait,
)
from aifp.helpers.user_directives.internal.language.forms.step_slots import (
    Reader,
    Slot,
    duration_between,
    one_word_of,
    read_any,
    read_boolean,
    read_condition_text,
    read_filled_text,
    read_ident,
    read_list,
    read_map,
    read_name,
    read_steps_inside,
    read_text,
    whole_number,
)
from aifp.helpers.user_directives.internal.language.forms.step_web import (
    read_auth,
    read_data,
    read_expected,
    read_headers,
    read_payload,
    read_request,
)
from aifp.helpers.user_directives.internal.language.grammar.actions import DOMAIN_OBJECT
from aifp.helpers.user_directives.internal.language.grammar.durations import (
    DAY,
    MINUTE,
    SECOND,
    WEEK,
)
from aifp.helpers.user_directives.internal.language.grammar.policies import parse_retry
from aifp.schemas.common import JsonMap
from aifp.schemas.steps import NO_RETRY

MainReader = Callable[[Slot], JsonMap]
# Key as written -> canonical field and reader.
Parameters = dict[str, tuple[str, Reader]]
MAX_REPLY_BYTES = 67_108_864
MONTH = 31 * DAY


def _main(field: str, read: Reader) -> MainReader:
    def read_main(slot: Slot) -> JsonMap:
        return {field: read(slot)}

    return read_main


def _same(read: Reader, *keys: str) -> Parameters:
    return {key: (key, read) for key in keys}


def read_target(slot: Slot) -> str:
    """Read `domain.service`."""
    text = read_text(slot)
    if not DOMAIN_OBJECT.fullmatch(text) and "{{" not in text:
        raise LanguageFault("E331", x=text)
    return text


def read_arguments(slot: Slot) -> list[JsonValue]:
    """Read program arguments: texts, or numbers that become texts."""
    found: list[JsonValue] = []
    for index, value in enumerate(read_list(slot)):
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            slot.fault(slot.inner(index, value).path, LanguageFault("E505"))
        else:
            found.append(str(value))
    return found


def read_ids(slot: Slot) -> list[JsonValue]:
    """Read the ids of the steps that come before."""
    values = [slot.value] if isinstance(slot.value, str) else read_list(slot)
    return [slot.inner(index, value).through(read_ident) for index, value in enumerate(values)]


def read_retry(slot: Slot) -> JsonValue:
    """Read how a step is repeated; `none` stands written, it replaces the directive's `retry`."""
    if slot.value is False:
        return NO_RETRY.model_dump(mode="json")
    whole = isinstance(slot.value, int) and not isinstance(slot.value, bool)
    retry = parse_retry(str(slot.value) if whole else read_text(slot)) or NO_RETRY
    return retry.model_dump(mode="json")


MAINS: dict[str, MainReader] = {
    "http": read_request,
    "call": _main("target", read_target),
    "code": _main("function", read_ident),
    "run": _main("program", read_filled_text),
    "notify": _main("channel", read_name),
    "wait": read_wait,
    "wait_for": read_awaited,
    "set": _main("values", read_map),
    "remember": _main("values", read_map),
    "read_file": _main("path", read_filled_text),
    "write_file": _main("path", read_filled_text),
    "worker": _main("prompt", read_filled_text),
    "emit": _main("event", read_filled_text),
    "start": _main("directive", read_name),
    "choose": read_choices,
    "do": read_inner_steps,
    "repeat": read_loop,
    "parallel": read_branches,
    "stop_unless": read_stop_condition,
    "stop": _main("reason", read_text),
    "ask": _main("message", read_filled_text),
    "log": _main("message", read_text),
}
PARAMETERS: dict[str, Parameters] = {
    "http": {
        **_same(read_name, "via"),
        **_same(read_headers, "headers"),
        **_same(read_data, "query", "form"),
        **_same(read_payload, "json"),
        **_same(read_text, "body", "file", "pick"),
        **_same(read_auth, "auth"),
        **_same(read_expected, "expect"),
        **_same(whole_number(0, 5), "follow"),
        **_same(whole_number(1, MAX_REPLY_BYTES), "max_bytes"),
    },
    "call": {**_same(read_name, "via"), **_same(read_data, "with")},
    "code": {
        **_same(read_ident, "module"),
        **_same(read_list, "args"),
        **_same(read_data, "with"),
    },
    "run": {
        **_same(read_arguments, "args"),
        **_same(read_data, "env"),
        **_same(read_text, "cwd", "stdin"),
    },
    "notify": {
        **_same(read_text, "message", "title"),
        **_same(one_word_of("low", "normal", "high"), "level"),
    },
    "wait": {},
    "wait_for": {
        "timeout": ("within_ms", duration_between(SECOND, MONTH)),
        **_same(one_word_of("fail", "stop", "continue"), "on_timeout"),
    },
    "set": {},
    "remember": {},
    "read_file": {},
    "write_file": {**_same(read_any, "data"), **_same(read_boolean, "append")},
    "worker": {**_same(read_any, "input"), **_same(read_map, "criteria", "schema")},
    "emit": _same(read_map, "data"),
    "start": {**_same(read_map, "input"), **_same(read_boolean, "await")},
    "choose": {},
    "do": _same(read_steps_inside, "else"),
    "repeat": {"do": ("steps", read_steps_inside)},
    "parallel": {},
    "stop_unless": _same(read_boolean, "error"),
    "stop": _same(read_boolean, "error"),
    "ask": {
        "within": ("within_ms", duration_between(MINUTE, 30 * DAY)),
        **_same(one_word_of("stop", "continue", "fail"), "else"),
    },
    "log": {},
}
COMMON: Parameters = {
    **_same(read_ident, "id", "save_as"),
    **_same(read_condition_text, "if"),
    **_same(read_ids, "needs"),
    "timeout": ("timeout_ms", duration_between(SECOND, WEEK)),
    **_same(read_retry, "retry"),
    **_same(one_word_of("stop", "continue"), "on_error"),
}
# Keys without which a step means nothing; the person or the assistant is asked for them.
REQUIRED = {"notify": "message", "repeat": "do", "do": "if"}


def parameters_of(verb: str) -> Parameters:
    """Return everything that may stand beside a verb."""
    common = {key: value for key, value in COMMON.items() if (verb, key) != ("stop_unless", "if")}
    return {**common, **PARAMETERS[verb]}


def canonical_verb(verb: str) -> str:
    """Return the canonical word for a verb as written; `if` + `do` is a branch."""
    return "branch" if verb == "do" else verb
