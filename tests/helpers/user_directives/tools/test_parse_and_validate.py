import asyncio
import json
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from aifp.helpers.user_directives.internal.parsing import parse_directive_file
from aifp.helpers.user_directives.tools.workflow_tools import (
    user_directive_parse,
    user_directive_validate,
)
from aifp.schemas.common import Failure, JsonMap
from aifp.schemas.ports import Ctx, HumanAnswer
from aifp.schemas.workflow import ParseAnswer, ValidateAnswer
from aifp.server.adapters.keyring import FileKeyring
from tests.helpers.user_directives.conftest import Person, Write

ZONE = "timezone: Europe/Berlin\n"
GOOD = """
timezone: Europe/Berlin
directives:
  a: {every: 5m, do: GET https://a.example.net/x}
  b: {at: 07:00, do: notify log "Good morning"}
  c: {every: 1h, do: log "tick"}
"""
BAD = GOOD + '  d: {evrey: 5m, do: log "x"}\n'


async def parsed(ctx: Ctx, path: str) -> ParseAnswer:
    answer = await user_directive_parse(ctx, path)
    assert isinstance(answer, ParseAnswer), answer
    return answer


async def validated(ctx: Ctx, name: str, **answers: str) -> ValidateAnswer:
    given: JsonMap = {key.replace("__", "."): value for key, value in answers.items()}
    answer = await user_directive_validate(ctx, name, given or None)
    assert isinstance(answer, ValidateAnswer), answer
    return answer


@pytest.mark.req("D36", "D46")
async def test_one_bad_directive_does_not_keep_the_good_ones_out(
    plain_ctx: Ctx, write: Write
) -> None:
    answer = await parsed(plain_ctx, write("directives/home.yaml", BAD))
    assert [d.name for d in answer.directives] == ["a", "b", "c"]
    assert {d.status for d in answer.directives} == {"draft"}
    assert [error.line for error in answer.errors] == [7]
    assert "every" in answer.errors[0].message


@pytest.mark.req("D46")
async def test_parsing_an_unchanged_file_again_changes_nothing(
    plain_ctx: Ctx, write: Write, project: Path
) -> None:
    path = write("home.yaml", BAD)
    first = await parsed(plain_ctx, path)
    before = await dump(plain_ctx)
    assert await parsed(plain_ctx, path) == first
    assert await dump(plain_ctx) == before
    assert (project / path).read_text() == BAD


async def dump(ctx: Ctx) -> list[object]:
    rows = await ctx.directives.all("drafts_of_file", source_file="home.yaml")
    source = await ctx.directives.one("source_file_by_path", path="home.yaml")
    events = await ctx.directives.all("events_in_order")
    return [[dict(row) for row in rows], source and dict(source), len(events)]


@pytest.mark.req("D46")
async def test_a_name_that_another_file_owns_is_refused(plain_ctx: Ctx, write: Write) -> None:
    await parsed(plain_ctx, write("one.yaml", GOOD))
    other = await parsed(plain_ctx, write("two.yaml", GOOD.replace("  b:", "  z:")))
    assert [d.name for d in other.directives] == ["z"]
    assert len(other.errors) == 2
    assert all("one.yaml" in error.message for error in other.errors)


@pytest.mark.req("D86")
async def test_a_file_that_cannot_be_read_makes_no_database(
    plain_ctx: Ctx, write: Write, project: Path
) -> None:
    missing = await user_directive_parse(plain_ctx, "nowhere.yaml")
    assert isinstance(missing, Failure)
    assert missing.error_code == "file_missing"
    broken = await parsed(plain_ctx, write("x.yaml", "directives: &a {}\n"))
    assert not broken.success
    assert broken.errors[0].message.startswith("x.yaml:1:")
    assert not (project / ".aifp-project" / "user_directives.db").exists()
    await parsed(plain_ctx, write("home.yaml", GOOD))
    assert (project / ".aifp-project" / "user_directives.db").exists()


@pytest.mark.req("D46")
async def test_a_changed_draft_takes_the_new_text_and_is_a_draft_again(
    plain_ctx: Ctx, write: Write
) -> None:
    await parsed(plain_ctx, write("home.yaml", GOOD))
    assert (await validated(plain_ctx, "a")).status == "validated"
    again = await parsed(plain_ctx, write("home.yaml", GOOD.replace("5m", "10m")))
    assert [d.status for d in again.directives] == ["draft", "draft", "draft"]
    answer = await validated(plain_ctx, "a")
    assert answer.canonical is not None
    assert answer.canonical["when"] == [{"kind": "interval", "every_ms": 600_000}]


@pytest.mark.req("D46")
async def test_moving_a_directive_in_its_file_leaves_it_validated(
    plain_ctx: Ctx, write: Write
) -> None:
    await parsed(plain_ctx, write("home.yaml", GOOD))
    await validated(plain_ctx, "c")
    moved = await parsed(plain_ctx, write("home.yaml", "# a comment above\n" + GOOD))
    assert {d.name: d.status for d in moved.directives}["c"] == "validated"


@pytest.mark.req("D37", "D47")
async def test_two_questions_keep_a_draft_until_both_are_answered(
    plain_ctx: Ctx, write: Write
) -> None:
    await parsed(plain_ctx, write("q.txt", ZONE + "orchids: Every evening water the orchids\n"))
    first = await validated(plain_ctx, "orchids")
    assert (first.status, first.success) == ("draft", False)
    assert {q.id for q in first.questions} == {"q.action", "q.time_of_day"}
    second = await validated(plain_ctx, "orchids", q__time_of_day="06:30")
    assert (second.status, [q.id for q in second.questions]) == ("draft", ["q.action"])
    third = await validated(plain_ctx, "orchids", q__action='log "water"')
    assert third.status == "validated"
    assert third.reading
    assert third.next_due_times == [
        "2026-11-22T05:30:00.000Z",
        "2026-11-23T05:30:00.000Z",
        "2026-11-24T05:30:00.000Z",
    ]


@pytest.mark.req("D37")
async def test_an_answer_is_asked_again_when_its_text_changes(plain_ctx: Ctx, write: Write) -> None:
    text = 'timezone: Europe/Berlin\nlamp: At 5 log "on"\n'
    await parsed(plain_ctx, write("q.txt", text))
    assert (await validated(plain_ctx, "lamp", q__ampm="17:00")).status == "validated"
    await parsed(plain_ctx, write("q.txt", text.replace("At 5", "At 6")))
    again = await validated(plain_ctx, "lamp")
    assert (again.status, [q.id for q in again.questions]) == ("draft", ["q.ampm"])


@pytest.mark.req("D37")
async def test_a_question_with_a_default_is_shown_and_does_not_wait(
    plain_ctx: Ctx, write: Write
) -> None:
    await parsed(plain_ctx, write("q.txt", 'watering: Every day at 06:30 log "water"\n'))
    answer = await validated(plain_ctx, "watering")
    assert answer.status == "validated"
    assert [(q.id, q.severity, q.default) for q in answer.questions] == [
        ("q.timezone", "warning", "UTC")
    ]


API = """
timezone: Europe/Berlin
directives:
  order: {api: POST /orders, do: log "order"}
"""


@pytest.mark.req("D37")
async def test_the_assistant_cannot_answer_for_the_person(
    plain_ctx: Ctx, write: Write, person: Person
) -> None:
    await parsed(plain_ctx, write("api.yaml", API))
    asked = await validated(plain_ctx, "order")
    assert [(q.id, q.who) for q in asked.questions] == [("q.auth", "person")]
    refused = await user_directive_validate(plain_ctx, "order", {"q.auth": "none"})
    assert isinstance(refused, Failure)
    assert refused.error_code == "invalid_argument"
    assert (await validated(plain_ctx, "order")).status == "draft"
    assert person.asked


@pytest.mark.req("D37", "D47")
async def test_a_person_answers_through_the_form_of_the_client(
    plain_ctx: Ctx, write: Write, person: Person
) -> None:
    await parsed(plain_ctx, write("api.yaml", API))
    person.answers.append(HumanAnswer(action="accept", content={"answer_1": "none"}))
    assert (await validated(plain_ctx, "order")).status == "validated"
    rows = await plain_ctx.directives.all("questions_of_directive", directive_id=1)
    assert [row["answer_json"] for row in rows] == ['"none"']


@pytest.mark.req("D37")
async def test_a_person_answers_on_the_command_line(plain_ctx: Ctx, write: Write) -> None:
    await parsed(plain_ctx, write("api.yaml", API))
    by_hand = replace(plain_ctx, actor="user")
    assert (await validated(by_hand, "order", q__auth="none")).status == "validated"


async def test_an_answer_to_no_question_is_refused(plain_ctx: Ctx, write: Write) -> None:
    await parsed(plain_ctx, write("home.yaml", GOOD))
    refused = await user_directive_validate(plain_ctx, "a", {"q.colour": "blue"})
    assert isinstance(refused, Failure)
    assert "q.colour" in refused.error


@pytest.mark.req("I14")
@pytest.mark.parametrize(
    "path",
    ["../x.yaml", "/etc/passwd", "%2e%2e/x.yaml", "a\x00b.yaml", "a" * 5000, "~/x.yaml", "", "."],
)
async def test_a_path_outside_the_project_is_refused(plain_ctx: Ctx, path: str) -> None:
    refused = await user_directive_parse(plain_ctx, path)
    assert isinstance(refused, Failure)
    assert refused.error_code in {"invalid_argument", "file_missing"}


@pytest.mark.req("I14")
async def test_links_and_devices_are_no_directive_files(
    plain_ctx: Ctx, project: Path, tmp_path: Path
) -> None:
    (tmp_path / "outside.yaml").write_text(GOOD)
    (project / "link.yaml").symlink_to(tmp_path / "outside.yaml")
    (project / "zero.yaml").symlink_to("/dev/zero")
    for path in ("link.yaml", "zero.yaml"):
        refused = await user_directive_parse(plain_ctx, path)
        assert isinstance(refused, Failure)


@pytest.mark.req("I23", "I24")
async def test_hostile_names_are_stored_as_text_or_refused(plain_ctx: Ctx, write: Write) -> None:
    for name in ("'; DROP TABLE user_directives; --", "%", "_", "__proto__", "CON", "é" * 60):
        text = f'directives:\n  - name: {name!r}\n    every: 1h\n    do: log "x"\n'
        await user_directive_parse(plain_ctx, write("names.yaml", text))
    rows = await plain_ctx.directives.all("directive_files")
    assert rows
    assert all(str(row["name"]).isascii() for row in rows)


@pytest.mark.nightly
@pytest.mark.req("I15")
async def test_a_file_swapped_for_a_link_is_never_read(
    plain_ctx: Ctx, project: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside.yaml"
    outside.write_text(GOOD.replace("  a:", "  stolen:"))
    inside, done = project / "home.yaml", threading.Event()

    def swap() -> None:
        for turn in range(1_000):
            fresh = project / f"next_{turn}"
            if turn % 2:
                fresh.symlink_to(outside)
            else:
                fresh.write_text(GOOD)
            fresh.rename(inside)
        done.set()

    worker = threading.Thread(target=swap)
    inside.write_text(GOOD)
    worker.start()
    names: set[str] = set()
    while not done.is_set():
        answer = await user_directive_parse(plain_ctx, "home.yaml")
        if isinstance(answer, ParseAnswer):
            names.update(directive.name for directive in answer.directives)
    worker.join()
    assert names <= {"a", "b", "c"}


@pytest.mark.req("D36")
async def test_the_same_content_in_yaml_and_json_is_the_same_directive(
    plain_ctx: Ctx, write: Write
) -> None:
    await parsed(plain_ctx, write("one.yaml", GOOD))
    first = (await validated(plain_ctx, "a")).canonical
    do = "GET https://a.example.net/x"
    text = json.dumps({"timezone": "Europe/Berlin", "directives": {"z": {"every": "5m", "do": do}}})
    await parsed(plain_ctx, write("two.json", text))
    second = (await validated(plain_ctx, "z")).canonical
    assert first is not None
    assert second == {**first, "name": "z"}


async def test_a_format_that_is_given_is_used_where_the_suffix_says_nothing(
    plain_ctx: Ctx, write: Write
) -> None:
    path = write("directives.conf", 'tick: Every hour log "tick"\n')
    answer = await user_directive_parse(plain_ctx, path, "txt")
    assert isinstance(answer, ParseAnswer)
    assert [d.name for d in answer.directives] == ["tick"]


TIMES = """
timezone: Europe/Berlin
directives:
  gap: {at: 02:30, do: log "x"}
  often: {every: 5s, do: log "x"}
  over: {at: 2026-01-02 09:00, do: log "x"}
  calm: {at: 18:00, do: log "x"}
"""


@pytest.mark.req("D47")
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("gap", ["home.yaml:4:13: W301 clock change: runs at 03:00 on 2027-03-28."]),
        ("often", ["home.yaml:5:18: W303 more often than every 10 s."]),
        ("over", ["home.yaml:6:14: W302 no future run."]),
        ("calm", []),
    ],
)
async def test_validation_warns_of_odd_times_at_their_place(
    plain_ctx: Ctx, write: Write, name: str, told: list[str]
) -> None:
    await parsed(plain_ctx, write("home.yaml", TIMES))
    answers = {"q__past_date": "keep"} if name == "over" else {}
    answer = await validated(plain_ctx, name, **answers)
    assert answer.success
    assert [line for line in answer.warnings if ": W30" in line] == told


@pytest.mark.req("D47")
async def test_a_channel_that_is_not_there_is_asked_for(plain_ctx: Ctx, write: Write) -> None:
    await parsed(plain_ctx, write("home.yaml", ZONE + 'directives: {a: {do: notify phone "x"}}'))
    answer = await validated(plain_ctx, "a")
    assert [(q.id, q.options) for q in answer.questions] == [("q.channel", ["log"])]
    settled = await validated(plain_ctx, "a", q__channel="log")
    assert settled.canonical is not None
    assert settled.canonical["steps"] == [{"verb": "notify", "channel": "log", "message": "x"}]


PROJECT = """
timezone: Europe/Berlin
directives:
  a: {api: POST /in, auth: secret KEY, needs: later, do: log "a"}
  b: {api: POST /in, auth: secret KEY, do: log "b"}
  c: {every: 5m, do: log "c"}
  d: {every: 5m, do: log "c"}
"""


@pytest.mark.req("D36", "D47")
async def test_directives_of_one_file_are_read_beside_each_other(
    plain_ctx: Ctx, write: Write, keyring: FileKeyring
) -> None:
    keyring.store("KEY", "value")
    answer = await parsed(plain_ctx, write("home.yaml", PROJECT))
    assert [e.message for e in answer.errors] == ["home.yaml:5:12: E335 POST /in is used by a."]
    assert [d.name for d in answer.directives] == ["a", "c", "d"]
    assert (await validated(plain_ctx, "c")).questions == []
    assert [q.id for q in (await validated(plain_ctx, "d")).questions] == ["q.duplicate"]


@pytest.mark.req("D47")
async def test_what_is_needed_may_come_in_a_later_file_but_not_after_validation(
    plain_ctx: Ctx, write: Write, keyring: FileKeyring
) -> None:
    keyring.store("KEY", "value")
    await parsed(plain_ctx, write("home.yaml", PROJECT))
    [error] = (await validated(plain_ctx, "a")).errors
    assert "E608 needs unknown directive later" in error.message
    later = ZONE + 'directives: {later: {do: log "x", needs: a}}'
    await parsed(plain_ctx, write("later.yaml", later))
    assert (await validated(plain_ctx, "a")).success
    [circle] = (await validated(plain_ctx, "later")).errors
    assert "E607 later -> a -> later is a cycle" in circle.message


@pytest.mark.req("D36")
async def test_others_get_their_turn_while_a_large_file_is_read(
    plain_ctx: Ctx, write: Write
) -> None:
    lines = "".join(f'  job_{n}: {{every: {n + 1}m, do: log "x"}}\n' for n in range(100))
    path = write("large.yaml", f"{ZONE}directives:\n{lines}")
    turns = 0

    async def count_turns() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    async with asyncio.TaskGroup() as group:
        other = group.create_task(count_turns())
        read = await parse_directive_file(plain_ctx, path)
        other.cancel()
    assert len(read.readings) == 100
    assert turns >= 100
