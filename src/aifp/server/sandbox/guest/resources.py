"""The files of a job's packages as importlib.resources walks them."""

import io
from collections.abc import Callable, Iterator, Sequence
from importlib.resources.abc import Traversable
from pathlib import PurePosixPath
from typing import IO, Any


class Reach:
    """Which files there are, and the way to their bytes."""

    def __init__(self, files: Sequence[str], read: Callable[[str], bytes]) -> None:
        self._files = frozenset(files)
        self._folders = frozenset(str(p) for f in files for p in PurePosixPath(f).parents)
        self._read = read

    def has_file(self, place: str) -> bool:
        """Say whether there is a file."""
        return place in self._files

    def has_folder(self, place: str) -> bool:
        """Say whether there is a folder."""
        return place in self._folders

    def roots(self) -> set[str]:
        """Return the names that can be imported."""
        return {file.split("/")[0].removesuffix(".py") for file in self._files}

    def infos(self) -> list[str]:
        """Return the folders in which packages describe themselves."""
        return sorted(name for name in self._folders if name.endswith(".dist-info"))

    def read(self, place: str) -> bytes:
        """Return the bytes of a file."""
        if place not in self._files:
            raise FileNotFoundError(place)
        return self._read(place)

    def inside(self, folder: str) -> list[str]:
        """Return what lies directly in a folder."""
        found = [*self._files, *self._folders]
        return sorted(n for n in found if n != "." and str(PurePosixPath(n).parent) == folder)


class Place(Traversable):
    """One file or folder."""

    def __init__(self, reach: Reach, path: str) -> None:
        self._reach, self._path = reach, str(PurePosixPath(path))

    @property
    def name(self) -> str:
        """Return the last part of the path."""
        return PurePosixPath(self._path).name

    def iterdir(self) -> Iterator["Place"]:
        """Yield what lies in the folder."""
        return (Place(self._reach, path) for path in self._reach.inside(self._path))

    def is_dir(self) -> bool:
        """Say whether this is a folder."""
        return self._reach.has_folder(self._path)

    def is_file(self) -> bool:
        """Say whether this is a file."""
        return self._reach.has_file(self._path)

    def joinpath(self, *descendants: Any) -> "Place":
        """Return a place below this one."""
        return Place(self._reach, str(PurePosixPath(self._path, *map(str, descendants))))

    def read_bytes(self) -> bytes:
        """Return the bytes of the file."""
        return self._reach.read(self._path)

    def read_text(self, encoding: str | None = None) -> str:
        """Return the text of the file."""
        return self.read_bytes().decode(encoding or "utf-8")

    def open(self, mode: str = "r", *args: Any, **kwargs: Any) -> IO[Any]:
        """Open the file for reading."""
        stream = io.BytesIO(self.read_bytes())
        return stream if "b" in mode else io.TextIOWrapper(stream, *args, **kwargs)

    def __str__(self) -> str:
        return f"/packages/{self._path}"
