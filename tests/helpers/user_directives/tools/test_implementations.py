"""The code of directives: looked up, taken in from the project, and moved along."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from aifp.helpers.user_directives.internal.approvals import revoke
from aifp.helpers.user_directives.tools.implementation_tools import register_implementation
from aifp.schemas.common import JsonMap
from aifp.schemas.implementations import ImplementationRegistered
from aifp.schemas.packages import Pin
from aifp.schemas.subjects import Subject
from aifp.server.adapters.machine import HostMachine
from tests.clock import FakeClock
from tests.helpers.user_directives.calls import answered, called, refused
from tests.helpers.user_directives.lives import FUNCTIONS, HELPER, MODULE, TEXT, YES, Life

LAMP = '''"""The lamp."""

from aifp_guest import Ctx


def execute_sums(ctx: Ctx) -> dict[str, object]:
    """Say that the lamp is on."""
    ctx.log("info", "on")
    return {"on": True}
'''
GOOD = """from aifp_testing import play
from sums import execute_sums


def test_it_says_so() -> None:
    assert play(execute_sums).result == {"on": True}
"""
BAD = GOOD.replace("True}", "False}")
TESTS = "tests/test_sums.py"


async def register(life: Life, **more: object) -> int:
    given = {"directive_id": 1, "implementation_file": MODULE, "entry_point": "execute_sums"}
    answer = await called(life.ctx, "register_implementation", **(given | more))
    assert answer["success"] is True
    return answer["implementation_id"]


async def not_registered(life: Life, **more: object) -> JsonMap:
    """Return the refusal of a registration that changed nothing."""
    given = {"directive_id": 1, "implementation_file": MODULE, "entry_point": "execute_sums"}
    before = life.dump()
    answer = await refused(life.ctx, "register_implementation", **(given | more))
    assert life.dump() == before
    return answer


@pytest.mark.req("D21", "D59")
async def test_an_implementation_is_told_as_it_lies_on_disk(life: Life) -> None:
    await life.validated()
    nothing = {"found": False}
    assert await called(life.ctx, "get_implementation", directive_id=1) == nothing
    assert await called(life.ctx, "get_implementation", directive_id=99) == nothing
    await called(life.ctx, "user_directive_implement", name="sums", code=FUNCTIONS)
    made = "2026-11-21T12:00:00.000Z"
    expected = {
        "found": True,
        "id": 1,
        "directive_id": 1,
        "implementation_file": MODULE,
        "entry_point": "execute_sums",
        "generated_at": made,
        "last_modified": made,
        "status": "validated",
        "test_file": TESTS,
        "test_status": "passing",
        "test_source": "engine",
    }
    assert await called(life.ctx, "get_implementation", directive_id=1) == expected
    code = (life.project / MODULE).read_text()
    assert "def execute_sums(" in code and (life.project / TESTS).is_file()
    await cast("FakeClock", life.ctx.clock).advance(3600)
    await register(life, test_file=TESTS)
    same = await called(life.ctx, "get_implementation", directive_id=1)
    assert (same["id"], same["last_modified"]) == (1, made)
    life.write(MODULE, code + "\n# edited\n")
    await register(life, test_file=TESTS)
    edited = await called(life.ctx, "get_implementation", directive_id=1)
    assert (edited["generated_at"], edited["last_modified"]) == (made, "2026-11-21T13:00:00.000Z")
    assert edited["id"] != 1


async def four(life: Life) -> None:
    """Make four implemented directives, d0 to d3."""
    text = "timezone: UTC\ndirectives:\n" + "".join(
        f'  d{number}: {{every: 1h, do: log "x{number}"}}\n' for number in range(4)
    )
    await life.validated(text, "d0", "four.yaml")
    for number in range(4):
        await called(life.ctx, "user_directive_validate", name=f"d{number}")
        await called(life.ctx, "user_directive_implement", name=f"d{number}")


@pytest.mark.req("D22", "D23", "D60", "D64")
async def test_implementations_are_listed_by_status_and_by_their_tests(life: Life) -> None:
    await four(life)
    statuses = ("draft", "validated", "deployed", "failed")
    tests = ("passing", "failing", "pending", "skipped")
    for number, (status, test) in enumerate(zip(statuses, tests, strict=True), 1):
        update = "UPDATE directive_implementations SET status = ?, test_status = ? WHERE id = ?"
        life.sql(update, status, test, number)
    for number, status in enumerate(statuses, 1):
        found = await called(life.ctx, "get_implementations_by_status", status=status)
        assert [(one["id"], one["status"]) for one in found["result"]] == [(number, status)]
    failing = await called(life.ctx, "get_failing_tests")
    assert [(one["id"], one["test_status"]) for one in failing["result"]] == [
        (2, "failing"),
        (3, "pending"),
        (4, "skipped"),
    ]
    life.sql("UPDATE user_directives SET status = 'archived' WHERE id = 3")
    failing = await called(life.ctx, "get_failing_tests")
    assert [one["id"] for one in failing["result"]] == [2, 4]
    wrong = await refused(life.ctx, "get_implementations_by_status", status="running")
    assert wrong["result"] == [] and "deployed" in str(wrong["warnings"])


@pytest.mark.req("D24", "D61")
async def test_a_file_becomes_the_code_of_a_validated_directive(life: Life) -> None:
    await life.validated()
    life.write(MODULE, LAMP)
    life.write(TESTS, GOOD)
    implementation_id = await register(life, test_file=TESTS)
    found = await called(life.ctx, "get_implementation", directive_id=1)
    assert found["id"] == implementation_id
    assert (found["status"], found["test_status"]) == ("draft", "pending")
    assert (found["entry_point"], found["test_file"]) == ("execute_sums", TESTS)
    assert life.standing(1) == ("implemented", None, 0)
    files = life.sql("SELECT path, role, object_sha256 FROM artifact_version_files ORDER BY path")
    assert [(file["path"], file["role"]) for file in files] == [
        (MODULE, "implementation"),
        (TESTS, "test"),
    ]
    assert (await life.ctx.files.fetch(files[0]["object_sha256"])).decode() == LAMP
    # It goes the way of all code: a person sees it whole, then it may fire.
    await life.approve()
    await called(life.ctx, "user_directive_activate", name="sums")
    assert LAMP in life.person.asked[-1][0]


@pytest.mark.req("D24", "D98")
@pytest.mark.parametrize("other", ["code", "start"])
async def test_other_code_takes_the_approval_and_the_firing_away(life: Life, other: str) -> None:
    await life.active()
    code = (life.project / MODULE).read_text()
    start = "execute_sums" if other == "code" else "effect_tell"
    if other == "code":
        life.write(MODULE, code + "\n# edited\n")
    implementation_id = await register(life, entry_point=start, test_file=TESTS)
    assert life.standing(1) == ("implemented", None, 0)
    assert len(life.events("approval_void")) == 1
    found = await called(life.ctx, "get_implementation", directive_id=1)
    assert (found["id"], found["entry_point"]) == (implementation_id, start)
    assert (found["status"], found["test_status"]) == ("draft", "pending")
    helpers = life.sql("SELECT path FROM artifact_version_files WHERE role = 'helper'")
    assert {row["path"] for row in helpers} == {HELPER}
    refusal = await refused(life.ctx, "user_directive_activate", name="sums")
    assert refusal["error_code"] == "approval_required"


@pytest.mark.req("D24", "D65")
async def test_what_is_not_plain_code_of_the_project_is_refused(life: Life) -> None:
    await life.validated()
    outside = life.project.parent / "outside.py"
    outside.write_text(LAMP)
    life.write(MODULE, LAMP)
    (life.project / "link.py").symlink_to(outside)
    (life.project / "folder.py").mkdir()
    life.write("broken.py", "def execute_sums(:\n")
    life.write("notes.txt", LAMP)
    life.write("json.py", LAMP)
    (life.project / "latin.py").write_bytes(LAMP.replace("on", "\u00fc").encode("latin-1"))
    codes = {
        "../outside.py": "invalid_argument",
        str(outside): "invalid_argument",
        "link.py": "invalid_argument",
        "folder.py": "invalid_argument",
        "gone.py": "file_missing",
        "broken.py": "invalid_argument",
        "notes.txt": "invalid_argument",
        "json.py": "invalid_argument",
        "latin.py": "invalid_argument",
        "": "invalid_argument",
        "a\0.py": "invalid_argument",
    }
    for path, code in codes.items():
        assert (await not_registered(life, implementation_file=path))["error_code"] == code, path
    near = await not_registered(life, entry_point="execute_sum")
    assert "Did you mean execute_sums?" in str(near["error"])
    for path in ("../t.py", "link.py", "gone.py", "broken.py"):
        assert "error_code" in await not_registered(life, test_file=path)
    assert (await not_registered(life, directive_id=99))["error_code"] == "not_found"
    life.sql("UPDATE user_directives SET status = 'draft'")
    assert (await not_registered(life))["error_code"] == "invalid_transition"
    assert life.sql("SELECT id FROM directive_implementations") == []


@pytest.mark.req("D24")
async def test_registering_runs_nothing_of_the_file(life: Life) -> None:
    await life.validated()
    mark = life.project / "mark"
    life.write(MODULE, f"from pathlib import Path\n\nPath({str(mark)!r}).touch()\n\n" + LAMP)
    life.write(TESTS, f"open({str(mark)!r}, 'w')\n" + GOOD)
    await register(life, test_file=TESTS)
    assert not mark.exists()


@pytest.mark.req("D24")
async def test_the_same_code_again_changes_nothing(life: Life) -> None:
    await life.active()
    before = life.dump()
    assert await register(life, test_file=TESTS) == 1
    assert life.dump() == before
    found = await called(life.ctx, "get_implementation", directive_id=1)
    assert (found["status"], found["test_status"]) == ("deployed", "passing")
    # What somebody called failed begins anew as a draft.
    assert await move(life, 1, "failed") == {"success": True}
    assert await register(life, test_file=TESTS) == 1
    found = await called(life.ctx, "get_implementation", directive_id=1)
    assert (found["status"], found["test_status"]) == ("draft", "pending")


@pytest.mark.req("D24", "D49", "D97")
async def test_a_person_reads_that_registered_code_breaks_rules(life: Life) -> None:
    await life.validated()
    life.write(MODULE, "import os\n\n" + LAMP)
    await register(life)
    await answered(life.ctx, "set_directive_approval", directive_id=1, approved=True)
    text = life.person.asked[-1][0]
    assert "Static checks:\nNOT PASSED\n- sums.py: line 1: import of os is not allowed" in text
    life.write(MODULE, LAMP)
    await register(life)
    await answered(life.ctx, "set_directive_approval", directive_id=1, approved=True)
    assert "Static checks:\npassed\n" in life.person.asked[-1][0]


@pytest.mark.req("D24")
async def test_a_helper_that_is_no_python_is_refused_by_its_line(life: Life) -> None:
    await life.validated()
    life.write(MODULE, LAMP.replace("import Ctx\n", "import Ctx\nfrom lamp import glow\n"))
    life.write("src/automations/lamp.py", "import math\n\ndef glow(:\n")
    refusal = await not_registered(life)
    assert refusal["error_code"] == "invalid_argument"
    assert str(refusal["error"]).startswith("src/automations/lamp.py, line 3:")


async def move(life: Life, implementation_id: int, status: str) -> JsonMap:
    given = {"implementation_id": implementation_id, "status": status}
    return (await answered(life.ctx, "update_implementation_status", **given)).data


@pytest.mark.req("D25", "8.7")
async def test_code_is_deployed_only_as_a_person_approved_it(life: Life) -> None:
    await life.validated()
    life.write(MODULE, LAMP)
    one = await register(life)
    assert (await move(life, one, "deployed"))["error_code"] == "approval_required"
    assert await move(life, one, "validated") == {"success": True}
    assert (await move(life, one, "deployed"))["error_code"] == "approval_required"
    life.person.answers.append(YES)
    await called(life.ctx, "set_directive_approval", directive_id=1, approved=True)
    life.write(MODULE, LAMP + "# more\n")
    assert (await move(life, one, "deployed"))["error_code"] == "approval_required"
    (life.project / MODULE).unlink()
    assert (await move(life, one, "deployed"))["error_code"] == "file_missing"
    life.write(MODULE, LAMP)
    assert await move(life, one, "deployed") == {"success": True}
    before = life.dump()
    assert await move(life, one, "deployed") == {"success": True}
    for status in ("draft", "validated"):
        assert (await move(life, one, status))["error_code"] == "invalid_transition"
    assert life.dump() == before
    assert await move(life, one, "failed") == {"success": True}
    assert (await move(life, one, "validated"))["error_code"] == "invalid_transition"
    # New code begins anew, and the old one is no longer what could be approved.
    life.write(MODULE, LAMP + "# new\n")
    two = await register(life)
    assert two != one
    assert (await move(life, one, "deployed"))["error_code"] == "approval_required"
    found = await called(life.ctx, "get_implementation", directive_id=1)
    assert (found["id"], found["status"]) == (two, "draft")
    kinds = [event["to_status"] for event in life.events("implementation_status_changed")]
    assert kinds == ["validated", "deployed", "failed"]


class Meddling(HostMachine):
    """A machine that is looked at while somebody does something else."""

    def __init__(self, project: Path, meddle: Callable[[], Awaitable[object]]) -> None:
        super().__init__(project)
        self._meddle = meddle

    async def place(self, pins: Sequence[Pin], *, install: bool = False) -> list[str]:
        await self._meddle()
        return await super().place(pins, install=install)


@pytest.mark.req("D25")
@pytest.mark.parametrize("what", ["the approval goes", "other code comes"])
async def test_what_changes_during_the_checks_is_not_called_deployed(life: Life, what: str) -> None:
    await life.validated()
    life.write(MODULE, LAMP)
    one = await register(life)
    await move(life, one, "validated")
    await life.approve()
    plain = life.ctx

    async def meddle() -> None:
        if what == "the approval goes":
            await revoke(plain, Subject(kind="directive", id="1", name="sums"))
        else:
            life.write(MODULE, LAMP + "# new\n")
            given = await register_implementation(plain, 1, MODULE, "execute_sums")
            assert isinstance(given, ImplementationRegistered), given

    life.ctx = replace(plain, machine=Meddling(life.project, meddle))
    assert (await move(life, one, "deployed"))["error_code"] == "approval_required"
    rows = life.sql("SELECT status FROM directive_implementations WHERE id = ?", one)
    assert [row["status"] for row in rows] == ["validated"]


@pytest.mark.req("D25", "D97")
async def test_code_that_breaks_a_rule_is_not_called_validated(life: Life) -> None:
    await life.validated()
    life.write(MODULE, "import os\n\n" + LAMP)
    one = await register(life)
    # What counts is what was registered, not what lies there by now.
    life.write(MODULE, LAMP)
    refusal = await move(life, one, "validated")
    assert refusal["error_code"] == "invalid_argument"
    violations = cast("dict[str, Any]", refusal["details"])["violations"]
    assert [(v["file"], v["line"]) for v in violations] == [(MODULE, 1)]
    found = await called(life.ctx, "get_implementation", directive_id=1)
    assert found["status"] == "draft"


@pytest.mark.req("D25", "D26", "D65")
async def test_an_unknown_implementation_is_not_found(life: Life) -> None:
    for _ in range(2):
        assert (await move(life, 9, "failed"))["error_code"] == "not_found"
        tests = {"implementation_id": 9, "test_status": "passing"}
        answer = await refused(life.ctx, "update_test_status", **tests)
        assert answer["error_code"] == "not_found"
        if not life.database.exists():
            await life.validated(TEXT)


@pytest.mark.req("D26", "8.7")
async def test_a_reported_result_gives_way_to_the_engines_own(life: Life) -> None:
    await life.validated()
    life.write(MODULE, LAMP)
    life.write(TESTS, BAD)
    one = await register(life, test_file=TESTS)
    for reported in ("skipped", "failing", "pending", "passing"):
        told = {"implementation_id": one, "test_status": reported}
        assert await called(life.ctx, "update_test_status", **told) == {"success": True}
        found = await called(life.ctx, "get_implementation", directive_id=1)
        assert (found["test_status"], found["test_source"]) == (reported, "reported")
    await answered(life.ctx, "set_directive_approval", directive_id=1, approved=True)
    assert "Tests:\nnot tested\nReported, and not checked: passing" in life.person.asked[-1][0]
    own = await refused(life.ctx, "user_directive_implement", name="sums")
    assert "1 of 1 tests fail" in str(own["error"])
    found = await called(life.ctx, "get_implementation", directive_id=1)
    assert (found["id"], found["test_status"], found["test_source"]) == (one, "failing", "engine")
    await answered(life.ctx, "set_directive_approval", directive_id=1, approved=True)
    assert "FAILED: test_it_says_so" in life.person.asked[-1][0]
    life.write(TESTS, GOOD)
    await called(life.ctx, "user_directive_implement", name="sums")
    found = await called(life.ctx, "get_implementation", directive_id=1)
    assert (found["test_status"], found["test_source"]) == ("passing", "engine")


@pytest.mark.req("D26")
async def test_a_report_that_says_nothing_new_leaves_the_request_open(life: Life) -> None:
    await life.validated()
    life.write(MODULE, LAMP)
    old = await register(life)
    life.write(MODULE, LAMP + "# new\n")
    new = await register(life)

    async def reported(number: int, status: str) -> int:
        """Ask, report, and return how many requests are still open."""
        await answered(life.ctx, "set_directive_approval", directive_id=1, approved=True)
        given = {"implementation_id": number, "test_status": status}
        await called(life.ctx, "update_test_status", **given)
        return len((await called(life.ctx, "get_pending_approvals"))["result"])

    assert await reported(new, "passing") == 0
    assert await reported(new, "passing") == 1
    assert await reported(old, "failing") == 1
    assert await reported(new, "failing") == 0
