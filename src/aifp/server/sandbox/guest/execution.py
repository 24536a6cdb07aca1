"""Carry out one job: load the modules, call what is to be called, tell how it ended."""

import asyncio
import gc
import importlib
import inspect
import json
import linecache
import random
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any, TypedDict

from aifp.server.sandbox.guest import faults
from aifp.server.sandbox.guest.context import Ctx, called
from aifp.server.sandbox.guest.door import HostDoor, standing
from aifp.server.sandbox.guest.errors import OutputFull, Stop
from aifp.server.sandbox.guest.modules import JobModules, file_name
from aifp.server.sandbox.guest.output import Output
from aifp.server.sandbox.guest.packages import Packages
from aifp.server.sandbox.guest.plain import Json, JsonMap, clean, to_json

NO_MEMORY = '{"status": "memory", "error_type": "MemoryError", "error": "the memory is used up"}'


WARM_SOURCE = """
from typing import Any
from aifp_guest import Ctx

def execute_warm(ctx: Ctx) -> Any:
    ctx.log("info", "warm")
    return [ctx.input]
"""


class GuestJob(TypedDict):
    """The job as the host writes it."""

    mode: str
    modules: dict[str, str]
    main: str
    tests: str | None
    entry: str
    inputs: JsonMap
    functions: list[str]
    seed: str
    output_bytes: int
    result_bytes: int
    packages: bool


def run(text: str, send: Callable[[str], str]) -> str:
    """Carry out one job and return its end as JSON; never raises."""
    try:
        return _run(json.loads(text), send)
    except MemoryError:
        return NO_MEMORY


def warm_up() -> None:
    """Play a small run, so that later ones find memory and caches ready; leaves no trace."""
    streams = sys.stdout, sys.stderr
    job: GuestJob = {
        "mode": "run",
        "modules": {"warm": WARM_SOURCE},
        "main": "warm",
        "tests": None,
        "entry": "execute_warm",
        "inputs": {},
        "functions": ["log"],
        "seed": "",
        "output_bytes": 1000,
        "result_bytes": 1000,
        "packages": False,
    }
    answer = '[{"seq": 1, "value": null, "error": null, "error_type": null}]'
    run(json.dumps(job), lambda _request: answer)
    sys.stdout, sys.stderr = streams
    del sys.modules["warm"], sys.meta_path[0], linecache.cache[file_name("warm")]


def _run(job: GuestJob, send: Callable[[str], str]) -> str:
    random.seed(job["seed"])
    output = Output(job["output_bytes"])
    sys.stdout = sys.stderr = output
    end = _end(job, send)
    if output.truncated:
        end = {"status": "output", "error_type": "OutputLimit", "error": _too_much(job)}
    return json.dumps({**end, "stdout": output.text(), "truncated": output.truncated})


def _end(job: GuestJob, send: Callable[[str], str]) -> JsonMap:
    files: set[str] = set()
    try:
        modules = JobModules(job["modules"])
        files = modules.files
        sys.meta_path.insert(0, modules)
        if job["packages"]:
            sys.meta_path.insert(1, Packages(send))
        return _result(job, _carry_out(job, send, files))
    except BaseException as fault:  # noqa: BLE001 - whatever the code raises is its result
        return _failure(fault, files)


def _failure(fault: BaseException, files: set[str]) -> JsonMap:
    stop = _stop_within(fault)
    if stop is not None:
        status = "error" if stop.error else "ok"
        return {
            "status": status,
            "error_type": "Stop",
            "error": clean(str(stop.reason), 2000),
            "result": None,
        }
    if isinstance(fault, MemoryError):
        fault.__traceback__ = None
        gc.collect()
        return json.loads(NO_MEMORY)
    return {"status": "error", **faults.describe(fault, files)}


def _stop_within(fault: BaseException) -> Stop | None:
    return next((member for member in faults.members(fault) if isinstance(member, Stop)), None)


def _result(job: GuestJob, value: Json) -> JsonMap:
    size = len(to_json(value).encode())
    if size > job["result_bytes"]:
        reason = f"the result has {size} bytes; at most {job['result_bytes']} are taken"
        return {"status": "output", "error_type": "ResultLimit", "error": reason}
    return {"status": "ok", "result": value}


def _too_much(job: GuestJob) -> str:
    return f"the code printed more than {job['output_bytes']} bytes"


def _carry_out(job: GuestJob, send: Callable[[str], str], files: set[str]) -> Json:
    module = importlib.import_module(job["main"])
    if job["mode"] == "tests":
        return _test_all(importlib.import_module(job["tests"] or ""), files)
    entry = _function(module, job["entry"])
    if job["mode"] == "load":
        return {"entry": job["entry"], "parameters": list(inspect.signature(entry).parameters)}
    with standing(HostDoor(send, frozenset(job["functions"]))):
        return called(entry, Ctx(job["inputs"]))


def _function(module: ModuleType, name: str) -> Callable[[Ctx], Any]:
    entry = getattr(module, name, None)
    if not inspect.isfunction(entry):
        raise ImportError(f"{module.__name__} has no function {name}")
    return entry


def _test_all(module: ModuleType, files: set[str]) -> list[Json]:
    tests = {name: value for name, value in vars(module).items() if name.startswith("test_")}
    return [
        _test_one(name, value, files) for name, value in tests.items() if inspect.isfunction(value)
    ]


def _test_one(name: str, test: Callable[[], Any], files: set[str]) -> JsonMap:
    try:
        result = test()
        if inspect.iscoroutine(result):
            asyncio.run(result)
    except (MemoryError, OutputFull):
        raise
    except BaseException as fault:  # noqa: BLE001 - a test may fail in any way
        lines = faults.user_traceback(fault, files)
        return {"name": name, "passed": False, "error": lines}
    return {"name": name, "passed": True, "error": None}
