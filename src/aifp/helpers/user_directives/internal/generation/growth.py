"""A generated module while it grows, and the place in it where a step is written."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pydantic import JsonValue

from aifp.helpers.user_directives.internal.generation.layout import (
    Call,
    Expression,
    Literal,
    Raw,
    flat,
    text_literal,
)
from aifp.helpers.user_directives.internal.generation.names import free_name
from aifp.helpers.user_directives.internal.language.mentions import (
    condition_paths,
    has_template,
    paths_in,
)

# What a generated function may be handed besides ctx, with its type.
HANDED = {"steps": "dict[str, object]", "item": "object"}
CTX_DATA = ("input", "trigger", "run", "vars", "read", "memory")


@dataclass(frozen=True, slots=True)
class Signature:
    """What the generator knows of a function that a step of verb `code` calls."""

    module: str
    wants_ctx: bool


@dataclass(slots=True)
class Growth:
    """The functions of one module in reading order, their names and what they import."""

    read_ids: frozenset[str]
    functions: Mapping[str, Signature]
    sources: list[str] = field(default_factory=lambda: list[str]())
    names: set[str] = field(default_factory=lambda: {"ctx", *HANDED})
    imports: set[tuple[str, str]] = field(default_factory=lambda: {("aifp_guest", "Ctx")})
    helpers: set[str] = field(default_factory=lambda: set[str]())

    def name(self, wish: str) -> str:
        """Take a name that nothing else in the module has."""
        name = free_name(wish, self.names)
        self.names.add(name)
        return name


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a step is written: how deep, inside which construct, and what becomes of its value."""

    growth: Growth
    indent: int = 1
    asynchronous: bool = False
    repeating: bool = False
    finish: str | None = None

    def deeper(self) -> "Scope":
        """Return the place one step further in."""
        return replace(self, indent=self.indent + 1)

    def host(self, function: str) -> str:
        """Return how a host function is called here."""
        return f"await ctx.aio.{function}" if self.asynchronous else f"ctx.{function}"

    def handed(self, paths: set[tuple[str | int, ...]]) -> list[str]:
        """Return the local values besides ctx that these paths need."""
        roots = {path[0] for path in paths}
        return [n for n in HANDED if n in roots and (n != "item" or self.repeating)]


def rendered(value: JsonValue, scope: Scope) -> Expression:
    """Write a value of an action: as it is, or rendered when a template stands in it."""
    if not has_template(value):
        return Literal(value)
    paths = paths_in(value)
    keywords: list[tuple[str, Expression]] = [(name, Raw(name)) for name in scope.handed(paths)]
    entities = sorted({str(path[1]) for path in paths if path[0] == "state" and len(path) > 1})
    if entities:
        keywords.append(("state", _entities(entities, scope)))
    return Call("ctx.render", (Literal(value),), tuple(keywords))


def _entities(entities: list[str], scope: Scope) -> Expression:
    reads = (Call(scope.host("state"), (Literal("entity"), Literal(e))) for e in entities)
    pairs = (f"{text_literal(e)}: {flat(read)}" for e, read in zip(entities, reads, strict=True))
    return Raw("{" + ", ".join(pairs) + "}")


def tested(condition: str, scope: Scope) -> Call:
    """Write the test of a condition, with the run values it names."""
    roots = sorted({str(path[0]) for path in condition_paths(condition)})
    sources = [f'"{n}": ctx.{n}' if n in CTX_DATA else f'"{n}": {n}' for n in roots]
    return Call(scope.host("test"), (Literal(condition), Raw("{" + ", ".join(sources) + "}")))
