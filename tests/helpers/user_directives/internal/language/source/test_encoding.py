import pytest

from aifp.helpers.user_directives.internal.language.messages import problem_of
from aifp.helpers.user_directives.internal.language.source.encoding import decode
from aifp.helpers.user_directives.internal.language.source.refusal import SourceFault


def told(data: bytes) -> str:
    with pytest.raises(SourceFault) as refused:
        decode(data)
    problem = problem_of(refused.value, "f.yaml", refused.value.place)
    return f"{problem.line}:{problem.column} {problem.code} {problem.text}"


@pytest.mark.req("I05")
def test_a_byte_order_mark_and_crlf_are_accepted() -> None:
    assert decode(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n") == "a: 1\nb: 2\n"
    assert decode(b"a:\t1") == "a:\t1"


MESSAGES = [
    (b"a: 1\nb: \xff", "2:4 E102 byte ff at offset 8 is not UTF-8"),
    ("x".encode("utf-16"), "1:1 E102 byte ff at offset 0 is not UTF-8"),
    (b"\xc3\xa9\n\xed\xa0\x80", "2:1 E102 byte ed at offset 3 is not UTF-8"),
    (b"a\x00b", "1:2 E113 character U+0000 is not allowed here"),
    (b"a\rb", "1:2 E113 character U+000D is not allowed here"),
    (b"a\x1b[0m", "1:2 E113 character U+001B is not allowed here"),
    ("a\n\u202eb".encode(), "2:1 E113 character U+202E is not allowed here"),
    ("ab\ufeff".encode(), "1:3 E113 character U+FEFF is not allowed here"),
    (b"x" * 1_048_577, "1:1 E101 file has 1,048,577 bytes, the limit is 1,048,576"),
]  # fmt: skip


@pytest.mark.req("I05", "I24")
@pytest.mark.parametrize(("data", "message"), MESSAGES, ids=lambda value: str(value)[:30])
def test_bytes_that_are_no_text_are_named_with_their_position(data: bytes, message: str) -> None:
    assert told(data) == message


@pytest.mark.req("I24")
@pytest.mark.parametrize(
    "code",
    [*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C, 0x200B, 0x2060,
     0x7F, 0x85, 0x08, 0x0B],
)  # fmt: skip
def test_a_character_that_deceives_the_eye_is_refused(code: int) -> None:
    assert f"U+{code:04X}" in told(f"name: a{chr(code)}b".encode())


@pytest.mark.req("I24")
def test_emoji_and_joiners_are_text() -> None:
    assert decode("a: \U0001f469\u200d\U0001f33e".encode()).endswith("\U0001f33e")
