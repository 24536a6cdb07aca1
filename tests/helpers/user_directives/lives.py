"""Short ways to bring a directive to any place of its life, and to look at what is stored."""

import hashlib
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aifp.helpers.user_directives.internal.directive_rows import id_of
from aifp.helpers.user_directives.tools.workflow_tools import (
    user_directive_activate,
    user_directive_approve,
    user_directive_implement,
    user_directive_parse,
    user_directive_validate,
)
from aifp.schemas.activation import Activated
from aifp.schemas.approvals import Approved
from aifp.schemas.common import Record
from aifp.schemas.ports import Ctx, HumanAnswer
from aifp.schemas.workflow import ImplementAnswer, ValidateAnswer
from aifp.server.adapters.keyring import FileKeyring
from tests.helpers.user_directives.people import Person

YES = HumanAnswer(action="accept", content={"approve": True})
NO = HumanAnswer(action="decline")
LATER = HumanAnswer(action="cancel")

TEXT = """timezone: UTC
directives:
  sums:
    every: 1h
    steps:
      - {id: total, code: add_up, with: {numbers: [1, 2]}}
      - {id: tell, notify: log, message: "{{ steps.total.sum }} today"}
"""
FUNCTIONS = '''"""Sums."""


def add_up(numbers: list[float]) -> dict[str, float]:
    """Add numbers up."""
    return {"sum": sum(numbers)}
'''
MODULE, HELPER = "src/automations/sums.py", "src/automations/sums_code.py"


@dataclass
class Life:
    """One project with its person, and the directive `sums` of `sums.yaml` by default."""

    ctx: Ctx
    person: Person
    project: Path
    keyring: FileKeyring

    def write(self, path: str, text: str) -> str:
        place = self.project / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
        return path

    async def validated(self, text: str = TEXT, name: str = "sums", file: str | None = None) -> int:
        await user_directive_parse(self.ctx, self.write(file or f"{name}.yaml", text))
        answer = await user_directive_validate(self.ctx, name)
        assert isinstance(answer, ValidateAnswer), answer
        assert answer.success, answer
        return await id_of(self.ctx, name)

    async def implemented(
        self,
        text: str = TEXT,
        name: str = "sums",
        code: str | None = FUNCTIONS,
        file: str | None = None,
    ) -> int:
        directive_id = await self.validated(text, name, file)
        answer = await user_directive_implement(self.ctx, name, code)
        assert isinstance(answer, ImplementAnswer), answer
        return directive_id

    async def approve(self, name: str = "sums") -> int:
        self.person.answers.append(YES)
        answer = await user_directive_approve(self.ctx, name)
        assert isinstance(answer, Approved), answer
        return answer.approval_id

    async def approved(self, text: str = TEXT, name: str = "sums", file: str | None = None) -> int:
        code = FUNCTIONS if "code:" in text else None
        directive_id = await self.implemented(text, name, code, file)
        await self.approve(name)
        return directive_id

    async def active(self, text: str = TEXT, name: str = "sums", file: str | None = None) -> int:
        directive_id = await self.approved(text, name, file)
        answer = await user_directive_activate(self.ctx, name)
        assert isinstance(answer, Activated), answer
        return directive_id

    def sql(self, text: str, *params: object) -> list[dict[str, Any]]:
        """Do what whoever holds the file can do: any SQL at all."""
        db = sqlite3.connect(self.database, timeout=30)  # noqa: TID251
        db.row_factory = sqlite3.Row
        try:
            found = [dict(row) for row in db.execute(text, params)]
            db.commit()
            return found
        finally:
            db.close()

    def insert(self, table: str, **values: object) -> None:
        """Put one row into a table."""
        marks = ", ".join("?" * len(values))
        self.sql(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", *values.values())

    @property
    def database(self) -> Path:
        return self.project / ".aifp-project" / "user_directives.db"

    def row(self, directive_id: int) -> dict[str, Any]:
        return self.sql("SELECT * FROM user_directives WHERE id = ?", directive_id)[0]

    def standing(self, directive_id: int) -> tuple[str, str | None, int]:
        row = self.row(directive_id)
        return row["status"], row["pause_cause"], row["approved"]

    def events(self, event_type: str) -> list[dict[str, Any]]:
        return self.sql("SELECT * FROM events WHERE event_type = ? ORDER BY id", event_type)

    def alerts(self, state: str = "open") -> list[str]:
        rows = self.sql("SELECT code FROM alerts WHERE state = ? ORDER BY id", state)
        return [row["code"] for row in rows]

    def dump(self) -> str:
        """Return a hash of everything in the database."""
        db = sqlite3.connect(self.database, timeout=30)  # noqa: TID251
        try:
            return hashlib.sha256("\n".join(db.iterdump()).encode()).hexdigest()
        finally:
            db.close()


def code_of(answer: object) -> str:
    """Return the error code of a refusal."""
    assert isinstance(answer, Record), answer
    return str(answer.model_dump().get("error_code"))
