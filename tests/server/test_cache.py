import os
from pathlib import Path

from aifp.server.cache import prune


def test_only_the_newest_files_of_a_kind_are_kept(tmp_path: Path) -> None:
    for age in range(6):
        old = tmp_path / f"runner-{age}.wasm"
        old.touch()
        os.utime(old, (age, age))
    (tmp_path / "another.wasm").touch()
    prune(tmp_path, "runner-*.wasm", 2)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["another.wasm", "runner-4.wasm", "runner-5.wasm"]
