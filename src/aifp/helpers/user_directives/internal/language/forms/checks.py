"""What can only be seen on the finished parts: numbers of steps, hosts, shells, sun and dates."""

import ipaddress
import re
from urllib.parse import urlsplit

from aifp.helpers.user_directives.internal.language.forms.reading import Reading
from aifp.helpers.user_directives.internal.language.nested_steps import walk
from aifp.helpers.user_directives.internal.language.source.nodes import pointer
from aifp.schemas.starts import Start, SunStart
from aifp.schemas.steps import (
    HttpStep,
    RunStep,
    Step,
)

MAX_STEPS = 200
MAX_NESTING = 8
SHELLS = re.compile(
    r"((r|bsd-)?(ba|da|z|k|mk|pdk|lk|ok|ya|c|tc|fi|a)?sh|pwsh|powershell|cmd|busybox|toybox)"
    r"([-.]?\d[\d.]*|[-.](static|preview))?(\.exe)?"
)
LOCAL_NAMES = (".local", ".lan", ".home", ".internal", ".localhost", ".home.arpa", ".intranet")


def check_steps(reading: Reading, path: str, steps: list[Step]) -> None:
    """Check what is spread over all steps: their number, hosts, shells and channels."""
    visited = list(walk(steps))
    if len(visited) > MAX_STEPS:
        reading.refuse(path, "E208", n=MAX_STEPS, things="steps")
    if any(depth > MAX_NESTING for _, depth in visited):
        reading.refuse(path, "E208", n=MAX_NESTING, things="levels of steps")
    for step, _ in visited:
        if isinstance(step, HttpStep):
            check_host(reading, path, step.url)
        if isinstance(step, RunStep) and uses_shell(step):
            reading.refuse(path, "W501")


def uses_shell(step: RunStep) -> bool:
    """Say whether a program is a shell that is given a command text."""
    return is_shell(step.program)


def is_shell(program: str) -> bool:
    """Say whether a program is one that runs command texts."""
    return SHELLS.fullmatch(file_name(program).casefold()) is not None


def file_name(program: str) -> str:
    """Return the last part of a program's path, whichever system wrote it."""
    return re.split(r"[/\\]", program)[-1]


def check_host(reading: Reading, path: str, url: str) -> None:
    """Ask the person about a private or local host; warn once it is allowed."""
    host = host_of(url)
    if not host or not is_private(host):
        return
    answer = reading.attempt(
        path, lambda: reading.ask(path, ("hosts", host)).put("q.private_host", host)
    )
    if answer == "allow this host":
        reading.refuse(path, "W502", h=host)
    elif answer is not None:
        reading.refuse(path, "E503")


def host_of(url: str) -> str:
    """Return the host of an address, empty when there is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def is_private(host: str) -> bool:
    """Say whether a host is this machine or in a local network."""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith(LOCAL_NAMES) or "." not in host


def check_location(reading: Reading, starts: list[Start]) -> None:
    """Refuse sun starts in a file without a location."""
    if reading.settings.location is None and any(isinstance(s, SunStart) for s in starts):
        reading.refuse(sun_path(reading), "E314")


def sun_path(reading: Reading) -> str:
    """Return the path of the first start that names the sun."""
    for key in ("at", "on"):
        value = reading.raw.get(key)
        for n, item in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(item, str) and re.search("sunrise|sunset", item, re.IGNORECASE):
                return pointer(f"/{key}", n) if isinstance(value, list) else f"/{key}"
    return ""
