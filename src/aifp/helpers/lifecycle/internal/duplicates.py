"""Find tools that do the same: by their words, their parameters and their code."""

import ast
import asyncio
import itertools
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from aifp.helpers.lifecycle.internal.declarations import CHARACTERISTICS, TEST_CASES
from aifp.helpers.lifecycle.internal.uses import Uses

SIMILAR, DUPLICATE = 0.90, 0.95
# How much each part of a tool says about what it does; what is compared fastest comes first.
WEIGHTS = {"parameters": 0.3, "name": 0.3, "description": 0.4}
# One tool is better when its score is more than so many times the other's.
CLEARLY = 1.2
# Words that so many tools share tell none of them apart.
MOST_SHARED = 200
# So many pairs are compared before the engine may do something else.
AT_ONCE = 500
WORD = re.compile(r"[^\W_]+", re.UNICODE)
HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
FILLERS = frozenset({"a", "an", "and", "for", "from", "in", "of", "on", "the", "to", "with"})

Vector = dict[str, dict[str, float]]


@dataclass(frozen=True, slots=True)
class Described:
    """What is compared of one tool; `code` is its normalised form, None when it has none."""

    id: int
    name: str
    description: str
    parameters: dict[str, str]
    code: str | None
    uses: Uses


@dataclass(frozen=True, slots=True)
class Twins:
    """Two tools that are alike."""

    a: Described
    b: Described
    similarity: float
    same_code: bool


def vector_of(tool: Described) -> Vector:
    """Return the local vector of a tool: for each part a direction of length one."""
    parts = {
        "name": _features(words_of(tool.name)),
        "description": _features(words_of(tool.description)),
        "parameters": Counter(
            feature
            for name, kind in tool.parameters.items()
            for feature in (f"{name}", f"{name}:{kind}")
        ),
    }
    return {part: _unit(counts) for part, counts in parts.items()}


def similarity_of(a: Vector, b: Vector, least: float = 0.0) -> float:
    """Return how alike two tools are, from 0 to 1; a part that both lack says nothing.

    Where it cannot come to `least` any more, the rest is left out.
    """
    spoken = {part: weight for part, weight in WEIGHTS.items() if a[part] or b[part]}
    whole = left = sum(spoken.values())
    alike = 0.0
    for part, weight in spoken.items():
        if alike + left < least * whole:
            break
        alike, left = alike + weight * _cosine(a[part], b[part]), left - weight
    return alike / whole if whole else 0.0


async def find_twins(tools: list[Described], name: str | None = None) -> list[Twins]:
    """Return the pairs that are alike, the most alike first; others get their turn meanwhile."""
    vectors = {tool.id: vector_of(tool) for tool in tools}
    found = list[Twins]()
    for number, (a, b) in enumerate(candidates(tools)):
        if number % AT_ONCE == 0:
            await asyncio.sleep(0)
        if name is not None and name not in (a.name, b.name):
            continue
        same_code = a.code is not None and a.code == b.code
        alike = 1.0 if same_code else similarity_of(vectors[a.id], vectors[b.id], SIMILAR)
        if alike >= SIMILAR:
            found.append(Twins(a, b, alike, same_code))
    return sorted(found, key=lambda twins: (-twins.similarity, twins.a.name, twins.b.name))


def candidates(tools: list[Described]) -> Iterator[tuple[Described, Described]]:
    """Yield the pairs that share a word or their code, each once: only they can be alike."""
    shelves: dict[str, list[int]] = defaultdict(list)
    for place, tool in enumerate(tools):
        for key in _keys(tool):
            shelves[key].append(place)
    pairs = {
        pair
        for key, places in shelves.items()
        if key.startswith("code ") or len(places) <= MOST_SHARED
        for pair in itertools.combinations(places, 2)
    }
    for first, second in sorted(pairs):
        yield tools[first], tools[second]


def better_of(a: Described, b: Described) -> tuple[Described, list[str]]:
    """Return which of two tools to keep, and why."""
    first, second = _score(a), _score(b)
    if first > CLEARLY * second or second > CLEARLY * first:
        keep, other = (a, b) if first > second else (b, a)
        best, rest = max(first, second), min(first, second)
        return keep, [f"{keep.name} did more good: {best:g} against {rest:g} for {other.name}"]
    if a.uses.executions != b.uses.executions:
        keep = a if a.uses.executions > b.uses.executions else b
        return keep, [f"{keep.name} is used more: {keep.uses.executions} times"]
    keep = min(a, b, key=lambda tool: tool.name)
    return keep, ["neither is used more or works better; the first by name"]


def normal_code(sources: Iterable[str]) -> str | None:
    """Return code without what does not matter to it: comments, layout, texts, declarations."""
    try:
        trees = [ast.parse(source) for source in sources]
    except (SyntaxError, ValueError):
        return None
    return "\n".join(ast.unparse(_Plain().visit(tree)) for tree in trees) or None


def words_of(text: str) -> list[str]:
    """Return the words of a name or a sentence, in small letters, without fillers."""
    found = [word.lower() for word in WORD.findall(HUMP.sub(" ", text))]
    return [word for word in found if word not in FILLERS]


class _Plain(ast.NodeTransformer):
    """Takes texts that stand for themselves, and declarations, away."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        return None if isinstance(node.value, ast.Constant) else self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> ast.AST | None:
        return self._without(node, node.targets)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        return self._without(node, [node.target])

    def _without(self, node: ast.AST, targets: list[ast.expr]) -> ast.AST | None:
        names = [target.id for target in targets if isinstance(target, ast.Name)]
        is_told = names in ([CHARACTERISTICS], [TEST_CASES])
        return None if is_told else self.generic_visit(node)


def _score(tool: Described) -> float:
    return tool.uses.executions * float(tool.uses.rate or 0)


def _keys(tool: Described) -> set[str]:
    keys = {f"word {word}" for word in words_of(f"{tool.name} {tool.description}")}
    return keys | ({f"code {tool.code}"} if tool.code is not None else set())


def _features(words: list[str]) -> Counter[str]:
    """Count words, and their threes of letters, so that `forecasts` is near `forecast`."""
    counts: Counter[str] = Counter()
    for word in words:
        counts[word] += 1
        padded = f"^{word}$"
        counts.update(padded[at : at + 3] for at in range(len(padded) - 2))
    return counts


def _unit(counts: Counter[str]) -> dict[str, float]:
    length = math.sqrt(sum(count * count for count in counts.values()))
    return {feature: count / length for feature, count in counts.items()} if length else {}


def _cosine(a: dict[str, float], b: dict[str, float]) -> float:
    small, large = (a, b) if len(a) <= len(b) else (b, a)
    return sum(weight * large.get(feature, 0.0) for feature, weight in small.items())
