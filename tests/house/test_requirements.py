"""A claimed behaviour has a test, and a test names only known behaviours."""

import re

import pytest

from tests.requirements import CLAIMED, named

# What the specification numbers; a test may show part of a behaviour before it is claimed.
KNOWN = re.compile(
    r"(D([1-9]|[1-9]\d|10\d|11[0-3])|L([1-9]|[12]\d|3[0-2])|S([1-9]|1\d|2[0-5])"
    r"|P\d+|W\d+|T([1-9]|1\d|2[0-2])|F([1-9]|[12]\d|3[0-2])|I([1-9]|[12]\d|30)"
    r"|X([1-9]|1\d)|8\.([1-9]|1[01])|G9)"
)


def normal(requirement: str) -> str:
    """Return an ID without the zero in front of its number."""
    return re.sub(r"^([A-Z]+)0+", r"\1", requirement)


@pytest.mark.req("T22")
def test_every_claimed_behaviour_has_a_test() -> None:
    shown = {normal(requirement) for requirement in named()}
    assert {normal(requirement) for requirement in CLAIMED} - shown == set()


def test_every_named_behaviour_is_known() -> None:
    unknown = {r: files for r, files in named().items() if not KNOWN.fullmatch(normal(r))}
    assert unknown == {}
