"""A release: one directive version, one code version and one permission set, approved together."""

from pydantic import JsonValue

from aifp.schemas.canonical import CanonicalDirective
from aifp.schemas.common import Record
from aifp.schemas.packages import Pin
from aifp.schemas.subjects import Subject
from aifp.schemas.words import Resource


class Permission(Record):
    """One thing the code may do.

    Values by resource: host {host, port, scheme, methods, private}; notify {channel};
    file_read and file_write {path} (a project-relative glob); secret {name, host};
    state_mb {mb}; command {program, name, args, cwd, env, shell, sha256, scripts}; tool {name}.
    """

    resource: Resource
    value: dict[str, JsonValue]


class Release(Record):
    """Everything one run needs, with the hash that a person approves.

    A user's own tool has an `artifact_id`, no directive (0), and in the place of one a form that
    holds its name, its limits and its secrets.
    """

    directive_id: int
    artifact_id: int | None = None
    directive_version: int
    directive: CanonicalDirective
    artifact_version_id: int
    modules: dict[str, str]
    main: str
    entry_point: str
    permissions: list[Permission]
    packages: list[Pin] = []
    directive_sha256: str
    code_sha256: str
    permissions_sha256: str
    release_sha256: str
    approval_id: int | None = None

    @property
    def owner(self) -> Subject:
        """Return whose release it is: the directive's, or the tool's."""
        kind = "directive" if self.artifact_id is None else "artifact"
        owner_id = self.directive_id if self.artifact_id is None else self.artifact_id
        return Subject(kind=kind, id=str(owner_id), name=self.directive.name)
