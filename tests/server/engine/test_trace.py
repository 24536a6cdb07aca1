"""The record against the calls a run makes now."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aifp.schemas.sandbox import HostCall
from aifp.server.engine.driving.keys import call_sha256, step_key
from aifp.server.engine.driving.rows import AttemptRow, StepRow
from aifp.server.engine.driving.trace import Diverged, PlannedStep, Trace

RUN = "run-key"


def call(n: int) -> HostCall:
    return HostCall(function="http", arguments={"method": "POST", "n": n})


def row(step: PlannedStep, attempt: int, status: str = "ok") -> StepRow:
    return StepRow.model_validate(
        {
            "attempt": attempt,
            "seq": step.seq,
            "function": step.call.function,
            "call_sha256": step.sha256,
            "status": status,
            "idempotency_key": step.key,
            "started_at": "t",
            **dict.fromkeys(
                (
                    "result_json",
                    "result_sha256",
                    "error_type",
                    "error_message",
                    "finished_at",
                    "wake_at",
                )
            ),
        }
    )


def ended(attempt: int, *failed: int) -> AttemptRow:
    return AttemptRow(
        attempt=attempt,
        status="failure",
        started_at="t",
        finished_at="t",
        error_type=None,
        error_message=None,
        failed_steps=list(failed),
    )


def test_a_call_is_the_same_whatever_the_order_of_its_arguments() -> None:
    one = HostCall(function="http", arguments={"a": 1, "b": [1.5, None]})
    other = HostCall(function="http", arguments={"b": [1.5, None], "a": 1})
    assert call_sha256(one) == call_sha256(other)
    assert call_sha256(one) != call_sha256(call(1))


@pytest.mark.req("D95")
@given(st.lists(st.integers(0, 2), max_size=8), st.integers(0, 8))
def test_within_an_attempt_the_record_answers_call_by_call(made: list[int], done: int) -> None:
    first = Trace(RUN, 1, [], []).plan([call(n) for n in made])
    record = [row(step, 1) for step in first[:done]]
    again = Trace(RUN, 1, record, []).plan([call(n) for n in made])
    assert [s.key for s in again] == [s.key for s in first]
    assert [s.found is not None for s in again] == [s.seq <= done for s in again]
    assert len({s.key for s in again}) == len(made)


@pytest.mark.req("D95")
def test_the_first_difference_is_named() -> None:
    first = Trace(RUN, 1, [], []).plan([call(1), call(2)])
    trace = Trace(RUN, 1, [row(step, 1) for step in first], [])
    trace.plan([call(1)])
    with pytest.raises(Diverged, match="step 2 was http"):
        trace.plan([call(3)])


@pytest.mark.req("D94")
@given(st.lists(st.integers(0, 2), min_size=1, max_size=8), st.data())
def test_a_new_attempt_repeats_the_failed_step_only(made: list[int], data: st.DataObject) -> None:
    failed = data.draw(st.integers(1, len(made)))
    first = Trace(RUN, 1, [], []).plan([call(n) for n in made[:failed]])
    record = [row(s, 1, "error" if s.seq == failed else "ok") for s in first]
    again = Trace(RUN, 2, record, [ended(1, failed)]).plan([call(n) for n in made])
    assert [s.earlier is not None for s in again] == [s.seq < failed for s in again]
    assert [s.key for s in again[:failed]] == [s.key for s in first]
    assert len({s.key for s in again}) == len(made)


@pytest.mark.req("D94")
def test_a_step_that_takes_the_number_of_a_finished_one_has_a_key_of_its_own() -> None:
    """Branch two failed in attempt 1, so branch three had its second step under number 4."""
    first = Trace(RUN, 1, [], []).plan([call(n) for n in (1, 2, 3, 30)])
    record = [row(s, 1, "error" if s.seq == 2 else "ok") for s in first]
    again = Trace(RUN, 2, record, [ended(1, 2)]).plan([call(n) for n in (1, 2, 3, 20, 30)])
    assert [s.earlier is not None for s in again] == [True, False, True, False, True]
    assert again[3].key != first[3].key == again[4].key
    assert again[1].key == first[1].key == step_key(RUN, "2")


@pytest.mark.req("D95")
def test_what_was_begun_and_never_finished_is_unknown() -> None:
    (step,) = Trace(RUN, 1, [], []).plan([call(1)])
    cut = row(step, 1, "started")
    assert Trace(RUN, 1, [cut], []).plan([call(1)])[0].unknown
    assert Trace(RUN, 2, [cut], [ended(1)]).plan([call(1)])[0].unknown
    waiting = cut.model_copy(update={"wake_at": "t"})
    assert not Trace(RUN, 1, [waiting], []).plan([call(1)])[0].unknown
