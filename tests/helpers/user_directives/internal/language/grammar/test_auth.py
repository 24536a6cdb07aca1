import pytest

from aifp.helpers.user_directives.internal.language.faults import LanguageFault
from aifp.helpers.user_directives.internal.language.grammar.auth import parse_auth


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("none", {"kind": "none"}),
        ("secret BOOKS_TOKEN", {"kind": "bearer", "secret": "BOOKS_TOKEN"}),
        ("Bearer secret T1", {"kind": "bearer", "secret": "T1"}),
        ("basic joe secret PW", {"kind": "basic", "user": "joe", "secret": "PW"}),
        ("header X-Key secret K", {"kind": "header", "name": "X-Key", "secret": "K"}),
        (
            "hmac secret SHOP_HOOK_KEY",
            {"kind": "hmac", "header": "X-Hub-Signature-256", "secret": "SHOP_HOOK_KEY"},
        ),
        ("hmac X-Sign secret K", {"kind": "hmac", "header": "X-Sign", "secret": "K"}),
    ],
)
def test_a_login_names_its_secret(text: str, expected: dict[str, str]) -> None:
    assert parse_auth(text).wire() == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "secret",
        "secret lower",
        "secret {{ x }}",
        "token abc",
        "basic secret PW",
        "basic a:b secret PW",
        "header X Key secret K",
        "none secret K",
        "secret K extra",
        "hmac",
    ],
)
def test_a_login_outside_its_grammar_is_refused(text: str) -> None:
    with pytest.raises(LanguageFault, match="E507"):
        parse_auth(text)
