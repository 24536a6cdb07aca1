import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from aifp.schemas.errors import DependencyMissing, InvalidArgument, Unavailable
from aifp.server.adapters.keyring import FileKeyring
from aifp.server.adapters.passphrase import set_passphrase


@pytest.mark.req("D99")
def test_the_key_is_made_once_and_private(tmp_path: Path) -> None:
    folder = tmp_path / "config"
    with ThreadPoolExecutor(8) as pool:
        keyrings = pool.map(FileKeyring, [folder] * 32)
        seals = {keyring.seal("text") for keyring in keyrings}
    assert len(seals) == 1
    assert stat.S_IMODE((folder / "approval.key").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_damaged_key_is_refused_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "approval.key").write_bytes(b"short")
    with pytest.raises(Unavailable, match="damaged"):
        FileKeyring(tmp_path)


@pytest.mark.req("D101")
def test_secrets_are_kept_by_name_and_redacted(tmp_path: Path) -> None:
    keyring = FileKeyring(tmp_path)
    keyring.store("API_TOKEN", "tr0ub4dor")
    assert keyring.secret_names() == {"API_TOKEN"}
    assert keyring.reveal("API_TOKEN") == "tr0ub4dor"
    assert keyring.redact("Bearer tr0ub4dor!") == "Bearer [secret API_TOKEN]!"
    keyring.forget("API_TOKEN")
    with pytest.raises(DependencyMissing, match="aifp secret set API_TOKEN"):
        keyring.reveal("API_TOKEN")


def test_a_bad_secret_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument):
        FileKeyring(tmp_path).store("api-token", "x")


@pytest.mark.req("X03")
def test_a_secret_within_another_does_not_uncover_the_rest(tmp_path: Path) -> None:
    keyring = FileKeyring(tmp_path)
    keyring.store("SHORT", "abcd")
    keyring.store("LONG", "abcd-efgh")
    assert keyring.redact("abcd-efgh abcd") == "[secret LONG] [secret SHORT]"


def test_a_secret_changed_by_another_process_is_seen_at_once(tmp_path: Path) -> None:
    keyring, other = FileKeyring(tmp_path), FileKeyring(tmp_path)
    for value in ("one-1", "two-2", "three"):
        other.store("TOKEN", value)
        assert keyring.reveal("TOKEN") == value
    other.forget("TOKEN")
    assert keyring.secret_names() == frozenset()


@pytest.mark.req("D99")
def test_a_passphrase_that_is_set_or_removed_by_another_process_is_seen_at_once(
    tmp_path: Path,
) -> None:
    keyring = FileKeyring(tmp_path)
    assert not keyring.needs_passphrase()
    set_passphrase(tmp_path, "open sesame")
    assert keyring.needs_passphrase()
    assert stat.S_IMODE((tmp_path / "passphrase").stat().st_mode) == 0o600
    set_passphrase(tmp_path, "")
    assert not keyring.needs_passphrase()
