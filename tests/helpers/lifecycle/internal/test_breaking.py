import pytest

from aifp.helpers.lifecycle.internal.breaking import broken_callers

TOOL = """
def run(ctx, city: str, days: int = 3) -> dict:
    return {"city": city, "rain": days}
"""


def broken(new: str, old: str = TOOL) -> list[str]:
    return broken_callers({"tools/w.py": old}, {"tools/w.py": new})


@pytest.mark.req("S13")
@pytest.mark.parametrize(
    ("new", "told"),
    [
        ("x = 1", "the function run is removed"),
        (TOOL.replace(", days: int = 3", "").replace("days}", "3}"), "run has no parameter days"),
        (TOOL.replace("days: int = 3", "days: int"), "run needs the parameter days now"),
        (TOOL.replace("city: str,", "city: str, land: str,"), "run needs the parameter land now"),
        (TOOL.replace(', "rain": days', ""), "run does not return rain any more"),
        ("def run(:", "tools/w.py is not valid Python"),
    ],
)
def test_what_a_caller_misses_is_named(new: str, told: str) -> None:
    (line,) = broken(new)
    assert line.startswith(told)


@pytest.mark.req("S13")
@pytest.mark.parametrize(
    "new",
    [
        TOOL,
        TOOL.replace("days: int = 3", "days: int = 3, land: str = 'de'"),
        TOOL.replace("days: int = 3", "days: int = 3, *, land: str | None = None"),
        TOOL.replace("ctx, ", ""),
        TOOL.replace("def run", "async def run"),
        TOOL.replace('"rain": days', '"rain": days, "sun": 1'),
        TOOL + "def more() -> None: ...\n",
        TOOL.replace("days: int = 3", "days: int = 5"),
    ],
)
def test_what_only_adds_breaks_nobody(new: str) -> None:
    assert broken(new) == []


@pytest.mark.req("S13")
def test_what_nobody_outside_may_use_may_go() -> None:
    assert broken("", "def _helper(a): ...\n") == []
    assert (
        broken(
            "def f():\n  def inner(): return {'b': 1}\n  return {'a': 1}",
            "def f():\n  return {'a': 1}",
        )
        == []
    )


@pytest.mark.req("S13")
def test_keys_are_followed_through_a_variable() -> None:
    old = "def f():\n  found = {'a': 1}\n  found['b'] = 2\n  return found"
    assert broken(old.replace("'b'", "'c'"), old) == ["f does not return b any more"]


@pytest.mark.req("S13")
@pytest.mark.parametrize("value", ["g()", "{**g(), 'c': 1}", "{k: 1 for k in 'ab'}", "dict(a=1)"])
def test_a_return_that_cannot_be_read_is_not_called_a_missing_key(value: str) -> None:
    assert broken(f"def f():\n  return {value}", "def f():\n  return {'a': 1}") == []


@pytest.mark.req("S13")
def test_a_removed_file_takes_its_functions_along() -> None:
    old = {"a.py": "def f(): ...", "b.py": "def g(): ..."}
    assert broken_callers(old, {"a.py": old["a.py"]}) == ["the function g is removed"]


@pytest.mark.req("S13")
def test_a_version_that_could_not_be_read_promised_nothing() -> None:
    assert broken(TOOL, "def run(:") == []
