"""Measure a daemon with many active directives: start, idle processor time, memory.

Memory is the proportional set size, which counts a page that several processes share once.
"""

import os
import re
import time
from collections.abc import Callable
from pathlib import Path

from house import House

# What the daemon does once after its start is not idling.
SETTLING_S, IDLE_S = 10.0, 30.0
TICKS = os.sysconf("SC_CLK_TCK")


def measure_daemon(
    house: House, directives: int, progress: Callable[[int], object]
) -> dict[str, float]:
    """Return seconds to start, percent of a processor when idle, and megabytes."""
    for number in house.fill(directives):
        progress(number + 1)
    house.end()
    start = house.start()
    time.sleep(SETTLING_S)
    began, before = time.perf_counter(), _busy(house.pid)
    time.sleep(IDLE_S)
    percent = 100 * (_busy(house.pid) - before) / (time.perf_counter() - began)
    return {
        "start": start,
        "idle": percent,
        "daemon": _megabytes(house.pid),
        "all": sum(map(_megabytes, _family(house.pid))),
    }


def _family(pid: int) -> list[int]:
    found = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += _family(int(child))
    return found


def _busy(pid: int) -> float:
    """Return the seconds of processor time a daemon and its workers have used."""
    total = 0
    for member in _family(pid):
        fields = Path(f"/proc/{member}/stat").read_text().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def _megabytes(pid: int) -> float:
    found = re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0
