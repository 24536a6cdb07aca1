"""An index of packages in a folder, made by the test itself: nothing is fetched from anywhere."""

import base64
import hashlib
import io
import shutil
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from aifp.schemas.packages import TREE, WHEEL, Pin

PURE = "py3-none-any"


def add_wheel(
    folder: Path,
    name: str,
    version: str,
    files: Mapping[str, str | bytes],
    needs: tuple[str, ...] = (),
    tag: str = PURE,
) -> Path:
    """Put one wheel into the folder and return its path."""
    stem = f"{name.replace('-', '_')}-{version}"
    info = f"{stem}.dist-info"
    lines = [f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}"]
    lines += [f"Requires-Dist: {need}" for need in needs]
    inside: dict[str, str | bytes] = {
        **files,
        f"{info}/METADATA": "\n".join(lines) + "\n",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: {tag == PURE}\nTag: {tag}\n",
    }
    inside[f"{info}/RECORD"] = _record(inside, info)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{stem}-{tag}.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for place, content in inside.items():
            archive.writestr(zipfile.ZipInfo(place), content)
    return path


def _record(files: Mapping[str, str | bytes], info: str) -> str:
    lines = [_line(place, content) for place, content in files.items()]
    return "\n".join([*lines, f"{info}/RECORD,,"]) + "\n"


def _line(place: str, content: str | bytes) -> str:
    data = content.encode() if isinstance(content, str) else content
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return f"{place},sha256={digest},{len(data)}"


def add_source(folder: Path, name: str, version: str, setup: str) -> Path:
    """Put a package that must be built, by running its `setup.py`, into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{version}.tar.gz"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    with tarfile.open(path, "w:gz") as archive:
        for place, text in {"setup.py": setup, "PKG-INFO": metadata}.items():
            member = tarfile.TarInfo(f"{name}-{version}/{place}")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return path


def install(place: Path, name: str, files: Mapping[str, str | bytes], tag: str = "") -> Pin:
    """Put a package where the machine would put it."""
    wheel = add_wheel(place / name, name, "1.2", files)
    sha256 = hashlib.sha256(wheel.read_bytes()).hexdigest()
    shutil.unpack_archive(wheel, place / name / TREE, "zip")
    wheel.rename(place / name / WHEEL)
    return Pin(name=name, version="1.2", hashes=(sha256,), pure=not tag)
