import pytest

from aifp.helpers.user_directives.internal.language.credentials import looks_like_credential
from aifp.helpers.user_directives.internal.language.reader import read_file
from tests.helpers.user_directives.internal.language.forms.sheets import codes, interpreted

# Each shape is put together here, so that no scanner takes this file for a leak.
LETTERS, DIGITS, HEX = "aBcDeFgHiJkLmNoPqRsTuVwXyZ", "0123456789", "0a1b2c3d4e5f"
SECRETS = [
    ("", "sk-" + LETTERS + DIGITS),
    ("", "sk-" + "proj-" + LETTERS + DIGITS),
    ("", "ghp_" + LETTERS + DIGITS),
    ("", "gho_" + LETTERS + DIGITS),
    ("", "github_pat_" + LETTERS + DIGITS + LETTERS),
    ("", "glpat-" + LETTERS),
    ("", "AKIA" + "IOSFODNN7EXAMPLE"),
    ("", "AIza" + LETTERS + DIGITS[:9]),
    ("", "xoxb-" + DIGITS + "-" + LETTERS),
    ("", "sk_" + "live_" + LETTERS),
    ("", "npm_" + LETTERS + DIGITS),
    ("", "hf_" + LETTERS + DIGITS),
    ("", "SG." + LETTERS + "." + LETTERS + DIGITS + LETTERS),
    ("", "eyJ" + LETTERS + ".eyJ" + LETTERS + "." + LETTERS),
    ("", "-----BEGIN " + "RSA PRIVATE KEY-----\nMIIE"),
    ("", "https://user:" + "pa55word@host.example/"),
    ("url", "https://x.example/?api_key=" + HEX * 3),
    ("Authorization", "Bearer " + HEX * 3),
    ("api_key", HEX * 3),
    ("password", "Tr0ub4dor3" + "xkcd936"),
    ("client_secret", LETTERS + DIGITS),
    ("X-Auth-Token", HEX * 2),
]
HARMLESS = [
    ("", "call irrigation.start with zone=tomato, minutes=12"),
    ("", "https://x.example/v1/open?day=2026-11-21&page=2"),
    ("", "{{ input.token }}"),
    ("token", "{{ state['x.y'] }}"),
    ("auth", "secret BOOKS_TOKEN"),
    ("auth", "hmac X-Hub-Signature-256 secret SHOP_HOOK_KEY"),
    ("secret", "SHOP_HOOK_KEY_2026_LIVE"),
    ("password", "secret WIFI"),
    ("id", HEX * 3),
    ("sha256", HEX * 5),
    ("message", "Your token is ready, open the app to see it"),
    ("key", "temperature_living_room_2"),
    ("", "bearer of bad news"),
    ("", "Basic training starts at 08:00"),
    ("path", "inbox/invoices/2026-11-21/report-0001.xml"),
    ("", "sk-learn is a library"),
    ("token_url", "https://login.example/oauth2/token"),
    ("", "user@host.example:/backup"),
    ("", "https://x.example/a:b@c"),
    ("tokens", "max"),
]


@pytest.mark.parametrize(("key", "text"), SECRETS)
def test_a_text_of_a_known_token_shape_is_refused(key: str, text: str) -> None:
    assert looks_like_credential(text, key)


@pytest.mark.parametrize(("key", "text"), HARMLESS)
def test_a_harmless_text_is_not_taken_for_a_secret(key: str, text: str) -> None:
    assert not looks_like_credential(text, key)


def test_a_directive_with_a_credential_is_refused_at_its_place() -> None:
    headers = {"X-Api-Key": HEX * 3}
    found = interpreted({"do": {"http": "GET https://x.example/", "headers": {**headers}}})
    assert codes(found) == ["E511"]
    assert found.problems[0].path == "/do/headers/X-Api-Key"
    assert HEX not in str(found.problems[0])


def test_a_credential_in_the_settings_of_a_file_is_refused_at_its_place() -> None:
    text = f"vars:\n  api_key: {HEX * 3}\ndirectives: {{a: {{do: call a.b}}}}\n"
    [problem] = read_file(text.encode(), "f.yaml").problems
    assert (problem.code, problem.line, problem.path) == ("E511", 2, "/vars/api_key")
