"""Lay out the folder from which the runner is built."""

import hashlib
import importlib.metadata
import importlib.util
import shutil
from collections.abc import Iterator
from pathlib import Path

import aifp

PACKAGE = Path(aifp.__file__).parent
GUEST = Path(__file__).parent / "guest"
WIT = GUEST / "runner.wit"
TEMPLATES = PACKAGE / "helpers/user_directives/internal/language/templates.py"
PURE = ("jinja2", "markupsafe")
VERSIONS = ("componentize-py", "jinja2", "markupsafe", "tzdata")


def own_sources() -> dict[str, Path]:
    """Return the files of this product by their place in the staged folder."""
    own = [*sorted(GUEST.glob("*.py")), TEMPLATES]
    files = {f"aifp/{path.relative_to(PACKAGE).as_posix()}": path for path in own}
    files["app.py"] = files.pop("aifp/server/sandbox/guest/app.py")
    return files


def inputs() -> dict[str, Path]:
    """Return every file of the runner by its place in the staged folder."""
    files = own_sources()
    for package in PURE:
        files.update(_sources(package))
    files.update(_zones())
    return files


def source_digest() -> str:
    """Return a digest of what this product brings; every installation can compute it."""
    return _digest(own_sources())


def runner_name() -> str:
    """Return the file name of the runner for all inputs, the builder's version among them."""
    versions = [f"{package}=={importlib.metadata.version(package)}" for package in VERSIONS]
    return f"runner-{source_digest()}-{_digest(inputs(), *versions)}.wasm"


def _digest(files: dict[str, Path], *more: str) -> str:
    whole = hashlib.sha256(WIT.read_bytes())
    for text in more:
        whole.update(f"{text}\n".encode())
    for name, path in sorted(files.items()):
        whole.update(f"{name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return whole.hexdigest()[:16]


def stage(folder: Path) -> None:
    """Copy every input into a folder; packages on the way are empty."""
    for name, path in inputs().items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    for inner in (folder / "aifp").rglob("*"):
        if inner.is_dir():
            (inner / "__init__.py").touch()
    (folder / "aifp" / "__init__.py").touch()


def _folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{package} is not installed")
    return Path(spec.origin).parent


def _sources(package: str) -> Iterator[tuple[str, Path]]:
    folder = _folder(package)
    for path in sorted(folder.rglob("*.py")):
        yield f"{package}/{path.relative_to(folder).as_posix()}", path


def _zones() -> Iterator[tuple[str, Path]]:
    folder = _folder("tzdata") / "zoneinfo"
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix not in {".py", ".pyc"}:
            yield f"zoneinfo/{path.relative_to(folder).as_posix()}", path
