"""A tool is read from the text of its file; nothing of it runs."""

import pytest

from aifp.helpers.lifecycle.internal.tool_source import is_tool_name, read_tool
from aifp.schemas.artifacts import Characteristics, TestCase
from aifp.schemas.common import JsonMap
from aifp.schemas.errors import InvalidArgument
from aifp.schemas.releases import Permission

WEATHER = '''"""Weather of a city."""

from typing import Any

from aifp_guest import Ctx

CHARACTERISTICS = {"effect_class": "read_only", "idempotent": True, "side_effects": False}
TEST_CASES = [{"input": {"city": "Bern"}, "expected_output": {"c": 3}, "ignore_paths": ["at"]}]


def run(ctx: Ctx, city: str, days: int = 3, *, unit: str | None = None) -> dict[str, Any]:
    """Tell the weather of a city for some days.

    Use this when somebody asks what to wear.
    """
    return ctx.http("GET", f"https://weather.example/{city}", headers={"k": {"secret": "KEY"}})
'''


def _refusal(source: str, name: str = "weather") -> str:
    with pytest.raises(InvalidArgument) as refused:
        read_tool(name, source)
    return str(refused.value)


def test_name_description_and_parameters_come_from_the_syntax_tree() -> None:
    spec = read_tool("weather", WEATHER)

    assert spec.name == "weather"
    assert spec.description == (
        "Tell the weather of a city for some days.\n\nUse this when somebody asks what to wear."
    )
    assert spec.takes_context
    assert spec.parameters == {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "days": {"type": "integer", "default": 3},
            "unit": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
        },
        "additionalProperties": False,
        "required": ["city"],
    }


def test_what_a_tool_declares_is_read_as_literals() -> None:
    spec = read_tool("weather", WEATHER)

    assert spec.declared == Characteristics(
        effect_class="read_only", idempotent=True, side_effects=False
    )
    case = TestCase(input={"city": "Bern"}, expected_output={"c": 3}, ignore_paths=["at"])
    assert spec.test_cases == [case]


def test_the_permissions_are_what_the_literal_host_calls_need() -> None:
    host: JsonMap = {"host": "weather.example", "port": 443, "scheme": "https", "methods": ["GET"]}
    assert read_tool("weather", WEATHER).permissions == [
        Permission(resource="host", value=host),
        Permission(resource="secret", value={"name": "KEY", "host": "weather.example"}),
    ]


def test_calling_another_tool_is_a_permission_by_its_name() -> None:
    source = (
        "def run(ctx, word):\n"
        "    ctx.tool('weather', {'city': 'Bern'})\n"
        "    return ctx.tool(f'computed_{word}', {})\n"
    )
    assert read_tool("again", source).permissions == [
        Permission(resource="tool", value={"name": "weather"})
    ]


def test_nothing_of_the_file_runs() -> None:
    spec = read_tool("quiet", "raise SystemExit('this ran')\n\ndef run() -> int:\n    return 1\n")
    assert spec.parameters == {"type": "object", "properties": {}, "additionalProperties": False}
    assert not spec.takes_context


def test_an_async_tool_without_types_takes_anything() -> None:
    spec = read_tool("loose", "async def run(ctx, what, times=(1, 2)):\n    return what\n")
    assert spec.takes_context
    assert spec.parameters["properties"] == {"what": {}, "times": {"default": [1, 2]}}
    assert spec.description == "Run the tool loose."


def test_a_context_may_have_any_name_when_its_type_says_so() -> None:
    source = "def run(c: 'Ctx', x: int) -> int:\n    return x\n"
    assert read_tool("named", source).parameters["required"] == ["x"]


def test_a_long_docstring_is_cut_because_every_client_reads_it() -> None:
    source = f'def run() -> int:\n    """{"long " * 400}"""\n    return 1\n'
    assert len(read_tool("wordy", source).description) == 1_001


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("def run(:\n", "tools/weather.py, line 1: not valid Python"),
        ("x = 1\n", "line 1: `def run(...)` is missing"),
        ("\nimport requests\ndef run():\n    pass\n", "line 2: import of requests is not allowed"),
        ("def run(*many):\n    pass\n", "line 1: many is no parameter that can be given by name"),
        ("def run(**many):\n    pass\n", "many is no parameter that can be given by name"),
        ("def run(a, /):\n    pass\n", "a is no parameter that can be given by name"),
        ("@cache\ndef run():\n    pass\n", "line 2: `run` has a decorator"),
        ("def run(a, ctx):\n    pass\n", "ctx is the context and must be the first parameter"),
        ("def run(\n    a: bytes,\n):\n    pass\n", "line 2: parameter a: the type bytes has no"),
        ("def run(a=now()):\n    pass\n", "the default of a must be a literal"),
        ("def run(a={1}):\n    pass\n", "the default of a must be a literal that JSON has"),
        ("CHARACTERISTICS = make()\ndef run():\n    pass\n", "line 1: CHARACTERISTICS is read"),
        (
            "CHARACTERISTICS = {'effect_class': 'harmless'}\ndef run():\n    pass\n",
            "CHARACTERISTICS: effect_class:",
        ),
        (
            "CHARACTERISTICS = {'timeout_s': 1e999}\ndef run():\n    pass\n",
            "CHARACTERISTICS: timeout_s:",
        ),
        ("TEST_CASES = {'a': 1}\ndef run():\n    pass\n", "TEST_CASES: Input should be a valid"),
        ("TEST_CASES = [{}] * 3\ndef run():\n    pass\n", "TEST_CASES is read without running"),
        ("x = 1 #" + "x" * 262_144, "the file is over 262,144 bytes"),
        ("x = " + "(" * 5_000, "not valid Python"),
        ("x\0y", "not valid Python"),
        (
            "def run(ctx):\n    ctx.http('GET', 'http://[half')\n",
            "an address in the code cannot be read",
        ),
    ],
)
def test_what_can_be_no_tool_is_refused_with_file_and_line(source: str, says: str) -> None:
    refusal = _refusal(source)
    assert refusal.startswith("tools/weather.py, line ")
    assert says in refusal


@pytest.mark.parametrize("name", ["_own", "class", "two words", "a-b", "x" * 65, "", "1st"])
def test_a_file_whose_name_is_no_function_name_is_no_tool(name: str) -> None:
    assert not is_tool_name(name)
    assert "is no name for a tool" in _refusal("def run():\n    pass\n", name)


DEEP = "list[" * 100 + "int" + "]" * 100


@pytest.mark.parametrize(
    ("head", "parameter", "fault"),
    [
        ('"""Half a \\ud83d."""', "a: int", "description cannot hold text with half a character"),
        ("", 'a: str = "\\ud83d"', "parameters cannot hold text with half a character"),
        ("", f"a: Literal[0x{'f' * 9000}]", "parameters cannot hold a whole number beyond"),
        ("", "a: Literal[1e999]", "parameters cannot hold a number that JSON does not have"),
        ("", f"a: {DEEP}", "parameters cannot hold values that lie more than 64 deep"),
        (
            f'TEST_CASES = [{{"input": {{"a": 0x{"f" * 9000}}}}}]',
            "a: int",
            "test cases cannot hold a whole number beyond",
        ),
        (
            'CHARACTERISTICS = {"state_version": 9' + "9" * 20 + "}",
            "a: int",
            "declared cannot hold",
        ),
        ("", "größe: int", "parameter größe: it is called with at most 64 letters of English"),
    ],
)
def test_what_neither_json_nor_the_record_can_hold_is_refused(
    head: str, parameter: str, fault: str
) -> None:
    refusal = _refusal(f"{head}\n\ndef run({parameter}) -> int:\n    return 1\n")
    assert fault in refusal
    assert len(refusal.encode("utf-8")) < 1_000


@pytest.mark.parametrize("name", ["größe", "ﬁle", "ﬂow"])
def test_a_name_that_clients_refuse_is_no_name_of_a_tool(name: str) -> None:
    assert not is_tool_name(name)
