"""Turn rows into the directive objects of the tools."""

import json

from aifp.schemas.directives import Directive, DirectiveBrief
from aifp.schemas.errors import NoSuch
from aifp.schemas.ports import Ctx, Row
from aifp.schemas.words import ApprovalState

# What the newest decision says outward while the present release is not approved.
OUTWARD: dict[str, ApprovalState] = {
    "pending": "pending",
    "rejected": "rejected",
    "revoked": "revoked",
    "expired": "expired",
}


def full_of(row: Row) -> Directive:
    """Return one directive with everything known of it."""
    return Directive.model_validate(_plain(row))


def brief_of(row: Row) -> DirectiveBrief:
    """Return one directive as lists show it."""
    return DirectiveBrief.model_validate(_plain(row))


def _plain(row: Row) -> dict[str, object]:
    kept = {key: value for key, value in row.items() if key != "last_decision"}
    return {
        **kept,
        "configuration_json": json.loads(str(row["configuration_json"])),
        "approved": bool(row["approved"]),
        "approval_state": _approval_state(row),
    }


def _approval_state(row: Row) -> ApprovalState:
    return "approved" if row["approved"] else OUTWARD.get(str(row["last_decision"]), "none")


async def id_of(ctx: Ctx, name: str) -> int:
    """Return the id of a directive by its exact name."""
    row = await ctx.directives.one("directive_ids_by_name", name=name)
    if row is None:
        raise NoSuch(f"There is no directive {name!r}. user_directive_status lists them all.")
    return int(str(row["id"]))
