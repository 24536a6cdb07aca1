"""Which arguments a rule allows, decided at once whatever a program is given."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aifp.schemas.errors import InvalidArgument
from aifp.schemas.releases import Permission
from aifp.server.engine.driving.argument_rules import is_allowed, without_option

PIECES = st.lists(st.sampled_from(["a", "b", "ab", "{{", "}}", "{{ x }}", "\n"]), max_size=8)


@pytest.mark.req("D107")
@given(PIECES, PIECES)
def test_a_template_stands_for_any_text_and_everything_else_for_itself(
    rule: list[str], text: list[str]
) -> None:
    literal = re.split(r"(?s)\{\{.*?\}\}", "".join(rule))
    meant = re.compile("(?s)" + ".*".join(map(re.escape, literal)))
    allowed = is_allowed("args", ["".join(rule)], ["".join(text)])
    assert allowed == (meant.fullmatch("".join(text)) is not None)


@pytest.mark.req("D107")
def test_a_long_argument_made_to_almost_fit_is_refused_at_once() -> None:
    rule, text = "{{ a }}-" * 100 + "end", "-" * 131_071
    assert not is_allowed("args", [rule], [text])
    assert is_allowed("args", [rule], [text + "end"])
    assert not is_allowed("args", ["{{" * 60_000], [text])


@pytest.mark.req("D107", "I19")
def test_an_option_of_one_permission_may_be_a_value_of_another() -> None:
    computed = Permission(resource="command", value={"args": ["{{ x }}"]})
    literal = Permission(resource="command", value={"args": ["--all"]})
    assert without_option([computed, literal], ["--all"]) is literal
    with pytest.raises(InvalidArgument, match="E513: the argument '--all' is computed"):
        without_option([computed], ["--all"])
