"""Edits of directive files are noted and told once; nothing runs differently."""

from hashlib import sha256
from pathlib import Path

import pytest

from aifp.server.engine.source_edits import SourceEdits
from tests.server.engine.watchhouse import Watchhouse, open_watchhouse


def given_file(house: Watchhouse, folder: Path, text: str = "a: 1") -> Path:
    file = folder / "home.yaml"
    file.write_text(text, encoding="utf-8")
    house.write(
        "INSERT INTO source_files (path, set_name, format, sha256, parse_status, last_parsed_at)"
        " VALUES ('home.yaml', 'home', 'yaml', ?, 'parsed', '')",
        sha256(text.encode()).hexdigest(),
    )
    return file


async def look(house: Watchhouse, edits: SourceEdits, *, for_s: float = 2.0) -> None:
    await edits.turn(house.clock.now())
    await house.clock.advance(for_s)
    await edits.turn(house.clock.now())


def told(house: Watchhouse) -> list[str]:
    rows = house.rows("SELECT state, message FROM alerts ORDER BY id")
    return [f"{row['state']}: {row['message'].split(';')[0]}" for row in rows]


@pytest.mark.req("D103", "F25")
async def test_an_edit_is_noted_and_told_once_after_the_editor_has_finished(
    tmp_path: Path,
) -> None:
    async with open_watchhouse(tmp_path) as house:
        edits, file = SourceEdits(house.ctx), given_file(house, tmp_path)
        await look(house, edits)
        assert told(house) == []
        file.write_text("a: 2", encoding="utf-8")
        await look(house, edits, for_s=1.9)
        assert told(house) == []
        await look(house, edits)
        await look(house, edits)
        assert told(house) == ["open: home.yaml was edited"]
        assert house.value("SELECT changed_at FROM source_files") is not None


@pytest.mark.req("D103")
async def test_each_further_edit_is_told_again_and_a_removal_too(tmp_path: Path) -> None:
    async with open_watchhouse(tmp_path) as house:
        edits, file = SourceEdits(house.ctx), given_file(house, tmp_path)
        for text in ("a: 2", "a: 3"):
            file.write_text(text, encoding="utf-8")
            await look(house, edits)
        file.unlink()
        await look(house, edits)
        assert told(house) == [
            "resolved: home.yaml was edited",
            "resolved: home.yaml was edited",
            "open: home.yaml was removed",
        ]


@pytest.mark.req("D103")
async def test_an_edit_taken_back_closes_the_alert(tmp_path: Path) -> None:
    async with open_watchhouse(tmp_path) as house:
        edits, file = SourceEdits(house.ctx), given_file(house, tmp_path)
        file.write_text("a: 2", encoding="utf-8")
        await look(house, edits)
        file.write_text("a: 1", encoding="utf-8")
        await look(house, edits)
        assert told(house) == ["resolved: home.yaml was edited"]
        assert house.value("SELECT changed_at FROM source_files") is None


@pytest.mark.req("D103")
async def test_a_restart_does_not_tell_an_edit_again(tmp_path: Path) -> None:
    async with open_watchhouse(tmp_path) as house:
        file = given_file(house, tmp_path)
        file.write_text("a: 2", encoding="utf-8")
        await look(house, SourceEdits(house.ctx))
        house.write("UPDATE alerts SET state = 'resolved'")
        await look(house, SourceEdits(house.ctx))
        assert len(told(house)) == 1
