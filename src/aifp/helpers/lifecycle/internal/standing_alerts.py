"""Alerts that hold as long as the files are as they are: raised once, closed when it is over."""

from dataclasses import dataclass

from aifp.helpers.lifecycle.internal.folder import Disk
from aifp.helpers.lifecycle.internal.known_files import Known
from aifp.helpers.lifecycle.internal.tool_alerts import (
    ALL_TOOLS,
    FILE,
    FILE_ALERTS,
    STOPPED,
    TOOLS,
    VOID,
    refused_file,
    subject_of_file,
    sync_stopped,
)
from aifp.schemas.alerts import NewAlert
from aifp.schemas.ports import Reader, Row
from aifp.schemas.subjects import Subject

KINDS = {**dict.fromkeys(FILE_ALERTS, FILE), STOPPED: TOOLS, "mass_deletion": TOOLS}
Refused = dict[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Standing:
    """What is to be told anew, and what is over."""

    raised: list[tuple[Subject, NewAlert]]
    over: list[tuple[Subject, str]]

    @property
    def is_empty(self) -> bool:
        """Say whether everything is as it was told."""
        return not self.raised and not self.over


async def standing_alerts(
    db: Reader, known: list[Known], disk: Disk, refused: Refused, mass: NewAlert | None
) -> Standing:
    """Compare what should be told of files and folders with what is."""
    wanted = [(subject_of_file(path), refused_file(*why)) for path, why in refused.items()]
    wanted += [
        (Subject(kind=TOOLS, id=folder, name=folder), sync_stopped(str(fault)))
        for folder, fault in disk.unlisted.items()
    ]
    wanted += [(ALL_TOOLS, mass)] if mass else []
    alerts = await db.all("alerts_in_force")
    told = {
        (str(row["code"]), str(row["subject_id"])): str(row["subject_name"])
        for row in alerts
        if KINDS.get(str(row["code"])) == row["subject_kind"]
    }
    keys = {(alert.code, subject.id) for subject, alert in wanted}
    return Standing(
        [pair for pair in wanted if (pair[1].code, pair[0].id) not in told],
        [
            (Subject(kind=KINDS[code], id=subject_id, name=name), code)
            for (code, subject_id), name in told.items()
            if (code, subject_id) not in keys
        ]
        + _approved_since(alerts, known),
    )


def _approved_since(alerts: list[Row], known: list[Known]) -> list[tuple[Subject, str]]:
    """Return what was told of approvals that did not count, and is approved by now."""
    told = {
        str(row["subject_id"])
        for row in alerts
        if row["code"] == VOID and row["subject_kind"] == "artifact"
    }
    approved = [one.subject for one in known if one.row["authorization"] == "approved"]
    return [(subject, VOID) for subject in approved if subject.id in told]
