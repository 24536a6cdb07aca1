"""Import what the job's packages hold; the worker hands out their files one by one."""

import importlib.abc
import importlib.metadata
import importlib.util
import json
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from importlib.machinery import ModuleSpec
from importlib.resources.abc import TraversableResources
from pathlib import Path, PurePosixPath
from types import ModuleType

from aifp.server.sandbox.guest.resources import Place, Reach

ROOT = "/packages/"
# What this program itself is built of; a package may bring its own copy.
REPLACEABLE = frozenset({"jinja2", "markupsafe", "tzdata"})


class Packages(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Finds modules in the packages of one job; the standard library goes first."""

    def __init__(self, send: Callable[[str], str]) -> None:
        names: list[str] = json.loads(send('{"files": true}'))
        self._reach = Reach(
            names, lambda place: send(json.dumps({"file": place})).encode("latin-1")
        )
        make_way(self._reach.roots())

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where a module comes from, if a package has it."""
        if fullname.split(".")[0] in sys.stdlib_module_names:
            return None
        folder = fullname.replace(".", "/")
        for place, is_package in ((f"{folder}/__init__.py", True), (f"{folder}.py", False)):
            if self._reach.has_file(place):
                return self._spec(fullname, place, is_package=is_package)
        if self._reach.has_folder(folder):
            spec = ModuleSpec(fullname, self, is_package=True)
            spec.submodule_search_locations = [ROOT + folder]
            return spec
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Run the text of a module; in brackets, since tracebacks must look for no file."""
        if module.__spec__ is None or module.__spec__.origin is None:
            return  # a folder without a text of its own
        place = module.__spec__.origin.removeprefix(ROOT)
        code = compile(self._reach.read(place), f"<{place}>", "exec", dont_inherit=True)
        exec(code, module.__dict__)  # noqa: S102

    def get_source(self, fullname: str) -> str | None:
        """Return the text of a module."""
        spec = self.find_spec(fullname, None)
        if spec is None or spec.origin is None:
            return None
        return importlib.util.decode_source(self.get_data(spec.origin))

    def is_package(self, fullname: str) -> bool:
        """Say whether a module is a package."""
        spec = self.find_spec(fullname, None)
        return spec is not None and spec.submodule_search_locations is not None

    def get_data(self, path: str) -> bytes:
        """Return a data file of a package, as pkgutil asks for it."""
        return self._reach.read(str(path).removeprefix(ROOT))

    def get_resource_reader(self, fullname: str) -> TraversableResources:
        """Return the files beside a package's modules, as importlib.resources asks for them."""
        return Resources(Place(self._reach, fullname.replace(".", "/")))

    def find_distributions(
        self, context: importlib.metadata.DistributionFinder.Context
    ) -> Iterator[importlib.metadata.Distribution]:
        """Yield the installed packages, as importlib.metadata asks for them."""
        for info in self._reach.infos():
            stem = PurePosixPath(info).stem.rsplit("-", 1)[0]
            if context.name is None or _plain(stem) == _plain(context.name):
                yield Distribution(self._reach, info)

    def _spec(self, fullname: str, place: str, *, is_package: bool) -> ModuleSpec:
        spec = ModuleSpec(fullname, self, origin=ROOT + place, is_package=is_package)
        spec.has_location = True
        if is_package:
            spec.submodule_search_locations = [ROOT + place.removesuffix("/__init__.py")]
        return spec


class Resources(TraversableResources):
    """The files of one package."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def files(self) -> Place:
        """Return the package's folder."""
        return self._place


class Distribution(importlib.metadata.Distribution):
    """What a package says about itself."""

    def __init__(self, reach: Reach, info: str) -> None:
        self._reach, self._info = reach, info

    def read_text(self, filename: str) -> str | None:
        """Return one of its own files."""
        place = f"{self._info}/{filename}"
        return self._reach.read(place).decode() if self._reach.has_file(place) else None

    def locate_file(self, path: object) -> Path:
        """Return where a file of the package would lie."""
        return Path(ROOT) / str(path)


def make_way(roots: Collection[str]) -> None:
    """Forget the copies that were imported here of what packages bring."""
    for root in REPLACEABLE.intersection(roots):
        for name in [n for n in sys.modules if n == root or n.startswith(f"{root}.")]:
            del sys.modules[name]


def _plain(name: str) -> str:
    return name.lower().replace("-", "_").replace(".", "_")
