import json
import sys
import sysconfig
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from aifp.helpers.lifecycle.tools.approval_tools import get_pending_approvals
from aifp.helpers.user_directives.internal.approving import decide_release
from aifp.helpers.user_directives.internal.gate import require_release
from aifp.helpers.user_directives.internal.installation import (
    install_dependency,
    install_text,
    requirement_of,
)
from aifp.helpers.user_directives.internal.package_names import lookalike
from aifp.helpers.user_directives.internal.pausing import release_to_run
from aifp.helpers.user_directives.tools.dependency_tools import add_dependency
from aifp.helpers.user_directives.tools.implementation_tools import register_implementation
from aifp.helpers.user_directives.tools.workflow_tools import (
    user_directive_activate,
    user_directive_approve,
    user_directive_implement,
)
from aifp.schemas.activation import Activated
from aifp.schemas.errors import (
    ApprovalRejected,
    ApprovalRequired,
    DependencyMissing,
    InvalidArgument,
)
from aifp.schemas.implementations import ImplementationRegistered
from aifp.schemas.packages import PACKAGES, Pin
from aifp.schemas.ports import Ctx, HumanAnswer
from aifp.schemas.workflow import ImplementAnswer
from aifp.server.adapters.machine import HostMachine
from aifp.server.adapters.passphrase import set_passphrase
from aifp.server.sandbox.choice import ChoosingSandbox
from aifp.server.sandbox.confined.sandbox import missing, open_process_sandbox
from tests.helpers.user_directives.lives import HELPER, LATER, MODULE, NO, YES, Life, code_of
from tests.helpers.user_directives.people import Person
from tests.wheelhouse import add_source, add_wheel

TESTS = "tests/test_sums.py"
TEXT = """
directives:
  sums:
    every: 1h
    steps:
      - {id: total, code: add_up, with: {numbers: [1, 2]}}
"""
CODE = '''"""Sums."""

from greeting import hello


def add_up(numbers: list[float]) -> dict[str, str]:
    """Add numbers up, politely."""
    return {"sum": hello(str(sum(numbers)))}
'''
GREETING = {
    "greeting/__init__.py": "from polite_words import WORD\n\n\ndef hello(name):\n"
    "    return f'{WORD} {name}'\n"
}
LOCK = "SELECT name, version, installed_version, sha256, is_installed, verified, confirmed_by FROM"


@pytest.fixture
def index(tmp_path: Path) -> Path:
    folder = tmp_path / "index"
    add_wheel(folder, "greeting", "1.4", GREETING, needs=("polite-words",))
    add_wheel(folder, "greeting", "2.0", GREETING, needs=("polite-words",))
    add_wheel(folder, "polite-words", "2.1", {"polite_words.py": "WORD = 'hello'\n"})
    return folder


@pytest.fixture
def home(life: Life, index: Path) -> Life:
    """The project with the index of this test."""
    life.ctx = replace(life.ctx, machine=HostMachine(life.project, str(index)))
    return life


@pytest.fixture
def shop(plain_ctx: Ctx, index: Path, project: Path) -> Ctx:
    """A project without a sandbox, with the index of this test."""
    return replace(plain_ctx, machine=HostMachine(project, str(index)))


def installed(project: Path) -> list[str]:
    folder = project / PACKAGES
    found = folder.iterdir() if folder.exists() else iter(())
    return sorted(place.name.rpartition("-")[0] for place in found)


def rows(life: Life) -> dict[str, dict[str, object]]:
    found = life.sql(f"{LOCK} directive_dependencies WHERE dependency_type = 'python_package'")
    return {str(row["name"]): row for row in found}


@pytest.mark.req("D40", "X13")
async def test_a_package_is_installed_after_a_yes_to_its_exact_bytes(
    shop: Ctx, person: Person, project: Path
) -> None:
    person.answers.append(YES)
    pins = await install_dependency(shop, "greeting", "<2")
    assert [(pin.name, pin.version) for pin in pins] == [
        ("greeting", "1.4"),
        ("polite-words", "2.1"),
    ]
    assert installed(project) == ["greeting-1.4", "polite-words-2.1"]


@pytest.mark.req("D40", "D99")
async def test_with_a_passphrase_a_package_is_decided_at_the_terminal_only(
    shop: Ctx, person: Person, project: Path
) -> None:
    set_passphrase(shop.settings.config_folder, "open sesame")
    person.answers.append(YES)
    with pytest.raises(ApprovalRequired, match="aifp approve --package greeting"):
        await install_dependency(shop, "greeting")
    assert installed(project) == [] and person.asked == []


@pytest.mark.req("D40")
async def test_a_declined_question_changes_nothing(
    shop: Ctx, person: Person, project: Path
) -> None:
    person.answers.append(NO)
    with pytest.raises(ApprovalRejected):
        await install_dependency(shop, "greeting")
    assert installed(project) == []
    text, _ = person.asked[0]
    assert "Install greeting" in text
    assert "- greeting 2.0 (pure Python), sha256 " in text
    assert "- polite-words 2.1 (pure Python), sha256 " in text


@pytest.mark.req("D40")
async def test_without_a_question_only_a_stored_yes_to_the_same_bytes_counts(
    life: Life, shop: Ctx, project: Path, index: Path
) -> None:
    with pytest.raises(ApprovalRequired, match="No person has said yes"):
        await install_dependency(shop, "greeting", "<2", prompt_user=False)
    life.person.answers.append(LATER)
    with pytest.raises(ApprovalRequired, match="aifp approve --package greeting"):
        await install_dependency(shop, "greeting", "<2")
    (waiting,) = await pending(shop)
    assert (waiting.subject_kind, waiting.command) == (
        "dependency",
        "aifp approve --package greeting",
    )
    await decide_release(shop, waiting.id, "approved", "cli")
    assert installed(project) == []
    await install_dependency(shop, "greeting", "<2", prompt_user=False)
    assert installed(project) == ["greeting-1.4", "polite-words-2.1"]
    add_wheel(index, "polite-words", "2.2", {"polite_words.py": "WORD = 'newer'\n"})
    with pytest.raises(ApprovalRequired):
        await install_dependency(shop, "greeting", "<2", prompt_user=False)
    life.sql("UPDATE approvals SET channel = 'elicitation'")
    (index / "polite_words-2.2-py3-none-any.whl").unlink()
    with pytest.raises(ApprovalRequired):
        await install_dependency(shop, "greeting", "<2", prompt_user=False)


async def pending(ctx: Ctx):
    found = await get_pending_approvals(ctx)
    assert isinstance(found, list)
    return found


@pytest.mark.req("D39", "D40", "D48", "D50", "D83")
async def test_code_that_imports_a_package_comes_to_run_with_it(home: Life) -> None:
    await home.validated(TEXT)
    home.person.answers.append(YES)
    answer = await user_directive_implement(home.ctx, "sums", CODE)
    assert isinstance(answer, ImplementAnswer), answer
    assert all(test.passed for test in answer.test_results)
    assert [(need.name, need.is_installed, need.note) for need in answer.dependencies] == [
        ("greeting", True, "2.0"),
        ("polite-words", True, "2.1"),
    ]
    assert answer.warnings == []
    assert installed(home.project) == ["greeting-2.0", "polite-words-2.1"]
    row = rows(home)["greeting"]
    assert (row["installed_version"], row["is_installed"], row["verified"]) == ("2.0", 1, 1)
    assert (len(str(row["sha256"])), row["confirmed_by"]) == (64, "user")
    await home.approve()
    shown, _ = home.person.asked[-1]
    assert f"- greeting 2.0 (pure Python), sha256 {row['sha256']}" in shown
    assert "- polite-words 2.1 (pure Python)" in shown
    activated = await user_directive_activate(home.ctx, "sums")
    assert isinstance(activated, Activated), activated
    release = await require_release(home.ctx, 1)
    assert [(pin.name, pin.version) for pin in release.packages] == [
        ("greeting", "2.0"),
        ("polite-words", "2.1"),
    ]


@pytest.mark.req("D19", "D39", "D50")
async def test_another_package_that_brings_the_same_module_takes_the_place_of_the_usual_one(
    home: Life, index: Path
) -> None:
    code = {"cv2.py": GREETING["greeting/__init__.py"]}
    add_wheel(index, "opencv-python", "4.10", code, needs=("polite-words",))
    await home.validated(TEXT)
    await add_dependency(home.ctx, 1, "python_package", "opencv-python")
    home.person.answers.append(YES)
    sums = CODE.replace("from greeting", "from cv2")
    answer = await user_directive_implement(home.ctx, "sums", sums)
    assert isinstance(answer, ImplementAnswer), answer
    assert [(need.name, need.is_installed) for need in answer.dependencies] == [
        ("opencv-python", True),
        ("polite-words", True),
    ]
    assert list(rows(home)) == ["opencv-python"]
    await home.approve()
    assert isinstance(await user_directive_activate(home.ctx, "sums"), Activated)


@pytest.mark.req("D75")
async def test_what_was_just_installed_is_never_told_to_be_missing(home: Life) -> None:
    await home.validated(TEXT)
    home.person.answers.append(YES)
    assert isinstance(await user_directive_implement(home.ctx, "sums", CODE), ImplementAnswer)
    sent = home.sql("SELECT payload_json FROM outbox WHERE subject = 'directive:1'")
    assert [json.loads(row["payload_json"])["directive"]["missing"] for row in sent] == [[]] * len(
        sent
    )


@pytest.mark.skipif(missing() is not None, reason="compiled packages need Linux and Landlock")
@pytest.mark.req("D40", "D48")
async def test_a_package_with_native_code_is_tried_in_the_confined_process(
    home: Life, index: Path
) -> None:
    tag = f"cp3{sys.version_info.minor}-none-{sysconfig.get_platform().replace('-', '_')}"
    add_wheel(index, "polite-words", "3.0", {"polite_words.py": "WORD = 'native'\n"}, tag=tag)
    await home.validated(TEXT)
    home.person.answers.append(YES)
    async with open_process_sandbox(workers=1) as compiled:
        both = ChoosingSandbox(home.ctx.sandbox, compiled)
        home.ctx = replace(home.ctx, sandbox=both)
        answer = await user_directive_implement(home.ctx, "sums", CODE)
        assert isinstance(answer, ImplementAnswer), answer
        await home.approve()
        shown, _ = home.person.asked[-1]
        assert "- polite-words 3.0 (with native code, in a process of its own)" in shown
        assert isinstance(await user_directive_activate(home.ctx, "sums"), Activated)


@pytest.mark.req("D40", "D48")
@pytest.mark.parametrize("said", [NO, LATER])
async def test_without_a_yes_no_code_is_written(home: Life, said: HumanAnswer) -> None:
    await home.validated(TEXT)
    home.person.answers.append(said)
    refusal = await user_directive_implement(home.ctx, "sums", CODE)
    assert code_of(refusal) in ("approval_rejected", "approval_required")
    assert not (home.project / "src").exists()
    assert installed(home.project) == []
    assert home.standing(1)[0] == "validated"


@pytest.mark.req("D83", "D98")
async def test_what_is_pinned_stays_until_another_version_is_asked_for_and_that_voids(
    home: Life, index: Path
) -> None:
    await home.validated(TEXT)
    await add_dependency(home.ctx, 1, "python_package", "greeting", "<2")
    home.person.answers.append(YES)
    assert isinstance(await user_directive_implement(home.ctx, "sums", CODE), ImplementAnswer)
    approval = await home.approve()
    assert isinstance(await user_directive_activate(home.ctx, "sums"), Activated)
    add_wheel(index, "greeting", "1.9", GREETING, needs=("polite-words",))
    again = await user_directive_implement(home.ctx, "sums", CODE)
    assert isinstance(again, ImplementAnswer), again
    assert (await require_release(home.ctx, 1)).approval_id == approval
    await add_dependency(home.ctx, 1, "python_package", "greeting", ">=1.5,<2")
    home.person.answers.append(YES)
    assert isinstance(await user_directive_implement(home.ctx, "sums", CODE), ImplementAnswer)
    assert rows(home)["greeting"]["installed_version"] == "1.9"
    with pytest.raises(ApprovalRequired):
        await require_release(home.ctx, 1)
    assert installed(home.project) == ["greeting-1.4", "greeting-1.9", "polite-words-2.1"]


async def register(home: Life) -> int:
    given = await register_implementation(home.ctx, 1, MODULE, "execute_sums", TESTS)
    assert isinstance(given, ImplementationRegistered), given
    return given.implementation_id


@pytest.mark.req("D24", "D83")
async def test_registering_code_again_keeps_the_packages_it_was_approved_with(
    home: Life, index: Path
) -> None:
    await home.validated(TEXT)
    home.person.answers.append(YES)
    made = await user_directive_implement(home.ctx, "sums", CODE)
    assert isinstance(made, ImplementAnswer), made
    approval = await home.approve()
    assert isinstance(await user_directive_activate(home.ctx, "sums"), Activated)
    add_wheel(index, "greeting", "3.0", GREETING, needs=("polite-words",))
    assert await register(home) == made.implementation_id
    assert (await require_release(home.ctx, 1)).approval_id == approval
    assert home.standing(1) == ("active", None, 1)
    (home.project / HELPER).write_text(CODE + "\n# edited\n")
    assert await register(home) != made.implementation_id
    await home.approve()
    pins = (await require_release(home.ctx, 1)).packages
    assert [(pin.name, pin.version) for pin in pins] == [
        ("greeting", "2.0"),
        ("polite-words", "2.1"),
    ]
    assert home.sql("SELECT id FROM directive_dependencies WHERE is_installed = 0") == []


def alter(folder: Path) -> None:
    (folder / "lib" / "greeting" / "__init__.py").write_text("def hello(name):\n    return 'x'\n")


def take_away(folder: Path) -> None:
    (folder / "lib").rename(folder / "gone")


@pytest.mark.req("D50", "D98", "F23")
@pytest.mark.parametrize("change", [alter, take_away])
async def test_a_package_altered_after_activation_pauses_and_its_bytes_resume(
    home: Life, change: Callable[[Path], None]
) -> None:
    await home.validated(TEXT)
    home.person.answers.append(YES)
    assert isinstance(await user_directive_implement(home.ctx, "sums", CODE), ImplementAnswer)
    await home.approve()
    assert isinstance(await user_directive_activate(home.ctx, "sums"), Activated)
    folder = next((home.project / PACKAGES).glob("greeting-*"))
    kept = (folder / "lib" / "greeting" / "__init__.py").read_bytes()
    change(folder)
    with pytest.raises(DependencyMissing, match=r"greeting 2\.0"):
        await release_to_run(home.ctx, 1)
    assert home.standing(1) == ("paused", "dependency_missing", 1)
    if change is take_away:
        (folder / "gone").rename(folder / "lib")
    (folder / "lib" / "greeting" / "__init__.py").write_bytes(kept)
    await release_to_run(home.ctx, 1)
    assert home.standing(1) == ("active", None, 1)


@pytest.mark.req("D98")
async def test_pins_changed_in_the_database_void_the_approval(home: Life) -> None:
    await home.validated(TEXT)
    home.person.answers.append(YES)
    assert isinstance(await user_directive_implement(home.ctx, "sums", CODE), ImplementAnswer)
    await home.approve()
    assert (await require_release(home.ctx, 1)).packages
    home.sql("UPDATE artifact_versions SET metadata_json = replace(metadata_json, '2.1', '2.0')")
    with pytest.raises(ApprovalRequired):
        await require_release(home.ctx, 1)


@pytest.mark.req("D40", "D48")
async def test_a_source_only_or_unknown_package_is_refused_before_anything_is_written(
    home: Life, index: Path
) -> None:
    await home.validated(TEXT)
    add_source(index, "sourceonly", "1.0", "raise SystemExit\n")
    refusal = await user_directive_implement(
        home.ctx, "sums", CODE.replace("from greeting import hello", "from sourceonly import hello")
    )
    assert code_of(refusal) == "dependency_missing"
    assert home.person.asked == []
    assert not (home.project / "src").exists()


async def test_approving_again_tells_of_no_install(home: Life) -> None:
    await home.validated(TEXT)
    home.person.answers.append(YES)
    await user_directive_implement(home.ctx, "sums", CODE)
    asked = len(home.person.asked)
    assert isinstance(await user_directive_implement(home.ctx, "sums", CODE), ImplementAnswer)
    assert len(home.person.asked) == asked
    await user_directive_approve(home.ctx, "sums")


@pytest.mark.parametrize(
    ("name", "version", "wanted"),
    [
        ("Requests", None, "requests"),
        ("python_dateutil", "2.9", "python-dateutil==2.9"),
        ("humanize", ">= 4, < 5", "humanize>=4,<5"),
    ],
)
def test_a_wish_becomes_a_requirement(name: str, version: str | None, wanted: str) -> None:
    assert requirement_of(name, version) == wanted


@pytest.mark.parametrize("name", ["--index-url=http://evil", "a b", "x @ http://e", "../x", ""])
def test_what_is_no_name_never_reaches_pip(name: str) -> None:
    with pytest.raises(InvalidArgument):
        requirement_of(name, None)


@pytest.mark.req("X13")
def test_a_name_that_passes_for_a_well_known_one_is_pointed_out() -> None:
    assert lookalike("reqeusts") == "requests"
    assert lookalike("requests") is None
    assert lookalike("weatherbox") is None
    pin = Pin(name="reqeusts", version="1.0", hashes=("ab",))
    text = install_text(["reqeusts"], [pin], None)
    assert "reqeusts is not requests" in text
