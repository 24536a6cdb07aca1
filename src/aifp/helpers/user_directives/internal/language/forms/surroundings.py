"""A finished directive among the others of its project: copies, endpoints, cycles, names."""

from aifp.helpers.user_directives.internal.language.forms.reading import Reading
from aifp.helpers.user_directives.internal.language.forms.searching import find_text
from aifp.helpers.user_directives.internal.language.relations import (
    cycle_through,
    endpoints_of,
    joined,
    named_directives,
    plan_of,
)
from aifp.schemas.canonical import CanonicalDirective


def check_surroundings(reading: Reading, directive: CanonicalDirective) -> None:
    """Note what a directive cannot be beside the others of its project."""
    check_endpoints(reading, directive)
    check_names(reading, directive)
    check_cycles(reading, directive)
    ask_about_copy(reading, directive)


def check_endpoints(reading: Reading, directive: CanonicalDirective) -> None:
    """Refuse an endpoint that another directive, or this one, already serves."""
    own = endpoints_of(directive)
    for endpoint in own:
        twice = directive.name if own.count(endpoint) > 1 else None
        owner = reading.known.others.endpoints.get(endpoint, twice)
        if owner:
            word = endpoint.partition("{")[0].rstrip("/").rpartition("/")[2]
            path = find_text(reading, word, "api", "on")
            reading.refuse(path, "E335", endpoint=endpoint, name=owner)


def check_names(reading: Reading, directive: CanonicalDirective) -> None:
    """Refuse the names of directives that do not exist, once all of them are stored."""
    if not reading.known.others.complete:
        return
    for name in named_directives(directive):
        if name != directive.name and name not in reading.known.directives:
            reading.refuse(find_text(reading, name), "E608", x=name, k=name, near=known(reading))


def known(reading: Reading) -> list[str]:
    """Return the names of the directives of the project."""
    return sorted(reading.known.directives)


def check_cycles(reading: Reading, directive: CanonicalDirective) -> None:
    """Refuse a directive that comes after itself, through others or at once."""
    way = cycle_through(directive.name, joined(reading.known.others.after, directive))
    if way:
        first, *rest = way
        path = find_text(reading, (rest or way)[0])
        reading.refuse(path, "E607", a=first, b=" -> ".join(rest or way))


def ask_about_copy(reading: Reading, directive: CanonicalDirective) -> None:
    """Ask about a directive with the same starts and steps; merging is done in the file."""
    other = reading.known.others.plans.get(plan_of(directive))
    if other is None:
        return
    ask = reading.ask("", ("directives", other))
    if ask.put("q.duplicate", other) == "merge":
        ask.answers = {}
        text = f"{other} has the same starts and steps: take one of the two out of its file."
        reading.attempt("", lambda: ask("q.duplicate", text, ["keep"]))
