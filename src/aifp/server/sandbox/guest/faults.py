"""Tell how code failed: what, where in the user's own lines, and which steps it was."""

import traceback
from collections.abc import Iterator

from aifp.server.sandbox.guest.errors import HostError
from aifp.server.sandbox.guest.plain import JsonMap, clean

LONGEST_ERROR, LONGEST_LINE, MOST_FRAMES = 2000, 500, 20


def describe(fault: BaseException, files: set[str]) -> JsonMap:
    """Return the error fields of an outcome."""
    return {
        "error_type": error_type(fault),
        "error": clean(message(fault), LONGEST_ERROR),
        "traceback": user_traceback(fault, files),
        "failed_steps": sorted({step for step in _steps(fault, set()) if step is not None}),
    }


def error_type(fault: BaseException) -> str:
    """Return the error's name as people see it."""
    return fault.error_type if isinstance(fault, HostError) else type(fault).__name__


def message(fault: BaseException) -> str:
    """Return one line that says what went wrong."""
    if isinstance(fault, SyntaxError):
        return f"{fault.filename} line {fault.lineno}: {fault.msg}"
    return "; ".join(_text(each) for each in members(fault)) or type(fault).__name__


def user_traceback(fault: BaseException, files: set[str]) -> str:
    """Return the lines of the user's own modules, innermost last."""
    frames = [
        frame for frame in traceback.extract_tb(fault.__traceback__) if frame.filename in files
    ]
    lines = [f"{f.filename} line {f.lineno} in {f.name}: {f.line}" for f in frames[-MOST_FRAMES:]]
    shown = [clean(line, LONGEST_LINE) for line in [*lines, f"{error_type(fault)}: {_text(fault)}"]]
    return "\n".join(shown)


def members(fault: BaseException) -> Iterator[BaseException]:
    """Return the error itself, or those inside a group."""
    if isinstance(fault, BaseExceptionGroup):
        for member in fault.exceptions:  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
            yield from members(member)  # pyright: ignore[reportUnknownArgumentType]
    else:
        yield fault


def _text(fault: BaseException) -> str:
    """Return what an error says, even if its own way to say it is broken."""
    try:
        return str(fault)
    except BaseException:  # noqa: BLE001 - the user's __str__ may raise anything
        return "(its text cannot be read)"


def _steps(fault: BaseException | None, seen: set[int]) -> Iterator[int | None]:
    if fault is None or id(fault) in seen:
        return
    seen.add(id(fault))
    for member in members(fault):
        if isinstance(member, HostError):
            yield member.step
        yield from _steps(member.__cause__, seen)
        if not member.__suppress_context__:
            yield from _steps(member.__context__, seen)
