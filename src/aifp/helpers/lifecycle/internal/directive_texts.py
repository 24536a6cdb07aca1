"""The text of a directive as an earlier version had it, to be stored as a new version."""

from dataclasses import dataclass

from aifp.helpers.lifecycle.internal.directive_releases import Candidate
from aifp.helpers.user_directives.internal.answers import keep_questions
from aifp.helpers.user_directives.internal.config_changes import read_configuration
from aifp.helpers.user_directives.internal.drafts import draft_json
from aifp.helpers.user_directives.internal.source_changes import Changes
from aifp.schemas.canonical import CanonicalDirective
from aifp.schemas.errors import NoSuch
from aifp.schemas.instants import to_text
from aifp.schemas.ports import Ctx, Writer


@dataclass(frozen=True, slots=True)
class Text:
    """What an earlier version says, and how it reads today."""

    directive: CanonicalDirective
    changes: Changes


async def text_of(ctx: Ctx, candidate: Candidate) -> Text:
    """Read an earlier version of a directive again, for what follows from its text."""
    configuration = str(candidate.directive_row["configuration_json"])
    directive = CanonicalDirective.model_validate_json(configuration)
    row = await ctx.directives.one("configuration_of_directive", id=candidate.directive_id)
    if row is None:
        raise NoSuch(f"There is no directive {candidate.directive_id}.")
    return Text(directive, await read_configuration(ctx, row, directive))


async def restore_text(ctx: Ctx, db: Writer, candidate: Candidate, text: Text) -> None:
    """Let a directive read as it did, as its newest version; nothing waits for an answer then."""
    directive, reading, draft = text.directive, text.changes.reading, text.changes.draft
    at, directive_id = to_text(ctx.clock.now()), candidate.directive_id
    earlier = candidate.directive_row
    await db.run(
        "restore_directive_text",
        id=directive_id,
        directive_type=reading.type,
        trigger=reading.trigger,
        action=reading.action,
        draft_json=draft_json(draft, text.changes.read.file.settings),
        configuration_json=earlier["configuration_json"],
        canonical_sha256=earlier["canonical_sha256"],
        raw_content=earlier["raw_content"],
        description=directive.description,
        domain=directive.domain,
        priority=directive.priority,
        timezone=directive.timezone,
        at=at,
    )
    await db.run(
        "store_directive_version",
        directive_id=directive_id,
        reason="rollback",
        created_by=ctx.actor,
        at=at,
    )
    await keep_questions(db, directive_id, draft, [], at)
