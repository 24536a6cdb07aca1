import asyncio
import contextlib
import shutil
import socket
import sys
import sysconfig
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from aifp.schemas.errors import Conflict, DependencyMissing, Unavailable
from aifp.schemas.packages import PACKAGES, WHEEL, Pin
from aifp.server.adapters.machine import HostMachine
from tests.wheelhouse import add_source, add_wheel

CODE = {"greeting/__init__.py": "HELLO = 'hello'\n"}
HOSTILE = "import pathlib\npathlib.Path({mark!r}).touch()\nfrom setuptools import setup\nsetup()\n"


@pytest.fixture
def index(tmp_path: Path) -> Path:
    folder = tmp_path / "index"
    add_wheel(folder, "Greeting", "1.0", CODE)
    add_wheel(folder, "Greeting", "1.4", CODE, needs=("polite-words>=2",))
    add_wheel(folder, "Greeting", "2.0", CODE)
    add_wheel(folder, "polite-words", "2.1", {"polite_words.py": "WORDS = ['please']\n"})
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


@pytest.fixture
def machine(project: Path, index: Path) -> HostMachine:
    return HostMachine(project, str(index))


def everything(project: Path) -> list[str]:
    return sorted(str(path.relative_to(project)) for path in project.rglob("*"))


@pytest.mark.req("D83")
async def test_a_range_becomes_one_exact_version_with_its_hash_and_all_that_it_needs(
    machine: HostMachine,
) -> None:
    first, second = await machine.resolve(["greeting>=1,<2"])
    assert (first.name, first.version, first.pure) == ("greeting", "1.4", True)
    assert (second.name, second.version) == ("polite-words", "2.1")
    assert all(len(sha256) == 64 for pin in (first, second) for sha256 in pin.hashes)


async def test_an_exact_version_becomes_itself(machine: HostMachine) -> None:
    assert [pin.version for pin in await machine.resolve(["greeting==1.0"])] == ["1.0"]


async def test_packages_lie_in_a_folder_for_each_exact_version(
    machine: HostMachine, project: Path
) -> None:
    both = await machine.resolve(["greeting<2"])
    older = await machine.resolve(["greeting==1.0"])
    folders = await machine.place(both, install=True) + await machine.place(older, install=True)
    assert len({*folders}) == 3
    assert all(Path(folder).is_relative_to(project / PACKAGES) for folder in folders)
    assert (Path(folders[0]) / "greeting" / "__init__.py").read_text() == CODE[
        "greeting/__init__.py"
    ]
    assert await machine.place(older) == folders[2:]
    assert await machine.package("greeting") == "1.4"


@pytest.mark.req("D40", "X13")
async def test_a_package_that_offers_source_only_is_refused_and_its_build_never_runs(
    machine: HostMachine, project: Path, index: Path, tmp_path: Path
) -> None:
    mark = tmp_path / "built"
    add_source(index, "hostile", "1.0", HOSTILE.format(mark=str(mark)))
    with pytest.raises(DependencyMissing, match=r"(?s)No binary package.*source only"):
        await machine.resolve(["hostile"])
    with pytest.raises(DependencyMissing):
        await machine.place([Pin(name="hostile", version="1.0", hashes=("0" * 64,))], install=True)
    assert not mark.exists()
    assert everything(project / PACKAGES) == []


@pytest.mark.req("D40", "X13")
async def test_other_bytes_than_pinned_are_refused_and_nothing_is_left(
    machine: HostMachine, project: Path, index: Path
) -> None:
    pins = await machine.resolve(["greeting==1.4"])
    add_wheel(index, "polite-words", "2.1", {"polite_words.py": "WORDS = ['else']\n"})
    with pytest.raises(Conflict, match="other bytes than pinned"):
        await machine.place(pins, install=True)
    assert everything(project / PACKAGES) == []


async def test_a_package_that_fits_nothing_is_refused_by_name(machine: HostMachine) -> None:
    with pytest.raises(DependencyMissing, match="greeting>=9"):
        await machine.resolve(["greeting>=9"])


async def test_without_an_index_the_refusal_says_so(project: Path) -> None:
    nowhere = "http://127.0.0.1:9/simple"
    with pytest.raises(Unavailable, match=f"No index reachable: {nowhere}.*nothing was changed"):
        await HostMachine(project, nowhere).resolve(["greeting"])


def edit(folder: Path) -> None:
    file = folder / "lib" / "greeting" / "__init__.py"
    file.write_bytes(file.read_bytes().replace(b"hello", b"HELLO"))


def link(folder: Path) -> None:
    file = folder / "lib" / "greeting" / "__init__.py"
    file.rename(folder.parent.parent / "elsewhere.py")
    file.symlink_to(folder.parent.parent / "elsewhere.py")


def door(folder: Path) -> None:
    """Put something there that cannot be opened, not even by root."""
    file = folder / "lib" / "greeting" / "__init__.py"
    file.unlink()
    with contextlib.chdir(file.parent), socket.socket(socket.AF_UNIX) as opened:
        opened.bind(file.name)


CHANGES: list[Callable[[Path], object]] = [
    edit,
    link,
    lambda folder: (folder / "lib" / "more.py").touch(),
    lambda folder: (folder / "lib" / "greeting" / "__init__.py").unlink(),
    lambda folder: (folder / WHEEL).write_bytes(b"PK"),
    lambda folder: shutil.rmtree(folder / "lib"),
    door,
]


async def test_an_altered_package_is_not_there_until_its_bytes_are_back(
    machine: HostMachine, project: Path, tmp_path: Path
) -> None:
    pins = await machine.resolve(["greeting==1.0"])
    (tree,) = await machine.place(pins, install=True)
    folder = Path(tree).parent
    shutil.copytree(folder, tmp_path / "kept")
    for change in CHANGES:
        change(folder)
        with pytest.raises(DependencyMissing, match=r"greeting 1\.0 was altered"):
            await machine.place(pins)
        shutil.rmtree(folder)
        with pytest.raises(DependencyMissing, match=r"greeting 1\.0 is not installed"):
            await machine.place(pins)
        shutil.copytree(tmp_path / "kept", folder)
        assert await machine.place(pins) == [tree]
    edit(folder)
    assert await machine.place(pins, install=True) == [tree]
    assert "hello" in (Path(tree) / "greeting" / "__init__.py").read_text()
    assert [path.name for path in (project / PACKAGES).iterdir()] == [folder.name]


async def test_the_pure_wheel_of_a_version_is_taken_where_there_is_one(
    machine: HostMachine, index: Path
) -> None:
    tag = f"cp3{sys.version_info.minor}-none-{sysconfig.get_platform().replace('-', '_')}"
    add_wheel(index, "quick", "1.0", {"quick.py": "FAST = True\n"}, tag=tag)
    add_wheel(index, "quick", "1.0", {"quick.py": "FAST = False\n"})
    add_wheel(index, "native", "1.0", {"native.py": ""}, tag=tag)
    quick = await machine.resolve(["quick"])
    assert [pin.pure for pin in quick] == [True]
    (folder,) = await machine.place(quick, install=True)
    assert (Path(folder) / "quick.py").read_text() == "FAST = False\n"
    assert [pin.pure for pin in await machine.resolve(["native"])] == [False]


async def test_packages_that_are_not_needed_take_no_thread(machine: HostMachine) -> None:
    ended = ThreadPoolExecutor()
    ended.shutdown()
    asyncio.get_running_loop().set_default_executor(ended)
    assert await machine.place([]) == await machine.place([], install=True) == []


async def test_a_package_that_cannot_be_read_is_missing_by_name(
    machine: HostMachine, project: Path
) -> None:
    pin = Pin(name="greeting", version="1.0", hashes=("0" * 64,))
    (project / PACKAGES).mkdir(parents=True)
    place = project / PACKAGES / f"greeting-1.0-{'0' * 16}"
    place.symlink_to(place)
    with pytest.raises(DependencyMissing, match=r"greeting 1\.0 cannot be read"):
        await machine.place([pin])
