from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aifp.helpers.shared.alerts import raise_alert, resolve_alerts
from aifp.schemas.alerts import NewAlert
from aifp.schemas.ports import Database
from aifp.schemas.subjects import Subject
from aifp.server.db.connection import open_database

AT = datetime(2026, 11, 21, 3, tzinfo=UTC)
LAMP, RADIO = (Subject(kind="directive", id=i, name=n) for i, n in (("1", "lamp"), ("2", "radio")))
DARK = NewAlert(severity="warning", code="dark", message="It is dark.", stats={"lux": 3})


@pytest.fixture
async def db(tmp_path: Path) -> AsyncGenerator[Database]:
    async with open_database(tmp_path / "alerts.db", "user_directives") as opened:
        yield opened


async def told(db: Database, subject: Subject = LAMP) -> bool:
    async with db.write() as w:
        return await raise_alert(w, AT, subject, DARK)


async def opened(db: Database) -> int:
    return len(await db.all("alerts_by_state", state="open", severity=None, limit=50))


@pytest.mark.req("D104")
async def test_an_alert_is_told_once_while_it_lasts(db: Database) -> None:
    assert [await told(db), await told(db), await told(db, RADIO)] == [True, False, True]
    assert await opened(db) == 2


@pytest.mark.req("D104")
async def test_an_alert_that_was_seen_is_not_told_again(db: Database) -> None:
    await told(db)
    async with db.write() as w:
        assert await w.run("acknowledge_alert", id=1) == 1
    assert await told(db) is False


async def test_what_was_over_and_comes_back_is_told_again(db: Database) -> None:
    await told(db)
    async with db.write() as w:
        assert await resolve_alerts(w, AT, LAMP, "dark") == 1
        assert await resolve_alerts(w, AT, LAMP, "dark") == 0
    assert await opened(db) == 0
    assert await told(db) is True
