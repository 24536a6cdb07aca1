"""One draft of any form becomes one canonical directive, or what is still in its way."""

from dataclasses import dataclass, field

from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.faults import LanguageFault, OpenQuestion
from aifp.helpers.user_directives.internal.language.forms.checks import check_location, check_steps
from aifp.helpers.user_directives.internal.language.forms.data import (
    read_input,
    read_reads,
    read_vars,
)
from aifp.helpers.user_directives.internal.language.forms.keys import SHORT
from aifp.helpers.user_directives.internal.language.forms.labels import (
    read_labels,
    read_zone,
    written_type,
)
from aifp.helpers.user_directives.internal.language.forms.long import long_sheet
from aifp.helpers.user_directives.internal.language.forms.mentioned import check_mentions
from aifp.helpers.user_directives.internal.language.forms.policies import read_policies
from aifp.helpers.user_directives.internal.language.forms.reading import Reading, Sheet
from aifp.helpers.user_directives.internal.language.forms.secrets import (
    check_secrets,
    listed_secrets,
    refuse_credentials,
    used_secrets,
)
from aifp.helpers.user_directives.internal.language.forms.settling import (
    settle_dates,
    settle_placeholders,
    settle_secrets,
    settle_steps,
)
from aifp.helpers.user_directives.internal.language.forms.starts import (
    read_condition_key,
    read_starts,
)
from aifp.helpers.user_directives.internal.language.forms.steps import read_steps
from aifp.helpers.user_directives.internal.language.forms.surroundings import check_surroundings
from aifp.helpers.user_directives.internal.language.forms.txt import txt_sheet
from aifp.helpers.user_directives.internal.language.forms.types import (
    fits,
    inferred_type,
    refuse_type,
)
from aifp.schemas.canonical import CanonicalDirective, Policies
from aifp.schemas.common import JsonMap
from aifp.schemas.starts import Start
from aifp.schemas.steps import Step, TodoStep
from aifp.schemas.words import DirectiveType


@dataclass
class Parts:
    """The parts of a directive that were understood."""

    labels: JsonMap = field(default_factory=lambda: {})
    zone: str | None = None
    starts: list[Start] = field(default_factory=lambda: [])
    guard: str | None = None
    steps: list[Step] = field(default_factory=lambda: [])
    policies: Policies = field(default_factory=Policies)
    type: DirectiveType = "trigger"
    canonical: CanonicalDirective | None = None


def read_directive(reading: Reading) -> Parts:
    """Read a draft as far as it can be understood."""
    refuse_credentials(reading)
    if reading.draft.form == "ha":
        reason = "Home Assistant items are not read yet"
        reading.refuse("", "E803", reason=reason)
        return Parts()
    try:
        reading.lay(sheet_of(reading))
    except OpenQuestion:
        return Parts(zone=read_zone(reading))
    except LanguageFault as fault:
        reading.fault("", fault)
        return Parts(zone=read_zone(reading))
    return read_parts(reading)


def sheet_of(reading: Reading) -> Sheet:
    """Return the draft in the short grammar."""
    match reading.draft.form:
        case "txt":
            return txt_sheet(reading)
        case "long" | "string":
            return long_sheet(reading)
        case "short" | "ha":
            reading.check_keys("", reading.raw, SHORT)
            return Sheet(raw=reading.raw)


def read_parts(reading: Reading) -> Parts:
    """Read all parts of a directive in the short grammar."""
    settle_placeholders(reading)
    parts = Parts(labels=read_labels(reading), zone=read_zone(reading))
    starts = read_starts(reading)
    parts.starts, parts.guard = read_condition_key(reading, settle_dates(reading, starts))
    parts.steps = read_actions(reading)
    parts.policies = read_policies(reading)
    parts.type = type_of(reading, parts)
    check_location(reading, parts.starts)
    parts.canonical = assembled(reading, parts)
    parts.steps = with_todos(reading, parts.steps)
    return parts


def with_todos(reading: Reading, steps: list[Step]) -> list[Step]:
    """Return the steps with the free texts of a line at their places."""
    shown = [*steps]
    for path, text in reading.todos.items():
        number = path.rpartition("/")[2]
        at = int(number) if number.isdigit() else len(shown)
        shown.insert(at, TodoStep(verb="todo", text=text))
    return shown


def read_actions(reading: Reading) -> list[Step]:
    """Return the steps under `do` or `steps`."""
    keys = [key for key in ("do", "steps") if key in reading.raw]
    if len(keys) != 1 or empty(reading.raw[keys[0]]):
        if not (reading.lenient and keys == ["do"]):
            reading.refuse(f"/{keys[-1]}" if keys else "", "E202")
        return []
    path = f"/{keys[0]}"
    value = reading.raw[keys[0]]
    steps = reading.attempt(path, lambda: read_steps(value, reading.at(path))) or []
    check_steps(reading, path, steps)
    return settle_steps(reading, path, steps)


def empty(value: JsonValue) -> bool:
    """Say whether no action is written."""
    return value is None or value == [] or value == ""


def type_of(reading: Reading, parts: Parts) -> DirectiveType:
    """Return the written type when it fits, else the inferred one."""
    written = written_type(reading)
    has_steps, actions = "steps" in reading.raw, len(parts.steps) + len(reading.todos)
    if written is None:
        written_keys = set(reading.raw)
        return inferred_type(parts.starts, written_keys, has_steps=has_steps, actions=actions)
    guarded = parts.guard is not None
    if not reading.errors() and not fits(
        written, parts.starts, guarded=guarded, has_steps=has_steps, actions=actions
    ):
        refuse_type(reading, written)
    return written


def assembled(reading: Reading, parts: Parts) -> CanonicalDirective | None:
    """Return the canonical directive when nothing stands in its way."""
    inputs, reads, values = read_input(reading), read_reads(reading), read_vars(reading)
    listed = set(listed_secrets(reading))
    if blocked(reading) or parts.zone is None:
        return None
    directive = CanonicalDirective.model_validate(
        {
            "format": 1,
            "name": reading.draft.name,
            **parts.labels,
            "type": parts.type,
            "timezone": parts.zone,
            "location": reading.settings.location,
            "when": parts.starts,
            "if": parts.guard,
            "read": reads,
            "input": inputs,
            "vars": values,
            "steps": parts.steps,
            "policies": parts.policies,
        }
    )
    form = settle_secrets(reading, directive.canonical())
    directive = CanonicalDirective.model_validate(form)
    names = check_secrets(reading, listed | set(used_secrets(form)))
    check_mentions(reading, directive)
    check_surroundings(reading, directive)
    return None if blocked(reading) else directive.model_copy(update={"secrets": names})


def blocked(reading: Reading) -> bool:
    """Say whether the canonical form cannot be made; without a location it can, but not run."""
    location_only = [p for p in reading.problems if p.code == "E314"]
    return reading.errors() > len(location_only)
