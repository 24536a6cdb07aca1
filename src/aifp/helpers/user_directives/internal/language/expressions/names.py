"""What a condition looks at, known before it is ever tested."""

from dataclasses import dataclass

from aifp.helpers.user_directives.internal.language.expressions.parser import walk
from aifp.helpers.user_directives.internal.language.expressions.tree import (
    Call,
    EntityRef,
    Expr,
    Held,
    RunPath,
    Special,
    SunTime,
)
from aifp.helpers.user_directives.internal.language.expressions.writer import write_expression


@dataclass(frozen=True, slots=True)
class Names:
    """The names in a condition; entities are ids, run_paths and specials as written."""

    entities: frozenset[str]
    run_paths: frozenset[str]
    functions: frozenset[str]
    specials: frozenset[str]
    has_for: bool


def names_of(e: Expr) -> Names:
    """Return every name the condition looks at."""
    nodes = list(walk(e))
    return Names(
        entities=frozenset(n.entity for n in nodes if isinstance(n, EntityRef)),
        run_paths=frozenset(write_expression(n) for n in nodes if isinstance(n, RunPath)),
        functions=frozenset(n.function for n in nodes if isinstance(n, Call)),
        specials=frozenset(_special(n) for n in nodes if isinstance(n, Special | SunTime)),
        has_for=any(isinstance(n, Held) for n in nodes),
    )


def held_tests(e: Expr) -> dict[str, Held]:
    """Return the tests with a `for` by the normal form of the test; that is World.since's key."""
    return {write_expression(n.test): n for n in walk(e) if isinstance(n, Held)}


def _special(node: Special | SunTime) -> str:
    return node.name if isinstance(node, Special) else node.event
