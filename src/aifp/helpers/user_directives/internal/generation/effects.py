"""The steps that are one host call each: http, run, notify, log, wait, files and memory."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from pydantic import JsonValue

from aifp.helpers.user_directives.internal.generation.addresses import address
from aifp.helpers.user_directives.internal.generation.growth import Scope, rendered
from aifp.helpers.user_directives.internal.generation.layout import (
    STEP,
    Call,
    Expression,
    Literal,
    Raw,
    text_literal,
)
from aifp.helpers.user_directives.internal.generation.names import short_name
from aifp.schemas.common import JsonMap
from aifp.schemas.starts import Auth
from aifp.schemas.steps import (
    CallStep,
    HttpStep,
    LogStep,
    NotifyStep,
    ReadFileStep,
    RememberStep,
    RunStep,
    WaitStep,
    WriteFileStep,
)

EffectStep = (
    HttpStep
    | CallStep
    | RunStep
    | NotifyStep
    | LogStep
    | WaitStep
    | ReadFileStep
    | WriteFileStep
    | RememberStep
)
Statements = tuple[tuple[str, Expression], ...]


@dataclass(frozen=True, slots=True)
class Effect:
    """One effect function: the wish for its name, what it says, returns and does."""

    wish: str
    says: str
    returns: str
    statements: Statements


def effect_of(step: EffectStep, scope: Scope) -> Effect:
    """Return the effect function of a step."""
    match step:
        case HttpStep():
            return _http(step, scope)
        case CallStep() | RunStep():
            return _started(step, scope)
        case NotifyStep() | LogStep():
            return _message(step, scope)
        case WaitStep():
            return _wait(step, scope)
        case ReadFileStep() | WriteFileStep():
            return _file(step, scope)
        case RememberStep():
            return _remember(step, scope)


def present(fields: Mapping[str, JsonValue], scope: Scope) -> tuple[tuple[str, Expression], ...]:
    """Return the keyword arguments of the fields that are set."""
    return tuple((k, rendered(v, scope)) for k, v in fields.items() if v is not None)


def _http(step: HttpStep, scope: Scope) -> Effect:
    wire = step.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    data = {k: wire.get(k) for k in ("headers", "query", "json", "form", "body", "file")}
    data["auth"] = _auth(step.auth)
    parts, url = address(step.url, scope)
    rules = ("expect", "pick", "follow", "max_bytes", "timeout_ms", "retry")
    options = tuple((k, Literal(wire[k])) for k in rules if k in wire)
    call = Call(scope.host("http"), (Literal(step.method), url), present(data, scope) + options)
    page = urlsplit(step.url.split("{{")[0]).path.strip("/").split("/")[-1]
    host = urlsplit(step.url).hostname or "host"
    wish = short_name(step.id or f"{step.method} {page or host}")
    return Effect(wish, f"{step.method} {step.url}", "object", (*parts, ("return ", call)))


def _auth(auth: Auth | None) -> JsonValue:
    if auth is None or auth.kind == "none":
        return None
    return f"secret {auth.secret}" if auth.kind == "bearer" else auth.wire()


def _started(step: CallStep | RunStep, scope: Scope) -> Effect:
    return _run(step, scope) if isinstance(step, RunStep) else _tool(step, scope)


def _tool(step: CallStep, scope: Scope) -> Effect:
    name = str(step.tool)
    given = () if step.with_ is None else (rendered(step.with_, scope),)
    call = Call(scope.host("tool"), (Literal(name), *given))
    wish = short_name(step.id or f"call {name}")
    return Effect(wish, f"Call the tool {name}", "object", (("return ", call),))


def _run(step: RunStep, scope: Scope) -> Effect:
    """Write a program's run; one whose end nobody reads must end well."""
    name = PurePosixPath(step.program).stem
    argv: list[JsonValue] = [step.program, *(step.args or [])]
    fields = {"cwd": step.cwd, "env": step.env, "stdin": step.stdin}
    call = Call(scope.host("command"), (rendered(argv, scope),), present(fields, scope))
    wish = short_name(step.id or f"run {name}")
    if step.save_as or step.id in scope.growth.read_ids:
        return Effect(wish, f"Run {name}", "object", (("return ", call),))
    failed = text_literal(f"{name} ended with ")[1:-1]
    told = f"raise RuntimeError(f\"{failed}{{done['exit']}}: {{done['errors']}}\")"
    lines = (
        ("done = ", call),
        ('if done["exit"] != 0:', Raw("")),
        (STEP, Raw(told)),
        ("return ", Raw("done")),
    )
    return Effect(wish, f"Run {name}", "object", lines)


def _message(step: NotifyStep | LogStep, scope: Scope) -> Effect:
    if isinstance(step, LogStep):
        call = Call(scope.host("log"), (Literal("info"), rendered(step.message, scope)))
        return Effect(step.id or "log", f"Log {step.message}", "None", (("", call),))
    options = {"title": step.title, "level": None if step.level == "normal" else step.level}
    arguments = (Literal(step.channel), rendered(step.message, scope))
    call = Call(scope.host("notify"), arguments, present(options, scope))
    wish = step.id or f"notify {step.channel}"
    return Effect(short_name(wish), f"Tell {step.channel}: {step.message}", "None", (("", call),))


def _wait(step: WaitStep, scope: Scope) -> Effect:
    if step.until is not None:
        until, says = {"until": step.until}, f"Wait until {step.until}"
    else:
        seconds = (step.ms or 0) / 1000
        until = {"seconds": int(seconds) if seconds.is_integer() else seconds}
        says = f"Wait {until['seconds']} seconds"
    call = Call(scope.host("sleep"), (), present(until, scope))
    return Effect(short_name(step.id or "wait"), says, "None", (("", call),))


def _file(step: ReadFileStep | WriteFileStep, scope: Scope) -> Effect:
    name = step.path.split("{{")[0].rstrip("/").split("/")[-1].split(".")[0]
    path = rendered(step.path, scope)
    if isinstance(step, ReadFileStep):
        call = Call(scope.host("file"), (Literal("read"), path))
        wish = short_name(step.id or f"read {name}")
        return Effect(wish, f"Read {step.path}", "object", (("return ", call),))
    op = "append" if step.append else "write"
    call = Call(scope.host("file"), (Literal(op), path, rendered(step.data, scope)))
    wish = short_name(step.id or f"{op} {name}")
    return Effect(wish, f"{op.capitalize()} {step.path}", "None", (("", call),))


def _remember(step: RememberStep, scope: Scope) -> Effect:
    names = sorted(step.values)
    lines: list[tuple[str, Expression]] = list(assigned("ctx.memory", step.values, scope))
    for key in names:
        kept = Raw(f"ctx.memory[{text_literal(key)}]")
        lines.append(("", Call(scope.host("state"), (Literal("set"), Literal(key), kept))))
    wish = short_name(step.id or "remember " + " ".join(names))
    return Effect(wish, "Remember " + ", ".join(names), "None", tuple(lines))


def assigned(target: str, values: JsonMap, scope: Scope) -> Statements:
    """Write values into a map, all from the state before: a map of names has no order."""
    if len(values) == 1:
        key, value = next(iter(values.items()))
        return ((f"{target}[{text_literal(key)}] = ", rendered(value, scope)),)
    ordered = {key: values[key] for key in sorted(values)}
    return (("", Call(f"{target}.update", (rendered(ordered, scope),))),)
