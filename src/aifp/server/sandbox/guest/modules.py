"""Import without files: the standard library from memory, the job's modules from their text."""

import importlib.abc
import linecache
import sys
import zlib
from collections.abc import Iterator, Mapping, Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

# What no automation can use, or what only weighs.
LEFT_OUT = frozenset(
    """
    __pycache__ config-3.14 curses dbm distutils ensurepip idlelib lib-dynload lib2to3
    multiprocessing pydoc_data site-packages test tkinter turtledemo unittest venv xmlrpc
    """.split()  # noqa: SIM905 - a list of words reads best as words
)


class Memory(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds modules by name in a store of compressed source texts."""

    def __init__(self) -> None:
        self.sources: dict[str, bytes] = {}
        self.packages: set[str] = set()

    def take(self, root: Path) -> None:
        """Keep the source of every module below a folder."""
        for path in _python_files(root):
            parts = path.relative_to(root).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            if parts[-1] == "__init__":
                self.packages.add(name)
            self.sources.setdefault(name, zlib.compress(path.read_bytes(), 6))

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where a module comes from, if it is here."""
        if fullname not in self.sources:
            return None
        package = fullname in self.packages
        return ModuleSpec(fullname, self, origin=f"<{fullname}>", is_package=package)

    def exec_module(self, module: ModuleType) -> None:
        """Run the text of a module."""
        source = zlib.decompress(self.sources[module.__name__])
        exec(compile(source, f"<{module.__name__}>", "exec"), module.__dict__)  # noqa: S102


class JobModules(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """The modules of one job, kept so that tracebacks can show their lines."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = {**{parent: "" for name in texts for parent in _parents(name)}, **texts}
        self.files = {file_name(name) for name in texts}
        for name, text in texts.items():
            if name in sys.modules:
                raise ImportError(f"{name} is a module of Python; choose another name")
            lines = text.splitlines(keepends=True)
            linecache.cache[file_name(name)] = (len(text), None, lines, file_name(name))

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where a module comes from, if it is one of the job's."""
        if fullname not in self._texts:
            return None
        package = any(name.startswith(f"{fullname}.") for name in self._texts)
        return ModuleSpec(fullname, self, origin=file_name(fullname), is_package=package)

    def exec_module(self, module: ModuleType) -> None:
        """Run the text of a module under the file name people know it by."""
        name = module.__name__
        code = compile(self._texts[name], file_name(name), "exec", dont_inherit=True)
        exec(code, module.__dict__)  # noqa: S102


def _parents(name: str) -> Iterator[str]:
    parts = name.split(".")[:-1]
    return (".".join(parts[: end + 1]) for end in range(len(parts)))


def file_name(module: str) -> str:
    """Return the file name shown in tracebacks."""
    return module.replace(".", "/") + ".py"


def _python_files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name in LEFT_OUT:
            continue
        if path.is_dir():
            yield from _python_files(path)
        elif path.suffix == ".py":
            yield path
