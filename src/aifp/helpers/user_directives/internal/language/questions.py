"""The catalogue of questions (directive-format 12), and the Ask that answers from given answers."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple

from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.faults import OpenQuestion
from aifp.schemas.reading import Question
from aifp.schemas.words import Severity

Who = Literal["any", "person"]


class Wording(NamedTuple):
    """How a question is put, what may be answered, and by whom."""

    text: str
    choices: tuple[JsonValue, ...] = ()
    default: JsonValue = None
    who: Who = "any"


QUESTIONS: dict[str, Wording] = {
    "q.trigger": Wording("What starts it?", ("time", "event", "condition", "manual")),
    "q.timezone": Wording("In which time zone are its times?", ("UTC",)),
    "q.time_of_day": Wording("At what time of day?", ("07:00", "19:00")),
    "q.ampm": Wording("Morning or afternoon?"),
    "q.night_day": Wording("On that date, or in the night after it?", ("that date", "next date")),
    "q.days_int": Wording(
        "Is this a day of the month or a weekday?",
        ("day of the month", "weekday"),
        "day of the month",
    ),
    "q.month_day": Wording("On which day of the month?"),
    "q.anchor": Wording("From which date is it counted?", ("next match",), "next match"),
    "q.dst_off": Wording(
        "Follow the clock changes of the zone, or keep its standard offset?",
        ("follow the zone", "fixed standard offset"),
        "follow the zone",
    ),
    "q.check": Wording("How often is the condition tested?", ("60s",), "60s"),
    "q.split": Wording("Where does the action begin? Write `when part | action`."),
    "q.event": Wording(
        "Which event is meant?", ("event NAME", "state domain.object to VALUE", "webhook ID")
    ),
    "q.condition": Wording("Which condition is meant?", ("sensor.name > 20",)),
    "q.entity": Wording("Which entity is meant?"),
    "q.value_source": Wording(
        "Where does this value come from?", ("HTTP read", "entity", "function", "it is text")
    ),
    "q.action": Wording("Which action is meant?"),
    "q.params": Wording("A required field is missing: which value?"),
    "q.call_target": Wording("Which service of which connection is called?"),
    "q.base_url": Wording("Which connection or base address is it?"),
    "q.channel": Wording("Which channel is it?"),
    "q.placeholder": Wording(
        "Is this a placeholder?", ("template {{ }}", "read step", "plain text")
    ),
    "q.secret": Wording("This secret is not stored.", ("store it", "other name"), who="person"),
    "q.auth": Wording(
        "How do callers prove who they are?", ("bearer", "hmac", "none"), who="person"
    ),
    "q.shell": Wording(
        "This command needs a shell.", ("split into steps", "allow the shell"), who="person"
    ),
    "q.private_host": Wording(
        "This host is private or local.", ("allow this host", "cancel"), who="person"
    ),
    "q.past_date": Wording("This date is over. Change it?", ("change", "keep")),
    "q.duplicate": Wording(
        "Another directive has the same starts and steps.", ("merge", "keep"), "keep"
    ),
    "q.cron_user": Wording("Is this word a user?", ("is a user", "is the command")),
}


def severity_of(default: JsonValue, who: Who) -> Severity:
    """Return error when only an answer settles it, else warning."""
    return "error" if default is None or who == "person" else "warning"


class Asker:
    """Answers from what was answered before; notes what is still open or took its default."""

    def __init__(
        self,
        directive: str,
        field: str,
        line: int,
        answers: Mapping[str, JsonValue],
        note: Callable[[Question], None],
        used: set[tuple[str, str]],
    ) -> None:
        self.directive, self.field, self.line = directive, field, line
        self.answers, self.note, self.used = answers, note, used

    def __call__(
        self,
        question_id: str,
        text: str,
        choices: Sequence[JsonValue] = (),
        default: JsonValue = None,
        who: Who = "any",
    ) -> JsonValue:
        """Return the answer, else the default; note the question; with neither it is open."""
        answer = self.given(question_id)
        if answer is not None:
            return answer
        severity = severity_of(default, who)
        self.note(
            Question(
                id=question_id,
                directive=self.directive,
                field=self.field,
                line=self.line,
                text=text,
                choices=list(choices),
                default=default,
                severity=severity,
                who=who,
            )
        )
        if severity == "error":
            raise OpenQuestion(question_id)
        return default

    def put(
        self, question_id: str, detail: str = "", choices: Sequence[JsonValue] = ()
    ) -> JsonValue:
        """Ask a question of the catalogue, with what it is about in front."""
        wording = QUESTIONS[question_id]
        text = f"{detail}: {wording.text}" if detail else wording.text
        return self(question_id, text, choices or wording.choices, wording.default, wording.who)

    def given(self, question_id: str) -> JsonValue:
        """Return the answer for this very field, else the one for the question, else None."""
        answer = self.answers.get(f"{question_id}@{self.field}", self.answers.get(question_id))
        if answer is None or self.stands_in_its_answer(question_id):
            return None
        self.used.add((question_id, self.field))
        return answer

    def stands_in_its_answer(self, question_id: str) -> bool:
        """Say whether the field came from the very answer, which cannot answer itself."""
        return any(
            asked == question_id and self.field.startswith(f"{field}/")
            for asked, field in self.used
        )


def probe(
    question_id: str,
    text: str,
    choices: Sequence[JsonValue] = (),
    default: JsonValue = None,
    who: Who = "any",
) -> JsonValue:
    """Ask nobody: for trying whether a text is in a grammar at all."""
    del text, choices, who
    if default is None:
        raise OpenQuestion(question_id)
    return default
