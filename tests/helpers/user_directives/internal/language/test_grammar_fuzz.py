import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aifp.helpers.user_directives.internal.language.expressions import (
    evaluate,
    parse_expression,
    write_expression,
)
from aifp.helpers.user_directives.internal.language.faults import LanguageFault, OpenQuestion
from aifp.helpers.user_directives.internal.language.grammar.actions import parse_action
from aifp.helpers.user_directives.internal.language.questions import probe
from aifp.helpers.user_directives.internal.language.templates import TemplateFault, render
from tests.helpers.user_directives.internal.language.expressions.worlds import SmallWorld

LONG = settings(max_examples=8_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
WORDS = (
    "a.b light.desk read.x input.list[0] on off time date weekday sun sunset sunrise 07:30 12-24 "
    "2027-03-01 5 -3 2.5 60% true null \"x\" 'y' and or not is in between for above below contains "
    "matches starts with ends known unknown at least most ( ) [ ] , + - * / == != < <= > >= = ! && "
    "|| 5m 1h 30 min abs min max round len lower number text age state"
)
SENTENCES = st.lists(st.sampled_from(WORDS.split()), max_size=25).map(" ".join)
PIECES = (
    "vars .a ['k'] [0] + - * / ~ ( ) [ ] { } , : | upper sort sum join replace date default 'x' 5 "
    "1.5 if else and or not is defined none in == < run .date trigger.id }} {{ {% %} text"
)
TEMPLATES = st.lists(st.sampled_from(PIECES.split()), max_size=15).map(
    lambda p: "{{ " + " ".join(p) + " }}"
)
ACTION_WORDS = (
    'GET POST https://h.example/ /x {{ vars.a }} with {"a":1} call light.turn_on light.a , x=1 run '
    'bin/x notify phone "hi" wait 5m until 17:00 start emit code log turn on off open lock and'
)
ACTIONS = st.lists(st.sampled_from(ACTION_WORDS.split()), max_size=10).map(" ".join)


@pytest.mark.nightly
@pytest.mark.req("X18")
@LONG
@given(SENTENCES | st.text(max_size=200))
def test_a_condition_that_is_accepted_keeps_its_normal_form_and_can_be_tested(text: str) -> None:
    try:
        tree = parse_expression(text)
    except LanguageFault:
        return
    stored = write_expression(tree)
    assert write_expression(parse_expression(stored)) == stored
    assert evaluate(tree, SmallWorld()).value in {True, False, None}


@pytest.mark.nightly
@pytest.mark.req("X18")
@LONG
@given(TEMPLATES | st.text(max_size=200))
def test_a_template_renders_or_is_refused_with_a_code(text: str) -> None:
    try:
        render(text, {"vars": {"a": 1, "k": "x"}, "run": {"date": "2027-03-01"}})
    except TemplateFault as fault:
        assert fault.code in {"E701", "E702", "E703", "E704", "E705", "template_limit"}


@pytest.mark.nightly
@pytest.mark.req("X18")
@LONG
@given(ACTIONS | st.text(max_size=200))
def test_an_action_text_gives_steps_or_a_coded_fault(text: str) -> None:
    try:
        steps = parse_action(text, probe)
    except (LanguageFault, OpenQuestion):
        return
    assert steps and all(step.wire()["verb"] for step in steps)
