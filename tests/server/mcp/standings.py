"""Standings as the tests need them."""

from typing import Any

from aifp.schemas.standings import Standing


def standing(name: str, **marks: Any) -> Standing:
    """Return an active directive."""
    facts: dict[str, Any] = {
        "name": name,
        "id": 1,
        "status": "active",
        "version": 1,
        "updated_at": "2026-11-21T00:00:00.000Z",
        "next_due_at": None,
        "approved": True,
        "source_file": "directives/notes.yaml",
        "source_format": "yaml",
        "source_sha256": "a",
        "source_changed_at": None,
        "implementation_id": 1,
        "implementation_file": "src/automations/notes.py",
        "implemented_at": "2026-11-21T00:00:00.000Z",
    }
    return Standing.model_validate(facts | marks)
