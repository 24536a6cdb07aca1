"""Find an artifact by the name people know it by."""

from aifp.schemas.errors import InvalidArgument, NoSuch
from aifp.schemas.ports import Reader, Row, SqlValue
from aifp.schemas.subjects import Subject
from aifp.schemas.words import ArtifactKind

# With these the file of an artifact is there, as far as is known: a deprecated tool is still
# called.
PRESENT = frozenset({"active", "deprecated"})


async def find_artifact(db: Reader, name: str, kind: ArtifactKind | None = None) -> Row | None:
    """Return the artifact of a name, whatever its status; refuse a name that two kinds have."""
    rows = await db.all("artifacts_by_name", name=name, kind=kind)
    if len(rows) > 1:
        kinds = " and ".join(str(row["kind"]) for row in rows)
        raise InvalidArgument(f"{name} is the name of {kinds}; say which with `kind`.")
    return rows[0] if rows else None


async def require_artifact(db: Reader, name: str, kind: ArtifactKind | None = None) -> Row:
    """Return the artifact of a name; raises NoSuch."""
    row = await find_artifact(db, name, kind)
    if row is None:
        raise NoSuch(f"There is no tool and no implementation named {name}.")
    return row


async def require_version_row(db: Reader, version_id: SqlValue) -> Row:
    """Return a version with the artifact it belongs to; raises NoSuch."""
    row = await db.one("version_with_artifact", id=version_id)
    if row is None:
        raise NoSuch(f"There is no version {version_id}.")
    return row


def subject_of(artifact: Row) -> Subject:
    """Return what an event, an alert or an approval about an artifact is about."""
    return Subject(kind="artifact", id=str(artifact["id"]), name=str(artifact["name"]))


def subject_of_part(row: Row) -> Subject:
    """Return the same for a row of a version or a deployment, which names its artifact."""
    return subject_of({"id": row["artifact_id"], "name": row["name"]})
