"""Read a tool from the text of its file: its name, arguments and promises, without running it."""

import ast
import inspect
import json
import keyword

from pydantic import JsonValue, TypeAdapter, ValidationError

from aifp.helpers.lifecycle.internal.declarations import CHARACTERISTICS, TEST_CASES, constant_in
from aifp.helpers.lifecycle.internal.sound_values import fault_of
from aifp.helpers.lifecycle.internal.tool_types import UnknownType, schema_of_type
from aifp.helpers.user_directives.internal.code_checks import MAX_SOURCE
from aifp.helpers.user_directives.internal.code_rules.calls import contexts_of
from aifp.helpers.user_directives.internal.code_rules.imports import ALLOWED, import_violations
from aifp.helpers.user_directives.internal.permissions import permissions_of_code
from aifp.schemas.artifacts import TOOLS_FOLDER, Characteristics, TestCase, ToolSpec
from aifp.schemas.common import JsonMap
from aifp.schemas.errors import InvalidArgument
from aifp.schemas.releases import Permission

Function = ast.FunctionDef | ast.AsyncFunctionDef
ENTRY = "run"
CONTEXT = "ctx"
NAME_LENGTH = 64
# Every client reads the descriptions of all tools, so a long one costs all of them.
DESCRIPTION_LENGTH = 1_000
MAX_CASES = 200
# A fault may quote the code.
LONGEST_FAULT = 500
# What clients take as the name of an argument.
PARAMETER_NAMING = f"it is called with at most {NAME_LENGTH} letters of English, digits and `_`"
CASES = TypeAdapter(list[TestCase])


class _Broken(Exception):
    """What is wrong with a tool file, and in which line."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line


def path_of_tool(name: str, folder: str = TOOLS_FOLDER) -> str:
    """Return where the file of a tool lies in the project."""
    return f"{folder}/{name}.py"


def is_tool_name(name: str) -> bool:
    """Say whether a file of this name, without `.py`, can be a tool."""
    # Clients refuse the whole list of tools for one name with other letters.
    plain = name.isascii() and name.isidentifier() and not keyword.iskeyword(name)
    return plain and len(name) <= NAME_LENGTH and not name.startswith("_")


def read_tool(name: str, source: str, path: str | None = None) -> ToolSpec:
    """Return what the file of a tool says; raises InvalidArgument with the file and the line."""
    try:
        if not is_tool_name(name):
            raise _Broken(1, f"{name!r} is no name for a tool: {_naming()}")
        return _read(name, source)
    except _Broken as broken:
        line, text = broken.line, str(broken)
    except RecursionError:
        line, text = 1, "the code is nested too deeply: split its expressions"
    path = path or path_of_tool(name)
    text = text.encode("utf-8", "backslashreplace").decode("utf-8")[:LONGEST_FAULT]
    raise InvalidArgument(f"{path}, line {line}: {text}.", file=path, line=line)


def _naming() -> str:
    return (
        f"the file is called like a Python function, with at most {NAME_LENGTH} letters of "
        "English, digits and `_`, and does not begin with `_`"
    )


def _read(name: str, source: str) -> ToolSpec:
    tree = _parsed(source)
    for violation in sorted(import_violations(tree, ALLOWED)):
        raise _Broken(violation.line, violation.text)
    run = _entry(tree)
    cases = _literal(tree, TEST_CASES)
    declared = _literal(tree, CHARACTERISTICS)
    spec = ToolSpec(
        name=name,
        description=_description(tree, run, name),
        parameters=_parameters(run),
        takes_context=_takes_context(run),
        declared=Characteristics() if declared is None else _characteristics(*declared),
        test_cases=[] if cases is None else _test_cases(*cases),
        permissions=_permissions(name, source),
    )
    _require_sound(spec, run.lineno)
    return spec


def _require_sound(spec: ToolSpec, line: int) -> None:
    for part, value in spec.model_dump(mode="python").items():
        if (fault := fault_of(value)) is not None:
            raise _Broken(line, f"{part.replace('_', ' ')} cannot hold {fault}")


def _parsed(source: str) -> ast.Module:
    if len(source.encode("utf-8", "surrogatepass")) > MAX_SOURCE:
        raise _Broken(1, f"the file is over {MAX_SOURCE:,} bytes: make several tools of it")
    try:
        return ast.parse(source)
    except SyntaxError as fault:
        raise _Broken(fault.lineno or 1, f"not valid Python: {fault.msg}") from None
    except (ValueError, MemoryError) as fault:
        raise _Broken(1, f"not valid Python: {fault or type(fault).__name__}") from None


def _entry(tree: ast.Module) -> Function:
    found = [n for n in tree.body if isinstance(n, Function) and n.name == ENTRY]
    if not found:
        raise _Broken(1, f"`def {ENTRY}(...)` is missing: it is what a call of the tool runs")
    run = found[-1]
    if run.decorator_list:
        raise _Broken(run.lineno, f"`{ENTRY}` has a decorator: its arguments are not certain")
    for argument in (run.args.vararg, run.args.kwarg, *run.args.posonlyargs):
        if argument is not None:
            raise _Broken(
                argument.lineno,
                f"{argument.arg} is no parameter that can be given by name: write `name: type`",
            )
    return run


def _takes_context(run: Function) -> bool:
    contexts = contexts_of(run)
    first = run.args.args[0].arg if run.args.args else ""
    for name in contexts - {first}:
        raise _Broken(run.lineno, f"{name} is the context and must be the first parameter")
    return first in contexts


def _parameters(run: Function) -> JsonMap:
    properties: JsonMap = {}
    required: list[JsonValue] = []
    for argument, default in _arguments(run):
        if not argument.arg.isascii() or len(argument.arg) > NAME_LENGTH:
            raise _Broken(argument.lineno, f"parameter {argument.arg}: {PARAMETER_NAMING}")
        schema = _schema(argument)
        if default is None:
            required.append(argument.arg)
        else:
            schema = {**schema, "default": _default(argument.arg, default)}
        properties[argument.arg] = schema
    found: JsonMap = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**found, "required": required} if required else found


def _arguments(run: Function) -> list[tuple[ast.arg, ast.expr | None]]:
    """Return each parameter with its default, without the context."""
    plain = run.args.args
    missing: list[ast.expr | None] = [None] * (len(plain) - len(run.args.defaults))
    pairs = list(zip(plain, [*missing, *run.args.defaults], strict=True))
    pairs += zip(run.args.kwonlyargs, run.args.kw_defaults, strict=True)
    return pairs[1:] if _takes_context(run) else pairs


def _schema(argument: ast.arg) -> JsonMap:
    if argument.annotation is None:
        return {}
    try:
        return schema_of_type(argument.annotation)
    except UnknownType as unknown:
        raise _Broken(unknown.line, f"parameter {argument.arg}: {unknown}") from None


def _default(name: str, node: ast.expr) -> JsonValue:
    try:
        value: JsonValue = json.loads(json.dumps(ast.literal_eval(node), allow_nan=False))
    except (ValueError, TypeError):
        text = f"the default of {name} must be a literal that JSON has"
        raise _Broken(node.lineno, text) from None
    return value


def _description(tree: ast.Module, run: Function, name: str) -> str:
    text = ast.get_docstring(run) or ast.get_docstring(tree) or f"Run the tool {name}."
    text = inspect.cleandoc(text).strip()
    return text if len(text) <= DESCRIPTION_LENGTH else f"{text[:DESCRIPTION_LENGTH]}…"


def _literal(tree: ast.Module, name: str) -> tuple[int, object] | None:
    """Return the line and the value of a constant of the module, None when it has none."""
    found = constant_in(tree, name)
    return None if found is None else (found[0], _evaluated(name, found[1]))


def _evaluated(name: str, node: ast.expr) -> object:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError):
        text = f"{name} is read without running the file: write it as a plain literal"
        raise _Broken(node.lineno, text) from None


def _characteristics(line: int, value: object) -> Characteristics:
    try:
        return Characteristics.model_validate(value)
    except ValidationError as mismatch:
        raise _Broken(line, f"CHARACTERISTICS: {_first(mismatch)}") from None


def _test_cases(line: int, value: object) -> list[TestCase]:
    try:
        cases = CASES.validate_python(value)
    except ValidationError as mismatch:
        raise _Broken(line, f"TEST_CASES: {_first(mismatch)}") from None
    if len(cases) > MAX_CASES:
        raise _Broken(line, f"TEST_CASES has {len(cases)} cases, at most {MAX_CASES} are run")
    return cases


def _first(mismatch: ValidationError) -> str:
    error = mismatch.errors()[0]
    place = ".".join(str(part) for part in error["loc"])
    return f"{place}: {error['msg']}" if place else error["msg"]


def _permissions(name: str, source: str) -> list[Permission]:
    try:
        return permissions_of_code({name: source})
    except ValueError as fault:
        raise _Broken(1, f"an address in the code cannot be read: {fault}") from None
