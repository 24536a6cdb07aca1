"""What a sync tells people to look at."""

from aifp.helpers.lifecycle.internal.known_files import Known
from aifp.schemas.alerts import NewAlert
from aifp.schemas.artifacts import TOOLS_FOLDER
from aifp.schemas.subjects import Subject

# What is told of a file that has no record, by its path.
FILE = "tool_file"
COLLISION = "name_collision"
FILE_ALERTS = (COLLISION, "bad_tool_name", "tool_unreadable")
LOAD_FAILED = "load_failed"
VOID = "approval_void"
MASS_DELETION = "mass_deletion"
STOPPED = "tool_sync_stopped"
# All tools together.
TOOLS = "tools"
ALL_TOOLS = Subject(kind=TOOLS, id=TOOLS_FOLDER, name=TOOLS_FOLDER)
SHOWN = 20
MAX_DIFF = 4_000


def subject_of_file(path: str) -> Subject:
    """Return what an alert about a file without a record is about."""
    return Subject(kind=FILE, id=path, name=path)


def refused_file(code: str, text: str) -> NewAlert:
    """Tell of a file that can have no record."""
    return NewAlert(severity="warning", code=code, message=text)


def name_taken(name: str) -> NewAlert:
    """Tell that somebody proposed a tool with the name of one of aifp's own."""
    return NewAlert(
        severity="warning",
        code=COLLISION,
        message=f"A tool named {name} was proposed; {name} is a tool of aifp itself and stays it.",
        suggestion="Give the tool another name.",
    )


def load_failed(name: str, problem: str) -> NewAlert:
    """Tell of a file that can be no tool as it is written."""
    return NewAlert(
        severity="warning",
        code=LOAD_FAILED,
        message=f"{name} cannot be called: {problem}",
        suggestion="Mend the file; it is read again by itself.",
    )


def approval_void(one: Known, diff: str) -> NewAlert:
    """Tell that the bytes a person approved are not those that lie there."""
    return NewAlert(
        severity="warning",
        code=VOID,
        message=f"{one.name} was edited and is not approved as it is now; it cannot be called.",
        suggestion=(
            f"Bring back the approved bytes and it can be called again by itself, or ask with "
            f"request_approval; a person answers with: aifp approve {one.name}"
        ),
        stats={"diff": diff[:MAX_DIFF]},
    )


def mass_deletion(vanished: list[Known], all_of: int) -> NewAlert:
    """Tell once that most tools went away together, instead of once for each."""
    names = sorted(one.name for one in vanished)
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return NewAlert(
        severity="critical",
        code=MASS_DELETION,
        message=(
            f"{len(vanished)} of {all_of} tools vanished at once: {', '.join(names[:SHOWN])}"
            f"{more}. None of them was marked deleted."
        ),
        suggestion=(
            "Bring the files back if this was a folder that was moved or another branch; "
            "acknowledge this alert if they are meant to be gone, and they are marked so."
        ),
        stats={"tools": [*names]},
    )


def sync_stopped(reason: str) -> NewAlert:
    """Tell that the folder could not be looked at."""
    return NewAlert(
        severity="critical",
        code=STOPPED,
        message=f"The files of the tools could not be compared. {reason}",
    )
