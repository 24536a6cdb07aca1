import textwrap

import pytest

from aifp.helpers.user_directives.internal.code_checks import (
    check_code,
    check_tests,
    require_clean,
)
from aifp.helpers.user_directives.internal.code_generation import packages_in
from aifp.schemas.errors import InvalidArgument

CLEAN = '''
"""Count what a sensor says."""

from collections import Counter
from dataclasses import dataclass
from enum import Enum

from aifp_guest import Ctx

LIMITS = (3, 5)
NAMES = {"a": 1}


class Colour(Enum):
    RED = 1


class TooMany(Exception):
    pass


@dataclass(frozen=True)
class Sum:
    total: int
    names: tuple[str, ...] = ()


def counted(values: list[str]) -> Sum:
    seen: dict[str, int] = {}
    for value in values:
        seen[value] = seen.get(value, 0) + 1
    ordered = sorted(Counter(values))
    ordered.append("end")
    return Sum(len(seen), tuple(ordered))


def effect_ask(ctx: Ctx, name: str) -> object:
    return ctx.http("GET", f"https://a.example.net/{name}")


def execute_count(ctx: Ctx) -> dict[str, object]:
    async def first() -> None:
        await ctx.aio.notify("phone", "hello")

    ctx.vars["answer"] = effect_ask(ctx, "x")
    ctx.branches([first])
    return {"total": counted(["a", "b"]).total, "limit": LIMITS[0], "kind": type(ctx).__name__}
'''


def rules(source: str) -> list[tuple[int, str]]:
    return [(v.line, v.rule) for v in check_code(textwrap.dedent(source))]


@pytest.mark.req("D97")
def test_code_that_keeps_the_rules_is_taken() -> None:
    assert check_code(CLEAN, ["execute_count"]) == []


# One violating snippet for each rule, with the line that is told.
SNIPPETS = [
    ("type hints", 1, "def f(a) -> int:\n    return a\n"),
    ("type hints", 1, "def f(a: int):\n    return a\n"),
    ("type hints", 2, "def f() -> int:\n    def g(*a) -> int:\n        return 1\n    return g()\n"),
    ("frozen data", 2, "from dataclasses import dataclass\nclass A:\n    x: int = 1\n"),
    ("frozen data", 3, "from dataclasses import dataclass\n@dataclass\nclass A:\n    x: int\n"),
    ("frozen data", 1, "def f(a: list[int] = []) -> None:\n    pass\n"),
    ("global", 3, "X = 1\ndef f() -> None:\n    global X\n"),
    (
        "nonlocal",
        4,
        "def f() -> None:\n    x = 1\n    def g() -> None:\n        nonlocal x\n    g()\n",
    ),
    ("module state", 3, "X = {}\ndef f() -> None:\n    X['a'] = 1\n"),
    ("module state", 3, "X = []\ndef f() -> None:\n    X.append(1)\n"),
    ("module state", 2, "def f() -> None:\n    f.calls = 1\n"),
    ("module state", 3, "import json\ndef f() -> None:\n    json.dumps = None\n"),
    ("module state", 3, "X = [[1]]\ndef f() -> None:\n    del X[0][0]\n"),
    ("import", 1, "import os\n"),
    ("import", 2, "def f() -> None:\n    import subprocess\n"),
    ("import", 1, "from urllib import request\n"),
    ("import", 1, "from . import other\n"),
    ("import", 1, "from math import *\n"),
    ("import", 1, "import requests\n"),
    ("host calls", 2, "def f(ctx: Ctx) -> object:\n    return ctx.http('GET', 'https://a.b')\n"),
    ("host calls", 2, "def f(c: 'Ctx') -> object:\n    return c.aio.notify('a', 'b')\n"),
    ("host calls", 2, "def f(ctx: Ctx) -> object:\n    call = ctx.http\n    return call\n"),
    ("host calls", 2, "def execute_x(ctx: Ctx) -> None:\n    other = ctx\n"),
    ("definitions", 1, "print('x')\n"),
    ("definitions", 1, "for i in range(3):\n    X = i\n"),
    ("doors", 2, "def f() -> None:\n    exec('x = 1')\n"),
    ("doors", 2, "def f() -> object:\n    return eval('1')\n"),
    ("doors", 2, "def f() -> object:\n    return open('x')\n"),
    ("doors", 2, "def f(ctx: Ctx) -> object:\n    return getattr(ctx, 'http')\n"),
    ("doors", 2, "def f(a: int) -> object:\n    return a.__class__\n"),
    ("doors", 2, "def f() -> object:\n    return __builtins__\n"),
    ("doors", 1, "from operator import methodcaller\n"),
    ("syntax", 2, "def f() -> int:\nreturn 1\n"),
]


@pytest.mark.req("D97")
@pytest.mark.parametrize(("rule", "line", "source"), SNIPPETS)
def test_each_broken_rule_is_told_with_its_line(rule: str, line: int, source: str) -> None:
    assert (line, rule) in rules(source)


@pytest.mark.req("D97")
@pytest.mark.parametrize(
    "source",
    [
        "",
        "async def execute_count(ctx: Ctx) -> None:\n    pass\n",
        "def execute_count() -> None:\n    pass\n",
        "def execute_count(ctx: Ctx, more: int) -> None:\n    pass\n",
        "class execute_count(Exception):\n    pass\n",
    ],
)
def test_the_entry_point_is_a_plain_function_of_ctx(source: str) -> None:
    assert "entry" in [v.rule for v in check_code(source, ["execute_count"])]


@pytest.mark.req("D97")
def test_all_broken_rules_of_all_files_are_told_at_once() -> None:
    found = {
        "a.py": check_code("import os\nimport sys\n"),
        "test_a.py": check_tests("import socket\n"),
    }
    with pytest.raises(InvalidArgument, match="breaks 3 rule") as refusal:
        require_clean(found)
    violations = refusal.value.details["violations"]
    assert isinstance(violations, list)
    assert len(violations) == 3


@pytest.mark.parametrize("source", ["\x00", "(" * 5000, "-" * 100_000 + "1", "x = 1" + "+1" * 9000])
def test_source_that_no_parser_takes_is_a_violation_not_a_crash(source: str) -> None:
    assert all(v.line >= 1 for v in check_code(source))


def test_modules_beside_the_code_may_be_imported() -> None:
    source = "from prices import net\n"
    assert [v.rule for v in check_code(source)] == ["import"]
    assert check_code(source, modules=["prices"]) == []


@pytest.mark.req("D39", "D48")
def test_pinned_packages_may_be_imported_and_python_may_not_hide_among_them() -> None:
    source = "import humanize.time\nfrom humanize import naturaltime\n"
    assert {v.rule for v in check_code(source)} == {"import"}
    assert check_code(source, packages=["humanize"]) == []
    assert check_tests(source, packages=["humanize"]) == []
    for module in ("os", "subprocess", "socket", "importlib", "sys", "ctypes", "aifp", "_thread"):
        assert packages_in([f"import {module}\nimport {module}.path\n"]) == set()
    assert packages_in(["import humanize.time\n", "def ("]) == {"humanize"}


def test_a_name_of_the_function_itself_may_be_changed() -> None:
    source = "ROWS = []\ndef f(ROWS: list[int]) -> None:\n    ROWS.append(1)\n"
    assert check_code(source) == []


def test_an_argument_may_have_the_name_of_a_built_in() -> None:
    assert check_code("def f(input: dict[str, int]) -> int:\n    return input['a']\n") == []
    source = "def f(open: int) -> int:\n    return open\ndef g() -> object:\n    return open('x')\n"
    assert rules(source) == [(4, "doors")]


def test_a_function_of_a_module_may_be_named_like_a_changing_method() -> None:
    assert check_code("import operator\ndef f() -> int:\n    return operator.add(1, 2)\n") == []
    source = "from lists import ROWS\ndef f() -> None:\n    ROWS.append(1)\n"
    assert [v.rule for v in check_code(source, modules=["lists"])] == ["module state"]


def test_a_local_name_of_an_inner_function_does_not_hide_the_change_of_the_outer_one() -> None:
    source = (
        "ROWS = []\n"
        "def f() -> None:\n"
        "    ROWS.append(1)\n"
        "    def g() -> None:\n"
        "        ROWS = [1]\n"
        "    g()\n"
    )
    assert rules(source) == [(3, "module state")]
