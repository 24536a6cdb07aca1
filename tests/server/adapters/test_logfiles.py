"""Log files: by day, by size, compressed, deleted by date, never in the way."""

import gzip
import json
import stat
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from aifp.server.adapters.logfiles import LogFiles, LogSetting, pack

SETTING = LogSetting("execution", "logs/execution/", 1_000_000, 30)
DAY = date(2026, 11, 21)


def lines(path: Path) -> list[dict[str, Any]]:
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [json.loads(line) for line in data.splitlines() if line]


@pytest.mark.req("D69")
async def test_a_line_can_be_found_again_by_file_and_offset(tmp_path: Path) -> None:
    logs = LogFiles(tmp_path)
    await logs.append(SETTING, DAY, {"n": 1, "text": "grün"})
    place = await logs.append(SETTING, DAY, {"n": 2})
    assert place
    assert place.file == "logs/execution/execution-2026-11-21.jsonl"
    data = (tmp_path / place.file).read_bytes()
    assert json.loads(data[place.offset :].splitlines()[0]) == {"n": 2}
    assert stat.S_IMODE((tmp_path / place.file).stat().st_mode) == 0o600


@pytest.mark.req("D70")
async def test_a_file_is_closed_at_day_end_and_compressed(tmp_path: Path) -> None:
    logs = LogFiles(tmp_path)
    await logs.append(SETTING, DAY, {"n": 1})
    await logs.append(SETTING, DAY + timedelta(days=1), {"n": 2})
    await logs.close()
    folder = tmp_path / "logs/execution"
    assert sorted(f.name for f in folder.iterdir()) == [
        "execution-2026-11-21.jsonl.gz",
        "execution-2026-11-22.jsonl",
    ]
    assert lines(folder / "execution-2026-11-21.jsonl.gz") == [{"n": 1}]


@pytest.mark.req("D70")
async def test_a_file_is_closed_at_its_size(tmp_path: Path) -> None:
    logs, small = LogFiles(tmp_path), replace(SETTING, rotation_bytes=100)
    for n in range(12):
        await logs.append(small, DAY, {"n": n, "pad": "x" * 20})
    await logs.close()
    found = sorted((tmp_path / "logs/execution").iterdir())
    assert all(len(f.read_bytes()) <= 100 for f in found if f.suffix == ".jsonl")
    pack_left = [f for f in found if f.suffix == ".jsonl"]
    assert len(pack_left) <= 2
    assert sorted(line["n"] for f in found for line in lines(f)) == list(range(12))


@pytest.mark.req("D70")
async def test_after_a_restart_the_newest_file_of_the_day_goes_on(tmp_path: Path) -> None:
    small = replace(SETTING, rotation_bytes=60)
    for n in range(5):
        logs = LogFiles(tmp_path)
        await logs.append(small, DAY, {"n": n, "pad": "x" * 20})
        await logs.close()
    found = sorted((tmp_path / "logs/execution").iterdir())
    assert sorted(line["n"] for f in found for line in lines(f)) == [0, 1, 2, 3, 4]


@pytest.mark.req("F30")
async def test_a_torn_line_swallows_no_other(tmp_path: Path) -> None:
    logs = LogFiles(tmp_path)
    place = await logs.append(SETTING, DAY, {"n": 1})
    assert place
    path = tmp_path / place.file
    path.write_bytes(path.read_bytes() + b'{"n": 2, "te')
    second = await LogFiles(tmp_path).append(SETTING, DAY, {"n": 3})
    assert second
    assert json.loads(path.read_bytes()[second.offset :]) == {"n": 3}


@pytest.mark.req("F30")
def test_a_compression_killed_half_way_is_done_again(tmp_path: Path) -> None:
    path = tmp_path / "execution-2026-11-20.jsonl"
    path.write_bytes(b'{"n": 1}\n')
    (tmp_path / "execution-2026-11-20.jsonl.gz.partial").write_bytes(b"torn")
    pack(path)
    assert [f.name for f in tmp_path.iterdir()] == ["execution-2026-11-20.jsonl.gz"]
    path.write_bytes(b'{"n": 1}\n')
    pack(path)
    assert lines(tmp_path / "execution-2026-11-20.jsonl.gz") == [{"n": 1}]


@pytest.mark.req("D70")
@pytest.mark.parametrize("retention", [30, 90, 180])
async def test_files_are_deleted_by_the_date_in_their_name(tmp_path: Path, retention: int) -> None:
    logs, setting = LogFiles(tmp_path), replace(SETTING, retention_days=retention)
    folder = tmp_path / "logs/execution"
    folder.mkdir(parents=True)
    for age in (retention - 1, retention, retention + 1):
        name = f"execution-{DAY - timedelta(days=age)}.jsonl.gz"
        (folder / name).write_bytes(b"")
    (folder / "notes.txt").write_bytes(b"")
    assert await logs.prune(setting, DAY) == 1
    left = {f.name for f in folder.iterdir()}
    assert f"execution-{DAY - timedelta(days=retention + 1)}.jsonl.gz" not in left
    assert len(left) == 3


@pytest.mark.req("D72")
async def test_a_folder_that_takes_no_lines_raises_nothing(tmp_path: Path) -> None:
    (tmp_path / "logs").write_bytes(b"a file where the folder should be")
    logs = LogFiles(tmp_path)
    assert await logs.append(SETTING, DAY, {"n": 1}) is None
    outside = replace(SETTING, folder="../elsewhere/")
    assert await logs.append(outside, DAY, {"n": 1}) is None
    assert not (tmp_path.parent / "elsewhere").exists()
