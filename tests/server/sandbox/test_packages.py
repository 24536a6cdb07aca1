import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from aifp.schemas.packages import TREE, Pin
from aifp.schemas.sandbox import Job
from aifp.server.sandbox import shipping
from aifp.server.sandbox.wasm import WasmSandbox
from tests.server.sandbox.doubles import AnySandbox, job
from tests.wheelhouse import install

FILES = {
    "polite/__init__.py": "from polite.words import hello\n",
    "polite/words.py": "from .inner import WORD\n\ndef hello(name):\n    return f'{WORD} {name}'\n",
    "polite/inner/__init__.py": "WORD = 'good morning'\n",
    "polite/data/names.txt": "Ada Lovelace é\n",
    "polite/broken.py": "def fail():\n    raise ValueError('polite no')\n",
    "single.py": "VALUE = 7\n",
    "space/part.py": "PART = 1\n",
    "json.py": "raise SystemExit('shadowed')\n",
}
USE = """
import importlib.metadata
import importlib.resources
import json
import pkgutil

import polite, single
from polite import words
from space import part


def execute(ctx):
    names = importlib.resources.files("polite").joinpath("data/names.txt")
    return {
        "said": polite.hello("Ada"), "same": words.hello is polite.hello,
        "value": single.VALUE + part.PART,
        "name": names.read_text(),
        "listed": [n.name for n in importlib.resources.files("polite.data").iterdir()],
        "data": pkgutil.get_data("polite", "data/names.txt").decode(),
        "version": importlib.metadata.version("polite"), "json": json.dumps([1]),
    }
"""


def with_packages(code: str, place: Path, *pins: Pin) -> Job:
    folders = [str(place / pin.name / TREE) for pin in pins]
    return job(code).model_copy(update={"packages": [*pins], "package_folders": folders})


async def test_code_uses_the_modules_and_data_of_its_packages(
    sandbox: WasmSandbox, tmp_path: Path
) -> None:
    pin = install(tmp_path, "polite", FILES)
    outcome = await sandbox.run(with_packages(USE, tmp_path, pin))
    assert outcome.error is None
    assert outcome.result == {
        "said": "good morning Ada",
        "same": True,
        "value": 8,
        "name": "Ada Lovelace é\n",
        "listed": ["names.txt"],
        "data": "Ada Lovelace é\n",
        "version": "1.2",
        "json": "[1]",
    }


async def test_a_job_sees_no_package_of_another_job(sandbox: WasmSandbox, tmp_path: Path) -> None:
    pin = install(tmp_path, "polite", FILES)
    code = "import polite\ndef execute(ctx):\n    return polite.hello('Bo')\n"
    assert (await sandbox.run(with_packages(code, tmp_path, pin))).result == "good morning Bo"
    other = install(tmp_path, "other", {"other.py": ""})
    ends = [await sandbox.run(each) for each in (job(code), with_packages(code, tmp_path, other))]
    assert [end.error_type for end in ends] == ["ModuleNotFoundError"] * 2


async def test_an_error_inside_a_package_shows_the_line_of_the_users_code(
    sandbox: WasmSandbox, tmp_path: Path
) -> None:
    pin = install(tmp_path, "polite", FILES)
    code = "from polite.broken import fail\ndef execute(ctx):\n    fail()\n"
    outcome = await sandbox.run(with_packages(code, tmp_path, pin))
    assert (outcome.error_type, outcome.error) == ("ValueError", "polite no")
    assert "porch_light.py line 3 in execute: fail()" in str(outcome.traceback)


async def test_a_package_replaces_what_the_runner_itself_is_made_of(
    each: AnySandbox, tmp_path: Path
) -> None:
    names = ("jinja2", "markupsafe", "tzdata")
    pins = [install(tmp_path, name, {f"{name}/__init__.py": f"OWN = '{name}'\n"}) for name in names]
    code = (
        f"import {', '.join(names)}\ndef execute(ctx):\n    return [{'.OWN, '.join(names)}.OWN]\n"
    )
    end = await each.run(with_packages(code, tmp_path, *pins))
    assert end.result == [*names], end


async def test_a_run_without_packages_takes_no_thread(sandbox: WasmSandbox) -> None:
    await sandbox.probe()
    ended = ThreadPoolExecutor()
    ended.shutdown()
    asyncio.get_running_loop().set_default_executor(ended)
    assert (await sandbox.run(job("def execute(ctx):\n    return 1\n"))).result == 1


async def test_altered_bytes_are_never_sent(sandbox: WasmSandbox, tmp_path: Path) -> None:
    pin = install(tmp_path, "polite", FILES)
    install(tmp_path, "polite", {**FILES, "polite/__init__.py": "evil = 1\n"})
    outcome = await sandbox.run(with_packages("def execute(ctx): ...", tmp_path, pin))
    assert (outcome.status, outcome.error) == ("refused", "package polite was altered on disk")
    missing = Pin(name="missing", version="1", hashes=("0" * 64,))
    outcome = await sandbox.run(with_packages("def execute(ctx): ...", tmp_path, missing))
    assert (outcome.status, outcome.error) == ("refused", "package missing is not installed")


async def test_native_and_too_large_packages_are_refused_by_name(
    sandbox: WasmSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    native = install(tmp_path, "fastsum", {"fastsum.py": ""}, tag="native")
    outcome = await sandbox.run(with_packages("def execute(ctx): ...", tmp_path, native))
    assert outcome.status == "refused"
    assert "fastsum holds native code" in str(outcome.error)
    monkeypatch.setattr(shipping, "MAX_WHEEL", 100)
    pin = install(tmp_path, "polite", FILES)
    outcome = await sandbox.run(with_packages("def execute(ctx): ...", tmp_path, pin))
    assert outcome.status == "refused"
    assert "too large: polite" in str(outcome.error)


async def test_a_worker_that_holds_much_drops_what_it_held(
    sandbox: WasmSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = "import {0}\ndef execute(ctx):\n    return {0}.NAME\n"
    pins = [install(tmp_path, n, {f"{n}.py": f"NAME = '{n}'\n"}) for n in ("one", "two", "one")]
    monkeypatch.setattr(shipping, "MAX_HELD", 1000)
    for pin in [*pins, *pins]:
        outcome = await sandbox.run(with_packages(code.format(pin.name), tmp_path, pin))
        assert outcome.result == pin.name


async def test_code_cannot_ask_for_files_its_packages_do_not_have(
    sandbox: WasmSandbox, tmp_path: Path
) -> None:
    pin = install(tmp_path, "polite", FILES)
    code = "import wit_world\ndef execute(ctx):\n    return wit_world.host_call({!r})\n"
    for request in ('{"file": "etc/passwd"}', '{"file": "../polite"}', '{"files": '):
        outcome = await sandbox.run(with_packages(code.format(request), tmp_path, pin))
        assert outcome.status != "ok"
    again = await asyncio.gather(*(sandbox.run(with_packages(USE, tmp_path, pin)) for _ in "ab"))
    assert [outcome.status for outcome in again] == ["ok", "ok"]
