"""How dangerous code is, by what it says, what its text shows and what its runs did."""

import pytest

from aifp.helpers.lifecycle.internal.tool_source import read_tool
from aifp.helpers.user_directives.internal.classification import (
    Observed,
    classify,
    declared_class,
    judge,
    risk_of,
)
from aifp.schemas.artifacts import Characteristics
from aifp.schemas.errors import InvalidArgument
from aifp.schemas.words import EffectClass

READING = Characteristics(effect_class="read_only", idempotent=True, side_effects=False)


def calling(line: str) -> dict[str, str]:
    return {"tool": f"def run(ctx, url='x', name='y'):\n    {line}\n"}


FIXTURES: list[tuple[str, EffectClass]] = [
    ('return ctx.http("GET", "https://a.example/x")', "read_only"),
    ('return ctx.http("HEAD", "https://a.example/x")', "read_only"),
    ('ctx.log("info", "x"); ctx.sleep(1)', "read_only"),
    ('return ctx.file("read", "a.txt"), ctx.file("list", "*")', "read_only"),
    ('return ctx.state("get", "x"), ctx.state("entity", "light.desk")', "read_only"),
    ('ctx.http("PUT", "https://a.example/x")', "idempotent"),
    ('ctx.file("write", "a.txt", "x")', "idempotent"),
    ('ctx.state("set", "x", 1)', "idempotent"),
    ('ctx.http("POST", "https://a.example/lamp")', "side_effects"),
    ('ctx.aio.http("PATCH", "https://a.example/lamp")', "side_effects"),
    ('ctx.notify("phone", "done")', "side_effects"),
    ('ctx.file("append", "a.txt", "x")', "side_effects"),
    ('ctx.command(["make", "all"])', "side_effects"),
    ('ctx.ask_worker("why?")', "side_effects"),
    ('ctx.http("DELETE", "https://a.example/x")', "destructive"),
    ('ctx.http("POST", "https://a.example/v1/payments")', "destructive"),
    ('ctx.http("POST", f"https://a.example/{name}/sendMail")', "destructive"),
    ('ctx.command(["rm", "-r", "x"])', "destructive"),
    ('ctx.command(["sh", "-c", "git push && rm x"])', "destructive"),
    ('ctx.command(["docker", "volume", "rm", "x"])', "destructive"),
    ('ctx.command(["/usr/sbin/mkfs.ext4", "x"])', "destructive"),
    ("url.unlink()", "destructive"),
    ("ctx.http(name, url)", "unknown"),
    ('ctx.http("GET", "https://a.example/users/delete?id=1")', "unknown"),
    ('ctx.tool("other")', "unknown"),
    ("ctx.command(name)", "unknown"),
    ("send = ctx.http", "unknown"),
    ('getattr(ctx, "ht" + "tp")("POST", url)', "unknown"),
    ('ctx.__dict__["http"]("POST", url)', "unknown"),
    ('type(ctx).http(ctx, "GET", url)', "unknown"),
    ("match ctx:\n        case object(http=h): h(url)", "unknown"),
    ("return 1 +", "unknown"),
]


@pytest.mark.req("T01")
@pytest.mark.parametrize(("line", "expected"), FIXTURES)
def test_each_kind_of_call_has_its_class(line: str, expected: EffectClass) -> None:
    assert classify(None, calling(line)) == expected


@pytest.mark.req("T01", "T04")
def test_the_risk_of_each_class() -> None:
    classes: list[EffectClass] = [
        "read_only",
        "idempotent",
        "side_effects",
        "unknown",
        "destructive",
    ]
    assert [risk_of(c) for c in classes] == ["low", "low", "medium", "medium", "high"]


@pytest.mark.req("T02")
def test_a_tool_that_says_it_only_reads_and_posts_has_side_effects() -> None:
    judged = judge(READING, calling('ctx.http("POST", "https://a.example/x")'))
    assert judged.effective == "side_effects" and judged.understated


@pytest.mark.req("T02")
def test_the_most_dangerous_of_all_three_counts() -> None:
    harmless = calling('return ctx.http("GET", "https://a.example/x")')
    posted = [Observed("http", {"method": "POST", "url": "https://a.example/x"})]
    assert classify(READING, harmless) == "read_only"
    assert classify(READING, harmless, posted) == "side_effects"
    assert classify(Characteristics(effect_class="destructive"), harmless) == "destructive"
    assert not judge(Characteristics(effect_class="destructive"), harmless).understated


@pytest.mark.req("T02")
def test_imports_tell_what_code_is_about() -> None:
    assert classify(None, {"a": "import sqlite3\n"}) == "destructive"
    assert classify(None, {"a": "from smtplib import SMTP\n"}) == "destructive"
    assert classify(None, {"a": "import subprocess\n", "b": "import json\n"}) == "side_effects"
    assert classify(None, {"a": "import json, math\n\nX = math.log(2)\n"}) == "read_only"


@pytest.mark.req("T02")
def test_a_call_of_another_tool_has_the_class_of_that_tool() -> None:
    source = calling('ctx.tool("sweep", {"x": 1})')
    assert classify(READING, source, (), {"sweep": "destructive"}) == "destructive"
    assert classify(READING, source, (), {"sweep": "read_only"}) == "read_only"


def test_a_name_that_is_bound_twice_tells_nothing() -> None:
    source = 'METHOD = "GET"\n\ndef run(ctx):\n    METHOD = "POST"\n    ctx.http(METHOD, "x")\n'
    assert classify(None, {"a": source}) == "unknown"
    once = 'METHOD = "GET"\n\ndef run(ctx):\n    return ctx.http(METHOD, "x")\n'
    assert classify(None, {"a": once}) == "read_only"


def test_the_state_of_an_object_is_no_host_call() -> None:
    source = "class A:\n    def go(self):\n        self.state = 1\n        return self.state\n"
    assert classify(None, {"a": source}) == "read_only"


@pytest.mark.req("T02")
@pytest.mark.parametrize(
    "source",
    [
        'from aifp_guest import Ctx\n\ndef run(ctx):\n    Ctx.http(ctx, "POST", "x")\n',
        'import aifp_guest as g\n\ndef run(ctx):\n    g.Ctx.http(ctx, "POST", "x")\n',
        "from aifp_guest import Ctx\n\nclass Mine(Ctx):\n    def go(self):\n"
        '        self.http("POST", "x")\n',
        "from aifp_guest import Ctx\n\nclass Mine(Ctx):\n    def go(self):\n"
        '        send = self.http\n        send("POST", "x")\n',
        'def run(ctx):\n    list(map(ctx.http, ["POST"], ["x"]))\n',
        'def run(ctx):\n    aio = ctx.aio\n    return aio.http("POST", "x")\n',
    ],
)
def test_no_way_around_a_plain_call_passes_for_reading(source: str) -> None:
    assert classify(READING, {"a": source}) in ("unknown", "side_effects")


@pytest.mark.req("T03")
def test_what_a_tool_leaves_out_is_the_unsafe_value() -> None:
    said = Characteristics()
    assert (said.idempotent, said.side_effects) == (False, True)
    assert (said.safe_for_shadow_testing, said.test_data_available) == (False, False)
    assert said.requires_mocking
    assert declared_class(said) == "unknown"


@pytest.mark.req("T03")
@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"side_effects": False}, "read_only"),
        ({"idempotent": True}, "idempotent"),
        ({"idempotent": True, "side_effects": True}, "idempotent"),
        ({"side_effects": True}, "side_effects"),
        ({"effect_class": "read_only"}, "read_only"),
        ({"effect_class": "read_only", "side_effects": True}, "side_effects"),
        ({"effect_class": "idempotent", "idempotent": False}, "unknown"),
        ({"effect_class": "destructive", "side_effects": False}, "destructive"),
    ],
)
def test_of_words_that_contradict_the_worse_one_counts(
    said: dict[str, bool | str], expected: EffectClass
) -> None:
    assert declared_class(Characteristics.model_validate(said)) == expected


@pytest.mark.req("T03")
@pytest.mark.parametrize(
    "cases",
    ["{}", "[1]", '[{"input": 1}]', '[{"wrong": 1}]', '[{"tolerance": -1}]'],
)
def test_a_malformed_list_of_cases_is_refused_with_its_line(cases: str) -> None:
    source = f"TEST_CASES = {cases}\n\ndef run() -> int:\n    return 1\n"
    with pytest.raises(InvalidArgument, match=r"tools/a\.py, line 1: TEST_CASES"):
        read_tool("a", source)


@pytest.mark.req("T03")
def test_a_case_has_an_input_an_expectation_and_what_may_differ() -> None:
    source = (
        'TEST_CASES = [{"input": {"a": 1}, "expected_output": 2, "description": "one",'
        ' "ignore_paths": ["at"]}, {"input": {"a": "x"}, "should_raise": "TypeError"}]\n\n'
        "def run(a: int) -> int:\n    return a + 1\n"
    )
    first, second = read_tool("a", source).test_cases
    assert (first.input, first.expected_output, first.description) == ({"a": 1}, 2, "one")
    assert first.ignore_paths == ["at"] and second.should_raise == "TypeError"
