"""The house rules that no linter knows, as functions over a source tree: tests apply them."""

import ast
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

EFFECTS = {"reads", "writes", "destroys"}
MAY_CATCH_EVERYTHING = {"helpers/contract.py", "server/engine/supervisor.py"}
MAX_LINES = 300
MAX_FUNCTION_LINES = 40
MAX_MEDIAN_LINES = 10
# Rooms that become a drawer for everything.
BANNED_STEMS = re.compile(r"(utils?|misc|base|manager|helpers?|.*_\d+)$")
SQL_TEXT = re.compile(
    r"^\s*(SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|CREATE\s+TABLE)\b", re.I
)
# migrate.py writes schema_version itself, inside the step's own transaction.
MAY_HOLD_SQL = {"server/db/migrate.py"}
BANNED_CALLS = {
    "datetime.now": {"server/adapters/clock.py"},
    "os.getenv": {"server/config.py"},
    "time.time": set[str](),
}


class House:
    """A source tree with its three rings."""

    def __init__(self, root: Path) -> None:
        self.root = root
        guest = root / "server" / "sandbox" / "guest"
        found = (
            f for ring in ("server", "helpers", "schemas") for f in root.glob(f"{ring}/**/*.py")
        )
        self.code = sorted(file for file in found if not file.is_relative_to(guest))

    def name_of(self, file: Path) -> str:
        """Return the place of a file in the tree."""
        return file.relative_to(self.root).as_posix()

    def tool_files(self) -> list[Path]:
        """Return the files that hold tools."""
        return sorted(self.root.glob("helpers/*/tools/*_tools.py"))


def tree(file: Path) -> ast.Module:
    """Parse a source file."""
    return ast.parse(file.read_text(encoding="utf-8"))


def functions(node: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function below a node."""
    for child in ast.walk(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield child


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the lines of a function."""
    return (node.end_lineno or 0) - node.lineno + 1


def marks(node: ast.AST) -> set[str]:
    """Return the names of the decorators of a function, called or bare."""
    listed = getattr(node, "decorator_list", [])
    bare = [d.func if isinstance(d, ast.Call) else d for d in listed]
    return {d.id for d in bare if isinstance(d, ast.Name)}


def tool_faults(file: Path) -> Iterator[str]:
    """Yield what a tool file owes: one effect, ctx first, types, a purpose."""
    for node in tree(file).body:
        where = f"{file.name}:{getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield f"{where} public functions of a tool file are async tools"
        if isinstance(node, ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield from (f"{where} {fault}" for fault in _owed(node))


def _owed(node: ast.AsyncFunctionDef) -> Iterator[str]:
    if len(marks(node) & EFFECTS) != 1:
        yield "needs exactly one effect"
    if not node.args.args or node.args.args[0].arg != "ctx":
        yield "starts with ctx"
    if not all(a.annotation for a in node.args.args) or not node.returns:
        yield "needs types"
    if not ast.get_docstring(node):
        yield "needs a docstring"


def size_faults(_: House, file: Path) -> Iterator[str]:
    """Yield files and functions that outgrow their room."""
    lines = len(file.read_text(encoding="utf-8").splitlines())
    if lines > MAX_LINES:
        yield f"{file.name} has {lines} lines"
    for node in functions(tree(file)):
        if length(node) > MAX_FUNCTION_LINES:
            yield f"{file.name}: {node.name} has {length(node)} lines"


def catch_all_faults(house: House, file: Path) -> Iterator[str]:
    """Yield handlers that catch everything outside the two places that may."""
    for node in ast.walk(tree(file)):
        match node:
            case ast.ExceptHandler(type=None) | ast.ExceptHandler(type=ast.Name(id="Exception")):
                if house.name_of(file) not in MAY_CATCH_EVERYTHING:
                    yield f"{file.name}:{node.lineno} catches everything"
            case _:
                pass


def sql_faults(house: House, file: Path) -> Iterator[str]:
    """Yield SQL text in Python."""
    if house.name_of(file) in MAY_HOLD_SQL:
        return
    for node in ast.walk(tree(file)):
        match node:
            case ast.Constant(value=str(text)) if SQL_TEXT.match(text):
                yield f"{file.name}:{node.lineno} holds SQL; name a query instead"
            case _:
                pass


def name_faults(house: House, file: Path) -> Iterator[str]:
    """Yield files whose name says nothing."""
    if BANNED_STEMS.fullmatch(file.stem):
        yield f"{house.name_of(file)}: name the noun instead"


def call_faults(house: House, file: Path) -> Iterator[str]:
    """Yield reads of clock and environment outside their one room."""
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            called = f"{node.value.id}.{node.attr}"
            allowed = BANNED_CALLS.get(called)
            if allowed is not None and house.name_of(file) not in allowed:
                yield f"{file.name}:{node.lineno} uses {called}"


def queries_called(node: ast.AST) -> Iterator[str]:
    """Yield the names of the queries that code runs."""
    for call in ast.walk(node):
        match call:
            case ast.Call(
                func=ast.Attribute(attr="one" | "all" | "run"),
                args=[ast.Constant(value=str(query)), *_],
            ):
                yield query
            case _:
                pass


def parameters_of(sql: str) -> dict[str, None]:
    """Return the named parameters of a statement."""
    return dict.fromkeys(re.findall(r"(?<!:):([a-z_][a-z0-9_]*)", sql))


def explain_faults(scripts: list[str], queries: dict[str, str]) -> Iterator[str]:
    """Yield queries that do not compile against the migrated schema."""
    db = sqlite3.connect(":memory:")  # noqa: TID251
    try:
        for script in scripts:
            db.executescript(script)
        for name, sql in queries.items():
            try:
                db.execute("EXPLAIN " + sql, parameters_of(sql))
            except sqlite3.Error as error:
                yield f"{name}: {error}"
    finally:
        db.close()


def checked_words(script: str) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return the word list of each CHECK, by table and column."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    made = re.findall(r"CREATE TABLE (\w+) \((.*?)\n\) STRICT;", script, re.S)
    grown = re.findall(r"ALTER TABLE (\w+)\s+ADD COLUMN (.*?);", script, re.S)
    for table, body in [*made, *grown]:
        for column, words in re.findall(r"\b(\w+) IN \(([^)]*'[^)]*)\)", body):
            found[table, column] = tuple(re.findall(r"'([^']*)'", words))
    return found
