import math

import pytest

from aifp.helpers.shared.hashing import canonical_bytes, sha256_of
from aifp.schemas.errors import InvalidArgument


def test_keys_are_sorted_and_numbers_have_one_form() -> None:
    assert canonical_bytes({"b": 1.0, "a": [1e3, "é"]}) == '{"a":[1000,"é"],"b":1}'.encode()
    assert sha256_of({"a": 1, "b": 2}) == sha256_of({"b": 2, "a": 1})


@pytest.mark.parametrize("value", [2**53, math.inf, math.nan, "\ud800"])
def test_what_no_portable_json_can_hold_is_refused_with_advice(value: object) -> None:
    with pytest.raises(InvalidArgument, match="as text"):
        canonical_bytes({"x": value})
