"""Alerts as they are raised and as the tools list them."""

from aifp.schemas.common import JsonMap, Record
from aifp.schemas.words import AlertSeverity, AlertState


class NewAlert(Record):
    """Something a person should look at."""

    severity: AlertSeverity
    code: str
    message: str
    suggestion: str | None = None
    stats: JsonMap = {}


class Alert(Record):
    """One alert as the tools list it."""

    id: int
    created_at: str
    severity: AlertSeverity
    code: str
    subject_kind: str
    subject_name: str
    message: str
    suggestion: str | None
    stats: JsonMap
    state: AlertState
