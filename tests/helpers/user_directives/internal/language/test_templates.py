import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.templates import (
    ALLOWED_FILTERS,
    LIMIT,
    TemplateFault,
    check_template,
    render,
    render_url,
    template_names,
)

ESCAPES = {
    "class walk": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "attr filter": "{{ vars|attr('__class__') }}",
    "format escape": "{{ '{0.__class__}'.format(vars) }}",
    "format through map": "{{ ['{0.__class__}']|map('format', vars)|join }}",
    "attr of format": "{{ ('{}'|attr('format'))(vars) }}",
    "cycler globals": "{{ cycler.__init__.__globals__.os }}",
    "lipsum globals": "{{ lipsum.__globals__['os'] }}",
    "joiner globals": "{{ joiner.__init__.__globals__ }}",
    "self": "{{ self }}",
    "name secrets": "{{ secrets }}",
    "method of a passed object": "{{ vars.thing.method() }}",
    "include": "{% include 'other' %}",
    "import": "{% import 'other' as o %}",
    "undefined attribute": "{{ run.nothing }}",
    "undefined name": "{{ nothing }}",
    "split dunder index": "{{ ''['__cla' ~ 'ss__'] }}",
    "debug": "{% debug %}",
}
LOADS = {
    "text x 10^9": "{{ 'x' * 1000000000 }}",
    "text x 10^10": "{{ 'x' * 10 ** 10 }}",
    "center": "{{ 'x'|center(1000000000) }}",
    "% width": "{{ '%01000000000d' % 1 }}",
    "format width": "{{ '{:01000000000d}'.format(1) }}",
    "9**9**9": "{{ 9**9**9 }}",
    "10**100000": "{{ 10**100000 }}",
    "range of 10^6": "{{ range(1000000)|list }}",
    "nested loops": "{% for a in range(99999) %}" * 2 + "." + "{% endfor %}" * 2,
    "recursive macro": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "3,000 parentheses": "{{ " + "(" * 1500 + "1" + ")" * 1500 + " }}",
    "list doubling": "{% set x = [1] %}" + "{% set x = x + x %}" * 40 + "{{ x }}",
}
MORE = [
    ("{{ " + "(" * 31 + "1" + ")" * 31 + " }}", "E701"),
    ("{{ " + "not " * 1000 + "vars }}", "E701"),
    ("{{ " + "-" * 4000 + "1 }}", "E701"),
    ("{{ vars" + "|lower" * 600 + " }}", "E701"),
    ("{{ vars" + ".a" * 1900 + " }}", "E701"),
    ("{{ '" + "x" * 4096 + "' }}", "E701"),
    ("{{ vars. }}", "E701"),
    ("{{ }}", "E701"),
    ("{{ vars.a", "E701"),
    ("{# note #}", "E702"),
    ("{% raw %}x{% endraw %}", "E702"),
    ("{{ vars.a(1) }}", "E703"),
    ("{{ vars[1:2] }}", "E703"),
    ("{{ vars[vars.a] }}", "E703"),
    ("{{ (1, 2) }}", "E703"),
    ("{{ vars is mapping }}", "E703"),
    ("{{ 'x' if vars.a }}", "E703"),
    ("{{ vars.a // 2 }}", "E703"),
    ("{{ vars.a % 2 }}", "E703"),
    ("{{ [1] + [2] }}", "E703"),
    ("{{ 'a' + 'b' }}", "E703"),
    ("{{ 1e999 }}", "E703"),
    ("{{ vars|list }}", "E704"),
    ("{{ vars|map('upper') }}", "E704"),
    ("{{ vars|safe }}", "E704"),
    ("{{ vars|d(1) }}", "E704"),
    ("{{ vars|sort(*vars.l) }}", "E704"),
    ("{{ vars._hidden }}", "E705"),
    ("{{ vars['_hidden'] }}", "E705"),
    ("{{ _x }}", "E705"),
    ("{{ loop.index }}", "E705"),
    ("{{ trigger.secret }}", "E705"),
]


def refusal(text: str) -> str:
    with pytest.raises(TemplateFault) as caught:
        check_template(text)
    with pytest.raises(TemplateFault):
        render(text, {"vars": {"a": 1}})
    return caught.value.code


@pytest.mark.req("I16")
@pytest.mark.parametrize("name", ESCAPES)
def test_a_template_that_reaches_for_python_is_refused(name: str) -> None:
    assert refusal(ESCAPES[name]) in {"E702", "E703", "E704", "E705"}


@pytest.mark.req("I17")
@pytest.mark.parametrize("name", LOADS)
def test_a_template_that_would_burn_time_or_memory_is_refused(name: str) -> None:
    assert refusal(LOADS[name]) in {"E701", "E702", "E703", "E704"}


def test_the_fixture_lists_hold_29_templates() -> None:
    assert len(ESCAPES) + len(LOADS) == 29


@pytest.mark.req("I17")
def test_seven_chained_replaces_stop_at_64_kib() -> None:
    chain = "|replace('x', 'xxxxxxxxxxxxxx')" * 7
    with pytest.raises(TemplateFault) as caught:
        render("{{ 'x'" + chain + " }}", {})
    assert caught.value.code == LIMIT


@pytest.mark.req("I17")
def test_growth_from_data_is_stopped_before_it_is_made() -> None:
    data: dict[str, JsonValue] = {"big": "x" * 65_000, "list": [*("x" * 5_000)]}
    hungry = [
        "{{ vars.big|replace('x', vars.big) }}",
        "{{ vars.list|join(vars.big) }}",
        "{{ vars.big ~ vars.big }}",
        "{{ vars.big }}{{ vars.big }}",
        "{{ vars.big|upper|urlencode ~ vars.big }}",
    ]
    for text in hungry:
        with pytest.raises(TemplateFault) as caught:
            render(text, {"vars": data})
        assert caught.value.code == LIMIT


@pytest.mark.req("I18")
def test_input_items_is_the_key_and_never_the_method() -> None:
    assert render("{{ input.items }}", {"input": {"items": 7}}) == 7
    with pytest.raises(TemplateFault, match="E705"):
        render("{{ input.items }}", {"input": {}})
    with pytest.raises(TemplateFault, match="E705"):
        render("{{ input.keys }}", {"input": {"a": 1}})


class Loose:
    """An object that must never be within reach of a template."""

    name = "visible"

    def method(self) -> str:
        return "called"


@pytest.mark.req("I18")
@pytest.mark.parametrize("thing", [Loose(), (1, 2), {1: 2}, {"a": Loose()}, b"x", float("inf")])
def test_only_plain_data_gets_into_a_template(thing: object) -> None:
    names: dict[str, JsonValue] = {"vars": {"thing": thing}}  # pyright: ignore[reportAssignmentType]
    with pytest.raises(TemplateFault, match="E703"):
        render("{{ vars.thing }}", names)
    with pytest.raises(TemplateFault, match="E703"):
        render("{{ vars.other }}", names)


@pytest.mark.req("I18")
def test_names_that_are_not_of_the_list_are_not_passed_on() -> None:
    with pytest.raises(TemplateFault, match="E705"):
        render("{{ secrets.TOKEN }}", {"secrets": {"TOKEN": "x"}})


@pytest.mark.parametrize(("text", "code"), MORE, ids=[f"{c} {t[:24]}" for t, c in MORE])
def test_what_the_format_does_not_allow_has_its_code(text: str, code: str) -> None:
    assert refusal(text) == code


DATA: dict[str, JsonValue] = {
    "input": {"order": "A/7 ü", "copies": 2, "urgent": True},
    "vars": {"a": 1, "name": "ann lee", "list": [3, 1, 2], "none": None, "map": {"k": [1]}},
    "steps": {"sums": {"total": 3.14159}},
    "run": {"date": "2027-03-01", "started": "2027-03-01T05:04:03.000Z"},
    "state": {"light.desk": "on"},
}
RENDERED: list[tuple[str, JsonValue]] = [
    ("plain text, {braces} and }}", "plain text, {braces} and }}"),
    ("{{ input.copies }}", 2),
    ("{{ input.urgent }}", True),
    ("{{ vars.map }}", {"k": [1]}),
    ("{{ vars.none }}", None),
    ("{{ vars.list[0] }}", 3),
    (" {{ input.copies }}", " 2"),
    ("{{ input.urgent }}/{{ vars.none }}/{{ vars.map }}", 'true/null/{"k": [1]}'),
    ("Total {{ steps.sums.total | round(2) }}", "Total 3.14"),
    ("{{ vars.a + 2 * 3 - 1 / 2 }}", 6.5),
    ("{{ -vars.a }}", -1),
    ("{{ 'a' ~ vars.a ~ input.urgent }}", "a1true"),
    ("{{ 'yes' if vars.a > 0 and not vars.none else 'no' }}", "yes"),
    ("{{ vars.a in vars.list }}", True),
    ("{{ vars.missing is defined }}", False),
    ("{{ vars.none is none }}", True),
    ("{{ vars.missing|default('x') }}", "x"),
    ("{{ vars.missing.deeper|default('x') }}", "x"),
    ("{{ vars.name|title }} {{ vars.name|upper }} {{ 'AB'|lower }}", "Ann Lee ANN LEE ab"),
    ("{{ vars.name|capitalize }}{{ ' x '|trim }}", "Ann leex"),
    ("{{ vars.name|replace('n', 'm') }}", "amm lee"),
    ("{{ 'abcdefghijklmnop'|truncate(6, true, '..') }}", "abcd.."),
    ("{{ '5'|int + ('1.5'|float) }}", 6.5),
    ("{{ -3|abs }}{{ vars.list|length }}", "33"),
    ("{{ vars.list|first }}{{ vars.list|last }}{{ vars.list|sum }}", "326"),
    ("{{ vars.list|sort|join(', ') }}", "1, 2, 3"),
    ("{{ [1, 1, 2]|unique }}", [1, 2]),
    ("{{ vars.list|min }}{{ vars.list|max }}", "13"),
    ("{{ {'a': vars.list}|tojson }}", '{"a": [3, 1, 2]}'),
    ("{{ 'a b/c'|urlencode }}", "a%20b/c"),
    ("{{ vars.list|string }}", "[3, 1, 2]"),
    ("{{ run.started|date }} {{ run.started|date('%d.%m. %H:%M') }}", "2027-03-01 01.03. 05:04"),
    ('{{ state["light.desk"] }}', "on"),
]


@pytest.mark.parametrize(("text", "expected"), RENDERED)
def test_a_template_renders_and_a_lone_one_keeps_its_type(text: str, expected: JsonValue) -> None:
    check_template(text)
    result = render(text, DATA)
    assert result == expected and type(result) is type(expected)


def test_every_filter_of_the_format_is_there_and_no_other() -> None:
    named = (
        "default lower upper title capitalize trim replace truncate round int float abs length "
        "first last join sort unique min max sum tojson urlencode string date"
    )
    assert sorted(ALLOWED_FILTERS) == sorted(named.split())


def test_maps_and_lists_are_rendered_inside_and_keys_stay() -> None:
    value: JsonValue = {"{{ x }}": ["{{ vars.a }}", 5, {"k": "{{ vars.name }}"}]}
    assert render(value, DATA) == {"{{ x }}": [1, 5, {"k": "ann lee"}]}


@pytest.mark.parametrize(
    "text",
    [
        "{{ vars.missing }}",
        "{{ vars.name * 3 }}",
        "{{ vars.a / 0 }}",
        "{{ vars.list|sum + input.urgent }}",
        "{{ 'x'|date }}",
        "{{ run.started|date('%0999999d') }}",
        "{{ [vars.missing] }}",
        "{{ [1, 'a']|sort }}",
        "{{ vars.list[9] }}",
        "{{ []|first }}",
    ],
)
def test_a_template_that_cannot_be_filled_fails_with_a_code(text: str) -> None:
    check_template(text)
    with pytest.raises(TemplateFault) as caught:
        render(text, DATA)
    assert caught.value.code in {"E703", "E705"}


@pytest.mark.req("I20")
def test_values_in_an_address_are_encoded_as_one_segment() -> None:
    url = "https://shop.example/orders/{{ input.order }}/x?q={{ vars.name }}"
    assert render_url(url, DATA) == "https://shop.example/orders/A%2F7%20%C3%BC/x?q=ann%20lee"
    evil: dict[str, JsonValue] = {"input": {"order": "x\r\nHost: evil"}}
    assert "\r" not in render_url("https://shop.example/{{ input.order }}", evil)


@pytest.mark.req("I20")
@pytest.mark.parametrize("segment", ["..", "."])
def test_a_value_cannot_climb_out_of_its_path(segment: str) -> None:
    with pytest.raises(TemplateFault):
        render_url("https://shop.example/a/{{ input.order }}/b", {"input": {"order": segment}})


def test_the_names_a_template_starts_from_are_known() -> None:
    assert template_names("{{ steps.a.b ~ vars.c }} {{ run.date|date }}") == {
        "steps",
        "vars",
        "run",
    }
    assert template_names("plain") == frozenset()


@settings(max_examples=300, deadline=None)
@given(st.text("{}%#()[]|.'~+-*/ abvars_inputsort0123", max_size=60).map(lambda t: "{{" + t + "}}"))
def test_any_text_in_braces_is_checked_without_a_crash(text: str) -> None:
    try:
        check_template(text)
        render(text, DATA)
    except TemplateFault as fault:
        assert fault.code in {"E701", "E702", "E703", "E704", "E705", LIMIT}
