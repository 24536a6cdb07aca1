"""Packages for code: resolved to exact bytes, installed after a person's yes to exactly those."""

from collections.abc import Sequence

from aifp.helpers.contract import internal
from aifp.helpers.shared.hashing import sha256_of
from aifp.helpers.user_directives.internal.approval_text import package_line, visible
from aifp.helpers.user_directives.internal.approvals import expiry, file_request, genuine_yes
from aifp.helpers.user_directives.internal.approving import put_request
from aifp.helpers.user_directives.internal.dependency_names import checked_name, checked_version
from aifp.helpers.user_directives.internal.package_names import lookalike
from aifp.schemas.approvals import Approved, NewRequest
from aifp.schemas.errors import ApprovalRequired, InvalidArgument
from aifp.schemas.packages import NAME, PACKAGES, Pin
from aifp.schemas.ports import Ctx
from aifp.schemas.subjects import Subject

EXACT_MARKS = "=<>!~"


@internal
async def install_dependency(
    ctx: Ctx, package: str, version: str | None = None, *, prompt_user: bool = True
) -> list[Pin]:
    """Install one package and all it needs for this project; a person says yes first."""
    wanted = [requirement_of(package, version)]
    pins = await ctx.machine.resolve(wanted)
    await install_pins(ctx, wanted, pins, prompt_user=prompt_user)
    return pins


def requirement_of(package: str, version: str | None) -> str:
    """Return a package with its exact version or range as an index is asked for it."""
    name, asked = (
        checked_name("python_package", package),
        checked_version("python_package", version),
    )
    if not NAME.fullmatch(name):
        raise InvalidArgument(f"{package[:40]!r} is no name of a package.")
    if asked is None:
        return name
    return f"{name}{'' if asked[0] in EXACT_MARKS else '=='}{asked.replace(' ', '')}"


async def install_pins(
    ctx: Ctx, wanted: Sequence[str], pins: Sequence[Pin], *, prompt_user: bool = True
) -> None:
    """Put exactly these packages into the project's own folder; without a yes nothing changes."""
    subject = _subject(wanted)
    digest = pins_sha256(pins)
    if not await genuine_yes(ctx, subject.kind, subject.id, digest):
        if not prompt_user:
            raise ApprovalRequired(
                f"No person has said yes to {', '.join(map(_named, pins))}. Nothing was installed."
            )
        await _ask(ctx, subject, digest, wanted, pins)
    await ctx.machine.place(pins, install=True)


def pins_sha256(pins: Sequence[Pin]) -> str:
    """Return the hash of a set of pins: what a person says yes to."""
    return sha256_of([pin.wire() for pin in sorted(pins, key=lambda pin: pin.name)])


async def _ask(
    ctx: Ctx, subject: Subject, digest: str, wanted: Sequence[str], pins: Sequence[Pin]
) -> None:
    text = install_text(wanted, pins, ctx.settings.package_index)
    request = NewRequest(subject=subject, release_sha256=digest, text=text, expires_at=expiry(ctx))
    answer = await put_request(ctx, await file_request(ctx, request))
    if not isinstance(answer, Approved):
        raise ApprovalRequired(
            f"{', '.join(map(_named, pins))}: a person must say yes before this is installed, "
            f"with: {answer.command}. Then do the same again.",
            approval_id=answer.approval_id,
            command=answer.command,
        )


def install_text(wanted: Sequence[str], pins: Sequence[Pin], index: str | None) -> str:
    """Return what a person reads before packages are installed."""
    warnings = [
        f"- {pin.name} is not {near}, a well-known package with nearly the same name"
        for pin in pins
        if (near := lookalike(pin.name))
    ]
    parts = {
        "Asked for": "\n".join(f"- {one}" for one in wanted),
        "Exactly": "\n".join(map(package_line, pins)),
        "From": f"- {index or 'the index that pip is set to on this machine'}",
        **({"Look twice": "\n".join(warnings)} if warnings else {}),
        "Where to": f"- {PACKAGES} of this project, nowhere else; nothing of it runs now",
    }
    body = "\n\n".join(f"{title}:\n{lines}" for title, lines in parts.items())
    named = ", ".join(_bare(one) for one in wanted)
    return visible(f"Install {named} for the code of this project?\n\n{body}\n")


def _subject(wanted: Sequence[str]) -> Subject:
    name = "+".join(sorted(_bare(one) for one in wanted))
    return Subject(kind="dependency", id=name, name=name)


def _bare(requirement: str) -> str:
    """Return the name in a requirement."""
    found = NAME.match(requirement)
    return found[0] if found else requirement


def _named(pin: Pin) -> str:
    return f"{pin.name} {pin.version}"
