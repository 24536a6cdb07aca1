"""The versions of a tool or an implementation as the tools tell of them."""

from typing import Literal

from aifp.schemas.common import Record
from aifp.schemas.differences import DiffStats
from aifp.schemas.releases import Permission
from aifp.schemas.words import Actor, DeploymentType, VersionReason, VersionState

Stability = Literal["unstable", "stable", "acceptable", "problematic", "unknown"]


class Version(Record):
    """One version; runs and their share of successes are those while it was in force."""

    version_number: int
    created_at: str
    created_by: Actor
    reason: VersionReason
    note: str | None = None
    code_hash: str
    state: VersionState
    breaking: bool
    current: bool
    in_force: bool
    runs: int
    success_rate: float | None


class PermissionsDiff(Record):
    """What one version may do and the other may not."""

    added: list[Permission]
    removed: list[Permission]


class VersionDiff(Record):
    """What differs between two versions: text, callers, rights, and how well they ran."""

    diff: str
    stats: DiffStats
    significant: bool
    breaking: bool
    breaks: list[str]
    permissions_diff: PermissionsDiff
    rate_diff: float | None


class VersionInForce(Record):
    """Which version ran at some time, since when, and how it went."""

    found: Literal[True] = True
    version_number: int
    code_hash: str
    deployment_type: DeploymentType
    reason: str | None
    deployed_at: str
    deployed_by: Actor
    undeployed_at: str | None
    was_successful: bool | None
    success_rate: float | None
    runs: int
    stability: Stability
