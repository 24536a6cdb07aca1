"""What a directive does: one model per verb, told apart by `verb`."""

from typing import Annotated, Literal

from pydantic import Field, JsonValue

from aifp.schemas.common import JsonMap, Record
from aifp.schemas.starts import Auth, Start


class Retry(Record):
    """How often and how far apart a failed attempt is repeated; every field is written.

    Times 0 stands on steps only: the step is never repeated, whatever its directive says.
    """

    times: int
    after_ms: int
    factor: int | float
    max_ms: int


NO_RETRY = Retry(times=0, after_ms=0, factor=1, max_ms=0)


class AnyStep(Record):
    """What every step may carry."""

    id: str | None = None
    if_: str | None = Field(default=None, validation_alias="if", serialization_alias="if")
    needs: list[str] | None = None
    timeout_ms: int | None = None
    retry: Retry | None = None
    on_error: Literal["stop", "continue"] = "stop"
    save_as: str | None = None


class HttpStep(AnyStep):
    """Call an HTTP address."""

    verb: Literal["http"]
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
    url: str
    via: str | None = None
    headers: JsonMap | None = None
    query: JsonMap | None = None
    json_: JsonValue = Field(default=None, validation_alias="json", serialization_alias="json")
    form: JsonMap | None = None
    body: str | None = None
    file: str | None = None
    auth: Auth | None = None
    expect: list[str] = ["2xx"]
    pick: str | None = None
    follow: int = 0
    max_bytes: int = 1_048_576


class CallStep(AnyStep):
    """Call one of the user's own tools (`tool.NAME`), or a service of a connection."""

    verb: Literal["call"]
    target: str
    via: str | None = None
    with_: JsonMap | None = Field(default=None, validation_alias="with", serialization_alias="with")

    @property
    def tool(self) -> str | None:
        """Return the name of the tool that is called, None for a service of a connection."""
        domain, _, name = self.target.partition(".")
        return name if domain == "tool" and self.via is None and name.isidentifier() else None


class CodeStep(AnyStep):
    """Call a function of the directive's own module."""

    verb: Literal["code"]
    function: str
    module: str | None = None
    args: list[JsonValue] | None = None
    with_: JsonMap | None = Field(default=None, validation_alias="with", serialization_alias="with")


class RunStep(AnyStep):
    """Run a program with a list of arguments, never a shell."""

    verb: Literal["run"]
    program: str
    args: list[str] | None = None
    env: JsonMap | None = None
    cwd: str | None = None
    stdin: str | None = None


class NotifyStep(AnyStep):
    """Tell a person over a channel."""

    verb: Literal["notify"]
    channel: str
    message: str
    title: str | None = None
    level: Literal["low", "normal", "high"] = "normal"


class WaitStep(AnyStep):
    """Wait a while, or until a local time; survives restarts."""

    verb: Literal["wait"]
    ms: int | None = None
    until: str | None = None


class WaitForStep(AnyStep):
    """Wait for an event."""

    verb: Literal["wait_for"]
    when: list[Start]
    within_ms: int = 3_600_000
    on_timeout: Literal["fail", "stop", "continue"] = "fail"


class SetStep(AnyStep):
    """Set variables of this run."""

    verb: Literal["set"]
    values: JsonMap


class RememberStep(AnyStep):
    """Keep values between runs."""

    verb: Literal["remember"]
    values: JsonMap


class ReadFileStep(AnyStep):
    """Read a text file inside the granted folders."""

    verb: Literal["read_file"]
    path: str


class WriteFileStep(AnyStep):
    """Write a text file inside the granted folders, whole or not at all."""

    verb: Literal["write_file"]
    path: str
    data: JsonValue = None
    append: bool = False


class WorkerStep(AnyStep):
    """Ask an AI worker."""

    verb: Literal["worker"]
    prompt: str
    input: JsonValue = None
    criteria: JsonMap | None = None
    schema_: JsonMap | None = Field(
        default=None, validation_alias="schema", serialization_alias="schema"
    )


class EmitStep(AnyStep):
    """Emit a named event."""

    verb: Literal["emit"]
    event: str
    data: JsonMap | None = None


class StartStep(AnyStep):
    """Start another directive."""

    verb: Literal["start"]
    directive: str
    input: JsonMap | None = None
    await_: bool = Field(default=False, validation_alias="await", serialization_alias="await")


class Option(Record):
    """One branch of a choose step."""

    if_: str = Field(validation_alias="if", serialization_alias="if")
    steps: list["Step"]


class ChooseStep(AnyStep):
    """Take the first branch whose condition is true."""

    verb: Literal["choose"]
    options: list[Option]
    else_: list["Step"] | None = Field(
        default=None, validation_alias="else", serialization_alias="else"
    )


class BranchStep(AnyStep):
    """Do one thing or the other; `if` is the branch condition."""

    verb: Literal["branch"]
    steps: list["Step"]
    else_: list["Step"] | None = Field(
        default=None, validation_alias="else", serialization_alias="else"
    )


class RepeatStep(AnyStep):
    """Repeat steps; the value of each pass is `item`."""

    verb: Literal["repeat"]
    steps: list["Step"]
    count: int | None = None
    each: JsonValue = None
    while_: str | None = Field(default=None, validation_alias="while", serialization_alias="while")
    until: str | None = None
    max: int = 1_000


class ParallelStep(AnyStep):
    """Do branches side by side."""

    verb: Literal["parallel"]
    branches: list[list["Step"]]


class StopUnlessStep(AnyStep):
    """End the run unless the condition (`if`) is true."""

    verb: Literal["stop_unless"]
    error: bool = False


class StopStep(AnyStep):
    """End the run here."""

    verb: Literal["stop"]
    reason: str
    error: bool = False


class AskStep(AnyStep):
    """Ask a person yes or no."""

    verb: Literal["ask"]
    message: str
    within_ms: int = 43_200_000
    else_: Literal["stop", "continue", "fail"] = Field(
        default="stop", validation_alias="else", serialization_alias="else"
    )


class LogStep(AnyStep):
    """Write one line to the run's log."""

    verb: Literal["log"]
    message: str


class TodoStep(AnyStep):
    """Free text that nobody has turned into an action yet; blocks validation."""

    verb: Literal["todo"]
    text: str


Step = Annotated[
    HttpStep
    | CallStep
    | CodeStep
    | RunStep
    | NotifyStep
    | WaitStep
    | WaitForStep
    | SetStep
    | RememberStep
    | ReadFileStep
    | WriteFileStep
    | WorkerStep
    | EmitStep
    | StartStep
    | ChooseStep
    | BranchStep
    | RepeatStep
    | ParallelStep
    | StopUnlessStep
    | StopStep
    | AskStep
    | LogStep
    | TodoStep,
    Field(discriminator="verb"),
]
