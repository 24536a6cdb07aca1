"""What goes into the sandbox and what comes out."""

from typing import Literal

from pydantic import AwareDatetime, JsonValue

from aifp.schemas.common import JsonMap, Record
from aifp.schemas.packages import Pin
from aifp.schemas.words import HostFunction

Guarantee = Literal[
    "no_network",
    "no_host_files",
    "no_host_processes",
    "no_ambient_secrets",
    "cpu_time",
    "memory",
    "wall_time",
    "output_cap",
]
OutcomeStatus = Literal["ok", "error", "timeout", "memory", "output", "crashed", "refused"]


class Limits(Record):
    """Hard limits of one drive; wall time excludes time spent in host calls."""

    wall_ms: int = 60_000
    cpu_ms: int = 30_000
    memory_mb: int = 256
    output_bytes: int = 1_048_576
    result_bytes: int = 1_048_576
    host_calls: int = 10_000


class Job(Record):
    """One execution: sources by module name, the entry point and its plain inputs.

    mode run: call `entry(ctx)` of module `main`; its JSON result is the outcome's result.
    mode load: import `main` and check that `entry` is a function; no call is made.
    mode tests: import `main` and `tests`, run every `test_*` function of `tests`; the result is
    a list of {name, passed, error}.
    inner: other code that runs has called this and waits for it.
    packages: the pins the code may import, installed in package_folders (absolute, one each).
    """

    mode: Literal["run", "load", "tests"] = "run"
    modules: dict[str, str]
    main: str
    tests: str | None = None
    entry: str
    inputs: JsonMap = {}
    functions: list[HostFunction] = []
    now: AwareDatetime
    seed: str
    limits: Limits = Limits()
    needs: list[Guarantee] = ["no_network", "no_host_files", "no_host_processes", "wall_time"]
    packages: list[Pin] = []
    package_folders: list[str] = []
    inner: bool = False


class HostCall(Record):
    """One request of the guest: function and its keyword arguments."""

    function: HostFunction
    arguments: JsonMap


class HostAnswer(Record):
    """The answer to one host call; `now` moves the guest's clock, `seq` is its step number."""

    seq: int
    now: AwareDatetime
    value: JsonValue = None
    error: str | None = None
    error_type: str | None = None


class Outcome(Record):
    """How an execution ended. failed_steps: the steps whose error ended it, if any."""

    status: OutcomeStatus
    result: JsonValue = None
    error_type: str | None = None
    error: str | None = None
    traceback: str | None = None
    failed_steps: list[int] = []
    stdout: str = ""
    truncated: bool = False
    wall_ms: float = 0.0
    cpu_ms: float = 0.0
    memory_peak_mb: float | None = None
    backend: str = ""
