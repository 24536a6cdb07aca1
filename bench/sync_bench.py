"""Measure how long it takes to compare many tools with their files, and to notice one change."""

import statistics
import time

from house import House

FILES, ROUNDS = 5_000, 5
# File systems tell times in steps; a file that is younger than this is read once more.
SETTLED_S = 2.5
GIVE_UP_S = 90
SOURCE = 'def run(word: str) -> str:\n    """Say a word."""\n    return word + "{number}"\n'


def measure_sync(house: House) -> dict[str, float]:
    """Return the seconds of the first sync, of one that finds no change, and until one is seen."""
    tools = house.project / "tools"
    tools.mkdir()
    house.start()
    for number in range(FILES):
        source = SOURCE.format(number=number)
        (tools / f"tool_{number}.py").write_text(source, encoding="utf-8")
    first = _seconds(house)
    time.sleep(SETTLED_S)
    # Notes how the files look, now that they stand still.
    _seconds(house)
    unchanged = statistics.median(_seconds(house) for _ in range(ROUNDS))
    return {"first": first, "unchanged": unchanged, "noticed": _noticed(house)}


def _noticed(house: House) -> float:
    """Return how long it takes until an edited file is a new version, without asking for it."""
    began = time.perf_counter()
    (house.project / "tools" / "tool_7.py").write_text(SOURCE.format(number="x"), encoding="utf-8")
    while house.call("get_version_history", name="tool_7")["total"] == 1:
        if time.perf_counter() - began > GIVE_UP_S:
            raise RuntimeError("the edit was not noticed")
        time.sleep(0.05)
    return time.perf_counter() - began


def _seconds(house: House) -> float:
    began = time.perf_counter()
    answer = house.call("sync_and_reconcile")
    spent = time.perf_counter() - began
    if "new_manual_tools" not in answer:
        raise RuntimeError(f"the sync was refused: {answer}")
    return spent
