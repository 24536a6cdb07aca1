"""Every guard is proved by a violation put into a copy of the tree."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.house import rules

PROJECT = Path(__file__).parents[2]
SCRIPTS = Path(sys.executable).parent
GROUP = "helpers/user_directives"

# file to add -> what it holds; each breaks one contract of the import linter
IMPORTS = {
    "schemas/bad_upward.py": "from aifp.helpers.contract import reads\n\nX = reads\n",
    "schemas/bad_typing.py": (
        "from typing import TYPE_CHECKING\n\n"
        "if TYPE_CHECKING:\n    from aifp.server.config import read_settings\n"
    ),
    "schemas/bad_lazy.py": "def f():\n    import aifp.server.config as c\n\n    return c\n",
    f"{GROUP}/internal/bad_io.py": "import aiosqlite\n\nX = aiosqlite\n",
    f"{GROUP}/internal/bad_order.py": (
        "from aifp.helpers.user_directives.tools.alert_tools import get_alerts\n\nX = get_alerts\n"
    ),
    "helpers/project/internal/bad_neighbour.py": (
        "from aifp.helpers.user_directives.internal.gate import require_release\n\n"
        "X = require_release\n"
    ),
    "server/db/bad_floor.py": ("from aifp.server.mcp.registry import Registry\n\nX = Registry\n"),
    "server/mcp/bad_private.py": (
        "from aifp.helpers.user_directives.internal.gate import require_release\n\n"
        "X = require_release\n"
    ),
}
ROOMS = ("server/annex/__init__.py", "helpers/annex/__init__.py")

RUFF = {
    "T201": "print('to the protocol')\n",
    "TID251": "import asyncio\n\nX = asyncio.create_task\n",
    "DTZ003": "import datetime\n\nX = datetime.datetime.utcnow()\n",
    "TID252": "from . import errors\n\nX = errors\n",
    "ASYNC251": "import time\n\n\nasync def f() -> None:\n    time.sleep(1)\n",
    "PLC0415": "def f() -> object:\n    import json\n\n    return json\n",
    "C901": "def f(x: int) -> int:\n"
    + "".join(f"    if x == {n}:\n        x += 1\n" for n in range(9))
    + "    return x\n",
    "PLR0913": "def f(a: int, b: int, c: int, d: int, e: int, g: int, h: int, i: int) -> int:\n"
    "    return a\n",
}


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("house")
    skip = shutil.ignore_patterns("__pycache__", "*.wasm")
    shutil.copytree(PROJECT / "src", place / "src", ignore=skip)
    for name in ("pyproject.toml", "sync-directives.py", "README.md", "LICENSE"):
        shutil.copy(PROJECT / name, place / name)
    if (PROJECT / "docs").is_dir():
        shutil.copytree(PROJECT / "docs", place / "docs")
    return place


def add(tree: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        file = tree / "src" / "aifp" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f'"""A violation."""\n\n{text}', encoding="utf-8")


def run(tree: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(tree / "src"), "NO_COLOR": "1"}
    return subprocess.run(  # noqa: S603
        command, cwd=tree, env=environment, capture_output=True, text=True, check=False
    )


def fresh(copied: Path, place: Path) -> Path:
    shutil.copytree(copied, place, dirs_exist_ok=True)
    return place


def test_every_forbidden_import_is_found(copied: Path, tmp_path: Path) -> None:
    tree = fresh(copied, tmp_path)
    add(tree, IMPORTS | dict.fromkeys(ROOMS, ""))
    contract = tree / "src/aifp/helpers/contract.py"
    upward = "from aifp.helpers.user_directives.internal.gate import require_release  # noqa\n"
    contract.write_text(contract.read_text(encoding="utf-8") + upward, encoding="utf-8")
    found = run(tree, str(SCRIPTS / "lint-imports"), "--no-cache")
    assert found.returncode == 1
    modules = [f"aifp.{name.removesuffix('.py').replace('/', '.')}" for name in IMPORTS]
    modules.append("aifp.helpers.contract")
    assert [m for m in modules if f"{m} -> " not in found.stdout] == [], found.stdout[-4000:]
    assert "annex" in found.stdout


@pytest.mark.parametrize("code", list(RUFF))
def test_ruff_finds(code: str, tmp_path: Path) -> None:
    file = tmp_path / "violation.py"
    file.write_text(f'"""A violation."""\n\n{RUFF[code]}', encoding="utf-8")
    config = f"--config={PROJECT / 'pyproject.toml'}"
    found = run(tmp_path, str(SCRIPTS / "ruff"), "check", config, "--no-cache", str(file))
    assert code in found.stdout


def test_pyright_finds_a_wrong_return_and_a_forgotten_kind(copied: Path, tmp_path: Path) -> None:
    tree = fresh(copied, tmp_path)
    wrong = "def f() -> int:\n    return 'text'\n"
    forgotten = (
        "from typing import Literal, assert_never\n\n\n"
        "def g(kind: Literal['a', 'b']) -> int:\n    match kind:\n        case 'a':\n"
        "            return 1\n        case _:\n            assert_never(kind)\n"
    )
    add(tree, {"schemas/bad_types.py": wrong, "schemas/bad_match.py": forgotten})
    folder = str(tree / "src/aifp/schemas")
    files = [f"{folder}/bad_types.py", f"{folder}/bad_match.py"]
    found = run(tree, str(SCRIPTS / "pyright"), "--pythonpath", sys.executable, *files)
    assert "reportReturnType" in found.stdout
    assert "reportArgumentType" in found.stdout


def test_a_tool_without_sync_and_a_changed_docstring_are_drift(
    copied: Path, tmp_path: Path
) -> None:
    tree = fresh(copied, tmp_path)
    sync = (sys.executable, "sync-directives.py")
    assert run(tree, *sync).returncode == 0
    assert run(tree, *sync, "--check").returncode == 0
    file = tree / "src/aifp" / GROUP / "tools/engine_tools.py"
    text = file.read_text(encoding="utf-8")
    changed = text.replace("Get the engine's owner", "Fetch the engine's owner")
    tool = "\n\n@reads\nasync def get_nothing(ctx: Ctx) -> int:\n    'Get nothing.'\n    return 1\n"
    file.write_text(changed + tool, encoding="utf-8")
    found = run(tree, *sync, "--check")
    assert found.returncode == 1
    assert "get_nothing" in found.stdout
    assert "Fetch the engine's owner" in found.stdout


Check = Callable[[rules.House, Path], Iterator[str]]
LONG = "".join(f"X{n} = {n}\n" for n in range(301))
TALL = "def f():\n" + "".join(f"    x = {n}\n" for n in range(41))


@pytest.mark.parametrize(
    ("check", "name", "text"),
    [
        (rules.size_faults, "server/long.py", LONG),
        (rules.size_faults, "server/tall.py", TALL),
        (
            rules.catch_all_faults,
            "helpers/calm.py",
            "try:\n    f()\nexcept Exception:\n    log()\n",
        ),
        (rules.catch_all_faults, "helpers/mute.py", "try:\n    f()\nexcept:\n    pass\n"),
        (rules.sql_faults, "server/talks.py", "Q = 'SELECT a FROM b'\n"),
        (rules.name_faults, "helpers/utils.py", "X = 1\n"),
        (rules.name_faults, "helpers/tasks_2.py", "X = 1\n"),
        (
            rules.call_faults,
            "helpers/clock.py",
            "from datetime import datetime\nX = datetime.now\n",
        ),
    ],
)
def test_a_house_rule_finds(check: Check, name: str, text: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.parent.mkdir(parents=True)
    file.write_text(text, encoding="utf-8")
    assert list(check(rules.House(tmp_path), file))


@pytest.mark.parametrize(
    "text",
    [
        "async def get_x(ctx: Ctx) -> int:\n    '''Get x.'''\n",
        "@reads\n@writes\nasync def get_x(ctx: Ctx) -> int:\n    '''Get x.'''\n",
        "@reads\nasync def get_x(ctx: Ctx) -> int:\n    return 1\n",
        "@reads\nasync def get_x(ctx, y) -> int:\n    '''Get x.'''\n",
        "@reads\nasync def get_x(y: int) -> int:\n    '''Get x.'''\n",
        "def get_x(ctx: Ctx) -> int:\n    '''Get x.'''\n",
    ],
)
def test_a_tool_that_hides_something_is_found(text: str, tmp_path: Path) -> None:
    file = tmp_path / "x_tools.py"
    file.write_text(text, encoding="utf-8")
    assert list(rules.tool_faults(file))


def test_a_query_with_a_slip_is_found() -> None:
    script = "CREATE TABLE a (b TEXT) STRICT;"
    assert list(rules.explain_faults([script], {"good": "SELECT b FROM a WHERE b = :b"})) == []
    assert list(rules.explain_faults([script], {"typo": "SELECT c FROM a"})) != []


def test_a_new_word_in_a_check_is_read() -> None:
    script = "CREATE TABLE a (\n    b TEXT CHECK (b IN ('x', 'new'))\n) STRICT;"
    assert rules.checked_words(script) == {("a", "b"): ("x", "new")}
