"""What an event, an alert or an approval is about."""

from aifp.schemas.common import Record


class Subject(Record):
    """One thing of the project by kind, id and the name people know it by."""

    kind: str
    id: str
    name: str
