"""The tokens of a project: whatever its owner alone may have written, and nothing else."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from aifp.server.app.wiring import own_token

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="modes are a Unix thing")
NAME = "http.token"
KNOWN = "known-to-others"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / ".aifp-project").mkdir()
    return tmp_path / ".aifp-project" / NAME


def readable(path: Path) -> None:
    path.write_text(KNOWN, encoding="ascii")
    path.chmod(0o644)


def empty(path: Path) -> None:
    path.touch(mode=0o600)


def blank(path: Path) -> None:
    empty(path)
    path.write_text(" \n", encoding="ascii")


def linked(path: Path) -> None:
    other = path.parent.parent / "elsewhere"
    other.touch(mode=0o600)
    other.write_text(KNOWN, encoding="ascii")
    path.symlink_to(other)


def queue(path: Path) -> None:
    os.mkfifo(path, 0o600)


def other_signs(path: Path) -> None:
    path.touch(mode=0o600)
    path.write_bytes(b"two words\n\xff")


@pytest.mark.parametrize("planted", [readable, empty, blank, linked, queue, other_signs])
def test_what_its_owner_alone_did_not_write_is_replaced(
    place: Path, planted: Callable[[Path], None]
) -> None:
    planted(place)
    token = own_token(place.parent.parent, NAME)
    assert len(token) >= 32 and token != KNOWN
    assert place.is_file() and not place.is_symlink()
    assert place.stat().st_mode & 0o777 == 0o600
    assert place.read_text(encoding="ascii") == f"{token}\n"
    assert sorted(path.name for path in place.parent.iterdir()) == [NAME]


def test_a_token_that_only_its_owner_may_read_stays(place: Path) -> None:
    first = own_token(place.parent.parent, NAME)
    assert own_token(place.parent.parent, NAME) == first


def test_a_token_of_another_user_is_replaced(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = own_token(place.parent.parent, NAME)
    monkeypatch.setattr(os, "getuid", lambda: place.stat().st_uid + 1)
    assert own_token(place.parent.parent, NAME) != first
