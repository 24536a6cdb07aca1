"""How a dependency may be written: names that cannot hide a value, versions that mean one."""

import re

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import InvalidName, canonicalize_name
from packaging.version import InvalidVersion, Version

from aifp.schemas.errors import InvalidArgument
from aifp.schemas.words import DependencyType

NAMES: dict[DependencyType, re.Pattern[str]] = {
    "system_package": re.compile(r"[\w./+-]{1,200}"),
    "api_key": re.compile(r"[A-Z][A-Z0-9_]{0,99}"),
    "environment_var": re.compile(r"[A-Za-z_]\w{0,99}", re.ASCII),
    "service": re.compile(r"[\w.:-]{1,253}"),
}
# 7.88.1-10+deb12u5, v2, 2026-11; too short for a key or a token.
PLAIN_VERSION = re.compile(r"v?\d[\w.+~:-]{0,31}", re.ASCII)
WITHOUT_VERSION: tuple[DependencyType, ...] = ("api_key", "environment_var")


def checked_name(dependency_type: DependencyType, name: str) -> str:
    """Return the name in its one form."""
    if dependency_type == "python_package":
        try:
            return canonicalize_name(name, validate=True)
        except InvalidName:
            raise _no_name(dependency_type, name) from None
    if not NAMES[dependency_type].fullmatch(name):
        raise _no_name(dependency_type, name)
    return name


def checked_version(dependency_type: DependencyType, version: str | None) -> str | None:
    """Return an exact version or a range; keys and variables have none, so none can hide there."""
    if version is None or not version.strip():
        return None
    if dependency_type in WITHOUT_VERSION:
        raise InvalidArgument(
            f"A dependency of type {dependency_type} has no version; only its name is stored."
        )
    text = version.strip()
    if not (_is_range(text) or _is_exact(dependency_type, text)):
        raise InvalidArgument(
            f"{text[:40]!r} is no version. Write an exact one such as 2.31.0, or a range such as "
            ">=2,<3."
        )
    return text


def fits(found: str, asked: str | None) -> bool:
    """Say whether an installed version is the asked one, or lies in the asked range."""
    if asked is None:
        return True
    try:
        present = Version(found)
        if _is_range(asked):
            return SpecifierSet(asked).contains(present, prereleases=True)
        return present == Version(asked)
    except InvalidVersion:
        return found == asked


def _is_range(text: str) -> bool:
    try:
        return len(SpecifierSet(text)) > 0
    except InvalidSpecifier:
        return False


def _is_exact(dependency_type: DependencyType, text: str) -> bool:
    if dependency_type != "python_package":
        return PLAIN_VERSION.fullmatch(text) is not None
    try:
        Version(text)
    except InvalidVersion:
        return False
    return True


def _no_name(dependency_type: DependencyType, name: str) -> InvalidArgument:
    return InvalidArgument(
        f"{name[:40]!r} is no name of a {dependency_type}. Give only the name, never a value."
    )
