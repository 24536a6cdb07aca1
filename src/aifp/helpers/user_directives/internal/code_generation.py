"""From canonical steps to a module and its tests, checked, and written whole or not at all."""

import ast
from collections.abc import Iterable, Mapping

from aifp.helpers.contract import internal
from aifp.helpers.user_directives.internal.code_checks import (
    check_code,
    check_tests,
    require_clean,
)
from aifp.helpers.user_directives.internal.code_rules.imports import (
    ALLOWED,
    imported_modules,
    imported_packages,
)
from aifp.helpers.user_directives.internal.code_rules.violations import Violation
from aifp.helpers.user_directives.internal.generation.growth import Signature
from aifp.helpers.user_directives.internal.generation.implementation import (
    entries_of,
    implementation_source,
)
from aifp.helpers.user_directives.internal.generation.names import (
    code_file,
    entry_of,
    module_in,
    module_of,
    tests_file,
)
from aifp.helpers.user_directives.internal.generation.refusals import refuse_later
from aifp.helpers.user_directives.internal.generation.tests_source import source_of_tests
from aifp.helpers.user_directives.internal.language.nested_steps import every_step
from aifp.helpers.user_directives.internal.language.reading_back import describe
from aifp.helpers.user_directives.internal.overwriting import require_unedited
from aifp.schemas.canonical import CanonicalDirective
from aifp.schemas.errors import FileMissing, InvalidArgument, InvalidTransition, NoSuch
from aifp.schemas.ports import Ctx
from aifp.schemas.steps import CodeStep
from aifp.schemas.workflow import GeneratedCode

TEMPLATE = "steps"
GIVEN = "given"


@internal
async def generate_implementation_code(
    ctx: Ctx, directive_id: int, code: str | None = None, test_code: str | None = None
) -> GeneratedCode:
    """Make the module and tests of a directive and write them, both or neither."""
    made = await compose(ctx, directive_id, code, test_code)
    await write_code(ctx, made)
    return made


async def compose(
    ctx: Ctx, directive_id: int, code: str | None = None, test_code: str | None = None
) -> GeneratedCode:
    """Make and check the files of an implementation without writing anything."""
    made = await made_code(ctx, directive_id, code, test_code)
    await require_unedited(ctx, directive_id, made)
    return made


async def made_code(
    ctx: Ctx, directive_id: int, code: str | None = None, test_code: str | None = None
) -> GeneratedCode:
    """Make and check the files of an implementation, whatever lies in their places."""
    directive = await _validated(ctx, directive_id)
    refuse_later(directive)
    if code is None:
        code, test_code = await _given_before(ctx, directive_id, test_code)
    whole = code is not None and _defines(code, entry_of(directive.name))
    made = _given(directive, code or "", test_code) if whole else None
    if made is None:
        made = await _generated(ctx, directive, code, test_code)
    made = await with_helpers(ctx, made)
    check(made)
    return made


async def _given_before(
    ctx: Ctx, directive_id: int, test_code: str | None
) -> tuple[str | None, str | None]:
    """Return code that was given and still lies there: it stays until other code is given."""
    row = await ctx.directives.one("newest_implementation", directive_id=directive_id)
    if row is None or row["generator"] != GIVEN:
        return None, test_code
    code = await _found(ctx, str(row["implementation_file"]))
    if code is not None and test_code is None and row["test_file"] is not None:
        test_code = await _found(ctx, str(row["test_file"]))
    return code, test_code


async def write_code(ctx: Ctx, made: GeneratedCode) -> None:
    """Write the new files of an implementation: all of them or none."""
    await ctx.files.write({path: made.files[path].encode("utf-8") for path in made.written})


def modules_of(made: GeneratedCode) -> dict[str, str]:
    """Return the code without its tests, by the name each file is imported under."""
    return {module_in(path): text for path, text in made.files.items() if path != made.test_file}


def check(made: GeneratedCode) -> None:
    """Refuse files that break a rule of implementation code."""
    require_clean(broken_rules(made))


def broken_rules(made: GeneratedCode) -> dict[str, list[Violation]]:
    """Return what each file breaks of the rules of implementation code."""
    modules = {module_in(path) for path in made.files}
    packages = packages_in(modules_of(made).values())
    notices = [entry.function for entry in entries_of(made.directive)[1:]]
    entries = [made.entry_point, *notices]
    found = {
        path: check_code(
            text, entries if path == made.implementation_file else (), modules, packages
        )
        for path, text in made.files.items()
        if path != made.test_file
    }
    if made.test_file:
        found[made.test_file] = check_tests(made.files[made.test_file], modules, packages)
    return found


def packages_in(sources: Iterable[str]) -> set[str]:
    """Return the packages that code imports, to be pinned; a broken source is refused elsewhere."""
    found: set[str] = set()
    for source in sources:
        try:
            found |= imported_packages(ast.parse(source))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    return found


async def _validated(ctx: Ctx, directive_id: int) -> CanonicalDirective:
    row = await ctx.directives.one("canonical_of_directive", id=directive_id)
    if row is None:
        raise NoSuch(f"There is no directive {directive_id}.")
    if row["status"] in ("draft", "archived"):
        raise InvalidTransition(
            f"{row['name']} is {row['status']}; user_directive_validate must come first."
        )
    return CanonicalDirective.model_validate_json(str(row["configuration_json"]))


def _defines(source: str, function: str) -> bool:
    """Say whether a source has a function; one that cannot be read counts as whole."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return True
    return any(
        isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef) and n.name == function
        for n in tree.body
    )


def _given(directive: CanonicalDirective, code: str, test_code: str | None) -> GeneratedCode:
    """Take an assistant's or a person's module whole."""
    module = module_of(directive.name)
    files = {code_file(module): code}
    if test_code is not None:
        files[tests_file(module)] = test_code
    return GeneratedCode(
        directive=directive,
        implementation_file=code_file(module),
        test_file=tests_file(module) if test_code is not None else None,
        entry_point=entry_of(directive.name),
        files=files,
        generator=GIVEN,
        written=sorted(files),
    )


async def _generated(
    ctx: Ctx, directive: CanonicalDirective, code: str | None, test_code: str | None
) -> GeneratedCode:
    """Render module and tests from the steps; given code holds the functions of `code` steps."""
    module = module_of(directive.name)
    steps = [s for entry in entries_of(directive) for s in every_step(entry.steps)]
    called = [step for step in steps if isinstance(step, CodeStep)]
    if code is not None and not called:
        raise InvalidArgument(
            f"The code has no function `{entry_of(directive.name)}(ctx: Ctx)`, the entry point of "
            f"{directive.name}. Nothing was written."
        )
    own = f"{module}_code"
    sources = {own: code} if code is not None else {}
    functions = {step.function: await _signature(ctx, step, own, sources) for step in called}
    texts = {
        code_file(module): implementation_source(directive, functions, describe(directive)),
        tests_file(module): test_code or source_of_tests(directive, functions),
        **({code_file(own): code} if code is not None else {}),
    }
    return GeneratedCode(
        directive=directive,
        implementation_file=code_file(module),
        test_file=tests_file(module),
        entry_point=entry_of(directive.name),
        files=texts,
        generator=TEMPLATE,
        written=sorted(texts),
    )


async def _signature(ctx: Ctx, step: CodeStep, own: str, sources: Mapping[str, str]) -> Signature:
    """Return where the function of a `code` step lies and whether it wants ctx."""
    module = step.module or own
    path = code_file(module)
    if module in sources:
        source = sources[module]
    else:
        source = await _read(ctx, path, f"{step.function}; write it there or pass it as `code`")
    for node in _parsed(path, source).body:
        if isinstance(node, ast.FunctionDef) and node.name == step.function:
            first = [*node.args.posonlyargs, *node.args.args][:1]
            return Signature(module, bool(first) and first[0].arg == "ctx")
    raise InvalidArgument(f"{path} has no plain function {step.function}. Nothing was written.")


def _parsed(path: str, source: str) -> ast.Module:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as fault:
        raise InvalidArgument(
            f"{path} is not valid Python: {fault}. Nothing was written."
        ) from None


async def with_helpers(ctx: Ctx, made: GeneratedCode) -> GeneratedCode:
    """Add the modules beside the main one that its code imports, from the project's folder."""
    files = dict(made.files)
    waiting = [path for path in files if path != made.test_file]
    while waiting:
        path = waiting.pop()
        for module in _imports_beside(path, files[path]):
            beside = code_file(module)
            if beside not in files and (source := await _found(ctx, beside)) is not None:
                files[beside] = source
                waiting.append(beside)
    main = {made.implementation_file, made.test_file}
    return made.model_copy(update={"files": files, "helpers": sorted(set(files) - main)})


def _imports_beside(path: str, source: str) -> set[str]:
    """Return what may be modules of the same folder; a broken source is refused by the checks."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    names = {module for _, module in imported_modules(tree)}
    return {name for name in names if name.isidentifier() and name not in ALLOWED} - {
        module_in(path)
    }


async def _found(ctx: Ctx, path: str) -> str | None:
    try:
        return (await ctx.files.read(path)).decode("utf-8")
    except (FileMissing, UnicodeDecodeError):
        return None


async def _read(ctx: Ctx, path: str, needed_for: str) -> str:
    source = await _found(ctx, path)
    if source is None:
        raise InvalidArgument(f"There is no {path} with the function {needed_for}.")
    return source
