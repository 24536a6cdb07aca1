import sqlite3
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aifp.helpers.shared.events import Change, first_broken_event, record_event
from aifp.schemas.ports import Database
from aifp.schemas.subjects import Subject
from aifp.server.db.connection import open_database

AT = datetime(2026, 11, 21, 3, tzinfo=UTC)
LAMP = Subject(kind="directive", id="1", name="lamp")


@pytest.fixture
async def log(tmp_path: Path) -> AsyncGenerator[Database]:
    """A log of five events."""
    async with open_database(tmp_path / "log.db", "user_directives") as db:
        for number in range(5):
            change = Change(event_type=f"e{number}", reason="é\u2028", metadata={"n": number})
            async with db.write() as w:
                await record_event(w, AT, LAMP, "ai", change)
        yield db


def sql(tmp_path: Path, *texts: str) -> None:
    db = sqlite3.connect(tmp_path / "log.db")  # noqa: TID251
    for text in texts:
        db.execute(text)
    db.commit()
    db.close()


@pytest.mark.req("X11")
async def test_an_untouched_log_is_whole(log: Database) -> None:
    assert await first_broken_event(log) is None


@pytest.mark.req("X11")
async def test_an_empty_log_is_whole(tmp_path: Path) -> None:
    async with open_database(tmp_path / "none.db", "user_directives") as db:
        assert await first_broken_event(db) is None


@pytest.mark.req("X11")
@pytest.mark.parametrize(
    "column",
    ["at", "subject_id", "subject_name", "event_type", "reason", "metadata_json", "prev_hash"],
)
async def test_a_changed_line_is_found(log: Database, tmp_path: Path, column: str) -> None:
    sql(tmp_path, f"UPDATE events SET {column} = '9' WHERE id = 3")
    assert await first_broken_event(log) == 3


@pytest.mark.req("X11")
async def test_another_actor_is_found(log: Database, tmp_path: Path) -> None:
    sql(tmp_path, "UPDATE events SET actor = 'user' WHERE id = 2")
    assert await first_broken_event(log) == 2


@pytest.mark.req("X11")
@pytest.mark.parametrize(("gone", "found"), [(1, 2), (3, 4), (5, 5)])
async def test_a_removed_line_is_found_even_the_last(
    log: Database, tmp_path: Path, gone: int, found: int
) -> None:
    sql(tmp_path, f"DELETE FROM events WHERE id = {gone}")
    assert await first_broken_event(log) == found


@pytest.mark.req("X11")
async def test_an_emptied_log_is_found(log: Database, tmp_path: Path) -> None:
    sql(tmp_path, "DELETE FROM events")
    assert await first_broken_event(log) == 1


@pytest.mark.req("X11")
async def test_two_lines_that_changed_places_are_found(log: Database, tmp_path: Path) -> None:
    sql(
        tmp_path,
        "UPDATE events SET id = 99 WHERE id = 2",
        "UPDATE events SET id = 2 WHERE id = 3",
        "UPDATE events SET id = 3 WHERE id = 99",
    )
    assert await first_broken_event(log) == 2


@pytest.mark.req("X11")
async def test_a_line_put_in_is_found(log: Database, tmp_path: Path) -> None:
    columns = "at, subject_kind, subject_id, subject_name, event_type, actor, prev_hash"
    values = f"SELECT {columns}, 'x' FROM events WHERE id = 5"
    sql(tmp_path, f"INSERT INTO events ({columns}, hash) {values}")
    assert await first_broken_event(log) == 6


@pytest.mark.req("X11")
async def test_an_event_belongs_to_the_transaction_of_its_change(log: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with log.write() as w:
            await record_event(w, AT, LAMP, "ai", Change(event_type="never"))
            raise ZeroDivisionError
    assert len(await log.all("events_in_order")) == 5
    assert await first_broken_event(log) is None
