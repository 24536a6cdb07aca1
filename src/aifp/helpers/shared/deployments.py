"""Which release of an artifact is in force: one row at a time, each closed by the next."""

from dataclasses import dataclass
from datetime import datetime

from aifp.schemas.instants import to_text
from aifp.schemas.ports import Row, Writer
from aifp.schemas.releases import Release
from aifp.schemas.words import Actor, DeploymentType

# A deployment whose runs succeed less often than this did not go well.
ACCEPTABLE = 0.7
# What a version is deployed as, by the reason it was made for.
TYPES: dict[str, DeploymentType] = {"rollback": "rollback", "restore": "restore"}


@dataclass(frozen=True, slots=True)
class NewDeployment:
    """One release that is in force from now on."""

    artifact_id: int
    version_id: int
    release_sha256: str
    approval_id: int | None
    kind: DeploymentType
    actor: Actor
    reason: str | None = None
    directive_version_id: int | None = None
    auto_rollbacks: int = 0


async def note_deployment(db: Writer, at: datetime, new: NewDeployment) -> int:
    """Close the deployment in force and open the next; the same release again changes nothing."""
    before = await db.one("deployment_in_force", artifact_id=new.artifact_id)
    if before is not None:
        if _is_same(before, new):
            return int(str(before["id"]))
        await _close(db, at, before, rolled_back=new.kind == "rollback")
    made = await db.one(
        "add_deployment",
        artifact_id=new.artifact_id,
        version_id=new.version_id,
        directive_version_id=new.directive_version_id,
        approval_id=new.approval_id,
        release_sha256=new.release_sha256,
        deployment_type=new.kind,
        reason=new.reason,
        at=to_text(at),
        deployed_by=new.actor,
        auto_rollbacks=new.auto_rollbacks,
    )
    return int(str(made["id"])) if made else 0


async def note_directive_deployment(
    db: Writer, at: datetime, release: Release, approval_id: int | None
) -> None:
    """Note that the approved code of a directive is what runs from now on."""
    code = await db.one(
        "code_of_release",
        version_id=release.artifact_version_id,
        directive_id=release.directive_id,
        version=release.directive_version,
    )
    if code is None:
        return
    artifact_id = int(str(code["artifact_id"]))
    before = await db.one("deployment_in_force", artifact_id=artifact_id)
    directive_version = code["directive_version_id"]
    new = NewDeployment(
        artifact_id=artifact_id,
        version_id=release.artifact_version_id,
        release_sha256=release.release_sha256,
        approval_id=approval_id,
        kind=TYPES.get(str(code["reason"]), "improvement" if before else "new"),
        # Only a person's yes brings a release into force that was not in force before.
        actor="user",
        directive_version_id=None if directive_version is None else int(str(directive_version)),
    )
    await note_deployment(db, at, new)


def success_rate(successes: int, failures: int) -> float | None:
    """Return which part of the runs that ended by themselves went well; None without any."""
    ended = successes + failures
    return successes / ended if ended else None


def _is_same(before: Row, new: NewDeployment) -> bool:
    same_version = before["version_id"] == new.version_id
    return same_version and before["release_sha256"] == new.release_sha256


async def _close(db: Writer, at: datetime, before: Row, *, rolled_back: bool) -> None:
    rate = success_rate(int(str(before["successes"])), int(str(before["failures"])))
    went_well = None if rate is None else int(rate >= ACCEPTABLE)
    await db.run(
        "close_deployment",
        id=before["id"],
        at=to_text(at),
        rate=rate,
        was_successful=0 if rolled_back else went_well,
        rolled_back=int(rolled_back),
    )
