import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from aifp.schemas.errors import Conflict, DependencyMissing
from aifp.schemas.packages import TREE, WHEEL, Pin
from aifp.server.adapters.machine import HostMachine
from aifp.server.adapters.packages import PackageFolder
from tests.wheelhouse import add_wheel

Change = Callable[[bytes], bytes]


def in_each_head(offset: int, value: int) -> Change:
    """Write a byte into both heads of every file; the second has two bytes more before it."""

    def change(content: bytes) -> bytes:
        changed = bytearray(content)
        for sign, more in ((b"PK\3\4", 0), (b"PK\1\2", 2)):
            at = content.find(sign)
            while at >= 0:
                changed[at + offset + more] = value
                at = content.find(sign, at + 1)
        return bytes(changed)

    return change


ODD: dict[str, Change] = {
    "encrypted": in_each_head(6, 1),
    "an unknown compression": in_each_head(8, 97),
    "not compressed as it says": in_each_head(8, 8),
    "a file without a name": lambda content: content.replace(b"odd.py", b".//./."),
    "cut off": lambda content: content[:-8],
}


@pytest.mark.parametrize("change", ODD.values(), ids=ODD.keys())
def test_an_odd_wheel_is_refused_when_it_comes_and_where_it_lies(
    tmp_path: Path, change: Change
) -> None:
    wheel = add_wheel(tmp_path / "index", "odd", "1.0", {"odd.py": "ODD = 1\n"})
    content = change(wheel.read_bytes())
    pin = Pin(name="odd", version="1.0", hashes=(hashlib.sha256(content).hexdigest(),))
    packages = PackageFolder(tmp_path / "project")
    draft = packages.draft()
    (draft / wheel.name).write_bytes(content)
    with pytest.raises(Conflict, match="odd is no proper wheel"):
        packages.take([pin], draft)
    (packages.place_of(pin) / TREE).mkdir(parents=True)
    (packages.place_of(pin) / WHEEL).write_bytes(content)
    with pytest.raises(DependencyMissing, match=r"odd 1\.0"):
        packages.tree_of(pin)


async def test_the_highest_version_is_told_of_exactly_this_package(tmp_path: Path) -> None:
    packages, machine = PackageFolder(tmp_path), HostMachine(tmp_path)

    async def told_after(name: str, version: str) -> str | None:
        draft = packages.draft()
        wheel = add_wheel(draft, name, version, {"a.py": ""})
        hashes = (hashlib.sha256(wheel.read_bytes()).hexdigest(),)
        packages.take([Pin(name=name, version=version, hashes=hashes)], draft)
        return await machine.package("greeting")

    assert await told_after("greeting", "2.0") == "2.0"
    assert await told_after("greeting-2fa", "9.0") == "2.0"
    assert await told_after("greeting-3", "1") == "2.0"
    assert await told_after("greeting", "10!0.5") == "10!0.5"
    assert await machine.package("greeting-3") == "1"
