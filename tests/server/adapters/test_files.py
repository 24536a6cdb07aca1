import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Generator
from pathlib import Path

import pytest

from aifp.schemas.errors import (
    AifpError,
    Conflict,
    FileMissing,
    InvalidArgument,
    LimitExceeded,
    Unavailable,
)
from aifp.server.adapters.files import ProjectFiles


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (tmp_path / "outside.txt").write_text("secret")
    (folder / "inside.txt").write_text("hello")
    (folder / "link.txt").symlink_to(tmp_path / "outside.txt")
    (folder / "up").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe")
    return folder


async def paths(files: ProjectFiles, glob: str) -> list[str]:
    return [file.path for file in await files.find(glob)]


@pytest.mark.req("I14")
@pytest.mark.parametrize(
    "path",
    [
        "../outside.txt",
        "/etc/passwd",
        "link.txt",
        "up/outside.txt",
        "a/../../outside.txt",
        "inside.txt\0.yaml",
        "x" * 5_000,
        "",
        "pipe",
        "/dev/zero",
        ".",
        "../project-twin/x",
    ],
)
async def test_a_path_that_leaves_the_project_or_is_no_file_is_refused(
    project: Path, path: str
) -> None:
    with pytest.raises(InvalidArgument):
        await ProjectFiles(project).read(path)


@pytest.mark.req("I14")
@pytest.mark.parametrize("path", ["%2e%2e/outside.txt", "~/outside.txt", "INSIDE.txt"])
async def test_spellings_with_no_meaning_name_a_missing_file(project: Path, path: str) -> None:
    with pytest.raises(FileMissing):
        await ProjectFiles(project).read(path)


async def test_a_link_inside_the_project_may_be_followed(project: Path) -> None:
    (project / "alias.txt").symlink_to(project / "inside.txt")
    assert await ProjectFiles(project).read("alias.txt") == b"hello"


async def test_a_file_over_the_limit_is_refused_by_its_size(project: Path) -> None:
    with pytest.raises(LimitExceeded, match="the limit is 4"):
        await ProjectFiles(project).read("inside.txt", limit=4)


@pytest.mark.req("I15")
async def test_a_folder_swapped_for_a_link_never_leads_outside(project: Path) -> None:
    (project / "box").mkdir()
    (project / "box" / "f.txt").write_text("mine")
    outside = project.parent / "elsewhere"
    outside.mkdir()
    (outside / "f.txt").write_text("theirs")
    over = threading.Event()

    def swap() -> None:
        while not over.is_set():
            (project / "box").rename(project / "kept")
            (project / "box").symlink_to(outside)
            (project / "box").unlink()
            (project / "kept").rename(project / "box")

    swapper = threading.Thread(target=swap)
    swapper.start()
    files, seen = ProjectFiles(project), set[bytes]()
    try:
        for _ in range(1_000):
            try:
                seen.add(await files.read("box/f.txt"))
            except AifpError:
                continue
    finally:
        over.set()
        swapper.join()
    assert seen <= {b"mine"}


async def test_several_files_are_written_all_or_none(project: Path) -> None:
    files = ProjectFiles(project)
    await files.write({"src/a.py": b"a", "tests/b.py": b"b"})
    assert await paths(files, "**/*.py") == ["src/a.py", "tests/b.py"]
    with pytest.raises(LimitExceeded):
        await files.write({"src/a.py": b"new", "inside.txt/c.py": b"c"})
    assert await files.read("src/a.py") == b"a"
    assert [p.name for p in (project / "src").iterdir()] == ["a.py"]


async def test_kept_bytes_come_back_by_their_hash_and_only_unchanged(project: Path) -> None:
    files = ProjectFiles(project)
    name = await files.keep(b"bytes")
    assert await files.keep(b"bytes") == name
    assert await files.fetch(name) == b"bytes"
    (project / ".aifp-project" / "objects" / name[:2] / name).write_bytes(b"other")
    with pytest.raises(Conflict):
        await files.fetch(name)
    with pytest.raises(FileMissing):
        await files.fetch("0" * 64)


async def test_the_state_folder_is_not_found_by_a_glob(project: Path) -> None:
    files = ProjectFiles(project)
    await files.keep(b"bytes")
    assert await paths(files, "**/*") == ["inside.txt"]


async def test_files_are_removed_beside_others_that_are_written(project: Path) -> None:
    files = ProjectFiles(project)
    await files.write({"tools/a.py": b"a", "tools/b.py": b"b"})
    await files.write({"tools/a.py": None, "tools/b.py": b"B", "tools/c.py": None})
    assert await paths(files, "tools/*") == ["tools/b.py"]
    assert await files.read("tools/b.py") == b"B"


async def test_a_link_is_removed_and_never_what_it_points_to(project: Path) -> None:
    (project / "second.txt").symlink_to(project / "inside.txt")
    await ProjectFiles(project).write({"second.txt": None})
    assert (project / "inside.txt").read_text() == "hello"
    assert not (project / "second.txt").is_symlink()


@pytest.mark.parametrize("path", ["../outside.txt", "up/outside.txt", "/etc/passwd", ".", "up/.."])
async def test_nothing_is_removed_outside_the_project_and_no_folder(
    project: Path, path: str
) -> None:
    with pytest.raises(InvalidArgument):
        await ProjectFiles(project).write({path: None, "inside.txt": b"new"})
    assert (project.parent / "outside.txt").read_text() == "secret"
    assert (project / "inside.txt").read_text() == "hello"


async def test_a_found_file_comes_with_its_size_and_times(project: Path) -> None:
    os.utime(project / "inside.txt", ns=(1, 5_000_000_000))
    (found,) = await ProjectFiles(project).find("*.txt")
    facts = (project / "inside.txt").stat()
    assert (found.path, found.size, found.modified_ns) == ("inside.txt", 5, 5_000_000_000)
    assert found.changed_ns == facts.st_ctime_ns
    assert found.fresh


@pytest.mark.parametrize("how", [{}, {"certain": True}])
async def test_the_state_folder_is_not_listed_either(project: Path, how: dict[str, bool]) -> None:
    (project / ".aifp-project" / "logs" / "errors").mkdir(parents=True)
    (project / ".aifp-project" / "key.txt").write_text("k")
    (project / ".aifp-project" / "logs" / "errors" / "e.txt").write_text("e")
    files = ProjectFiles(project)
    assert await files.find(".aifp-project/*.txt", **how) == []
    (log,) = await files.find(".aifp-project/logs/errors/*.txt", **how)
    assert log.path == ".aifp-project/logs/errors/e.txt"


async def test_a_folder_that_is_not_there_is_an_empty_one_unless_it_must_be_certain(
    project: Path,
) -> None:
    files = ProjectFiles(project)
    for folder in ("nowhere", "inside.txt"):
        assert await files.find(f"{folder}/*.py") == []
        with pytest.raises(FileMissing, match="There is no folder"):
            await files.find(f"{folder}/*.py", certain=True)


async def test_a_folder_linked_outside_is_refused(project: Path) -> None:
    with pytest.raises(InvalidArgument):
        await ProjectFiles(project).find("up/*.txt")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names of files are always text")
async def test_a_file_whose_name_is_no_text_is_not_found(project: Path) -> None:
    (project / "fine.py").write_text("1", encoding="utf-8")
    (project / os.fsdecode(b"odd\xff.py")).write_text("1", encoding="utf-8")
    assert await paths(ProjectFiles(project), "*.py") == ["fine.py"]


async def test_an_object_that_was_damaged_is_whole_once_its_bytes_are_kept_again(
    project: Path,
) -> None:
    files = ProjectFiles(project)
    name = await files.keep(b"bytes")
    place = project / ".aifp-project" / "objects" / name[:2] / name
    for damage in (b"", b"bytez"):
        place.write_bytes(damage)
        assert await files.keep(b"bytes") == name
        assert await files.fetch(name) == b"bytes"


async def test_a_folder_in_the_place_of_an_object_or_a_file_is_a_refusal(project: Path) -> None:
    files = ProjectFiles(project)
    name = await files.keep(b"bytes")
    place = project / ".aifp-project" / "objects" / name[:2] / name
    place.unlink()
    place.mkdir()
    (project / "taken").mkdir()
    with pytest.raises(Unavailable, match="cannot be read"):
        await files.fetch(name)
    with pytest.raises(LimitExceeded, match="Is a directory"):
        await files.keep(b"bytes")
    with pytest.raises(LimitExceeded, match="taken: Is a directory"):
        await files.write({"taken": b"1"})
    assert await paths(files, "*.part") == []


async def test_a_file_with_a_long_name_is_written_as_any_other(project: Path) -> None:
    name = "字" * 80 + ".py"
    files = ProjectFiles(project)
    await files.write({name: b"1"})
    assert await files.read(name) == b"1"


@pytest.fixture
def read_only(tmp_path: Path) -> Generator[Path]:
    """Give a folder that nobody can write to, not even the administrator."""
    place, mount = tmp_path / "read_only", shutil.which("mount")
    place.mkdir()
    tried = [str(mount), "-t", "tmpfs", "-o", "ro", "tmpfs", str(place)]
    if mount is None or subprocess.run(tried, check=False, capture_output=True).returncode:  # noqa: S603
        pytest.skip("nothing can be mounted here")
    yield place
    subprocess.run(["umount", str(place)], check=True)  # noqa: S603, S607


async def test_a_read_only_place_is_a_refusal(read_only: Path) -> None:
    with pytest.raises(LimitExceeded, match="Read-only file system"):
        await ProjectFiles(read_only).write({"tool.py": b"1"})
