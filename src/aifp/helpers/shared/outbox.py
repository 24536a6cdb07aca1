"""Messages to project.db, left in the transaction of the change they tell of.

A message holds the facts as they stand at that moment, so that a later reader needs no other row:
all messages in order give project.db again, byte for byte.
"""

import json
from datetime import datetime

from aifp.schemas.instants import to_text
from aifp.schemas.outbox import (
    CodeFacts,
    DirectiveFacts,
    OpenPoint,
    OutboxEntry,
    SourceFacts,
)
from aifp.schemas.ports import Reader, Row, Writer

TARGET = "project"


async def tell_directive(db: Writer, at: datetime, directive_id: int) -> None:
    """Tell how a directive stands now; what was told already is not told again."""
    row = await db.one("facts_of_directive", id=directive_id)
    if row is None:
        return
    facts = DirectiveFacts.model_validate(
        {
            **{key: row[key] for key in ("name", "status", "version")},
            "approved": bool(row["approved"]),
            "monitored": bool(row["monitored"]),
            "questions": await _questions(db, directive_id),
            "missing": await _missing(db, directive_id),
            "code": await _code(db, row),
        }
    )
    rows = await db.all("directives_in_each_status")
    counts = {row["status"]: row["directives"] for row in rows}
    entry = OutboxEntry.model_validate({"directive": facts, "counts": counts})
    await _leave(db, at, f"directive:{directive_id}", entry)


async def tell_source(db: Writer, at: datetime, path: str) -> None:
    """Tell what a directive file is now, or that it is none any more."""
    row = await db.one("facts_of_source", path=path)
    source = SourceFacts.model_validate(row) if row else SourceFacts(path=path)
    await _leave(db, at, f"source:{path}", OutboxEntry(source=source))


async def _leave(db: Writer, at: datetime, subject: str, entry: OutboxEntry) -> None:
    text = json.dumps(entry.model_dump(mode="json"), sort_keys=True)
    last = await db.one("newest_message", target=TARGET, subject=subject)
    if last is None or last["payload_json"] != text:
        await db.run(
            "add_message", target=TARGET, subject=subject, payload_json=text, at=to_text(at)
        )


async def _questions(db: Reader, directive_id: int) -> list[OpenPoint]:
    rows = await db.all("open_questions_of", id=directive_id)
    return [OpenPoint(key=str(row["question_id"]), text=str(row["question"])) for row in rows]


async def _missing(db: Reader, directive_id: int) -> list[OpenPoint]:
    rows = await db.all("needs_missing_of", id=directive_id)
    return [
        OpenPoint(key=f"{row['dependency_type']}:{row['name']}", text=str(row["name"]))
        for row in rows
    ]


async def _code(db: Reader, row: Row) -> CodeFacts | None:
    if row["artifact_version_id"] is None:
        return None
    files = await db.all("version_files", version_id=row["artifact_version_id"])
    return CodeFacts.model_validate(
        {
            "entry_point": row["entry_point"],
            "test_status": row["test_status"],
            "generated": row["generator"] != "given",
            "files": [
                {"path": file["path"], "role": file["role"], "sha256": file["object_sha256"]}
                for file in files
            ],
        }
    )
