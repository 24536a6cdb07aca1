"""What the command line may ask of the daemon, as the person at the terminal."""

from collections.abc import Callable

from pydantic import JsonValue

from aifp.helpers.lifecycle.internal.artifact_rows import find_artifact
from aifp.helpers.lifecycle.internal.deciding import (
    ask_about_tool,
    decide_request,
    require_in_force,
)
from aifp.helpers.lifecycle.internal.directive_asking import ask_about_directive
from aifp.helpers.shared.events import first_broken_event
from aifp.helpers.user_directives.internal.approving import (
    request_text,
)
from aifp.helpers.user_directives.internal.directive_rows import id_of
from aifp.helpers.user_directives.internal.due_report import due_report
from aifp.helpers.user_directives.internal.validation import validate_user_directive
from aifp.schemas.approvals import Approved, PendingDecision
from aifp.schemas.common import JsonMap
from aifp.schemas.errors import ApprovalRejected, Conflict, InvalidArgument, NoSuch
from aifp.schemas.ports import Row
from aifp.schemas.words import Decision
from aifp.server.adapters import passphrase
from aifp.server.app.wiring import House
from aifp.server.daemon.control import Handlers

DUE_TIMES, MOST_DUE_TIMES = 5, 1000
DECISIONS: dict[str, Decision] = {"approved": "approved", "rejected": "rejected"}


class Control:
    """The person's side of one house."""

    def __init__(self, house: House, end: Callable[[str], None]) -> None:
        self._house, self._end = house, end

    def handlers(self) -> Handlers:
        """Return every question the daemon answers to the command line."""
        return {
            "about": self.about,
            "audit": self.audit,
            "call": self.call,
            "request": self.request,
            "decide": self.decide,
            "decide_throwaway": self.decide_throwaway,
            "answer": self.answer,
            "due": self.due,
            "stop_all": self.stop_all,
            "resume": self.resume,
            "end": self.end,
        }

    async def about(self, _: JsonMap) -> JsonMap:
        """Say where keys lie and which project this is."""
        settings = self._house.settings
        return {"project": str(settings.project), "config_folder": str(settings.config_folder)}

    async def audit(self, _: JsonMap) -> JsonMap:
        """Check the chain of the audit log and name the first event whose seal does not hold."""
        return {"first_broken_event": await first_broken_event(self._house.base.directives)}

    async def call(self, given: JsonMap) -> JsonMap:
        """Call a tool as the person."""
        registry = self._house.sessions.registry
        entry = await registry.look_up(str(given.get("name")))
        if entry is None:
            raise NoSuch(f"There is no tool {given.get('name')!r}.")
        arguments = _map_of(given.get("arguments"))
        filled = {name: value for name, value in arguments.items() if value is not None}
        answer = await registry.run(self._house.person(), entry, filled)
        if answer.is_error:
            raise InvalidArgument(str(answer.data.get("error")))
        return answer.data

    async def request(self, given: JsonMap) -> JsonMap:
        """Return the open request about what is named, filing it if there is none."""
        if given.get("request_id") is not None:
            return await self._request_by_id(int(str(given["request_id"])), given.get("name"))
        if given.get("run_id") is not None:
            return await self._shown("run", str(given["run_id"]))
        if given.get("package"):
            return await self._shown("dependency", str(given.get("name")))
        asked = await self._asked(str(given.get("name")))
        if isinstance(asked, Approved):
            return {"approved": True}
        return await self._request_by_id(asked.approval_id)

    async def _asked(self, name: str) -> Approved | PendingDecision:
        """Ask about the directive or the tool of a name; a name that both have says too little."""
        ctx = self._house.person()
        tool = await find_artifact(ctx.directives, name, "user_tool")
        directive = await ctx.directives.one("directive_ids_by_name", name=name)
        asked = await ask_about_tool(ctx, name) if tool is not None else None
        if asked is not None and directive is None:
            return asked
        if asked is None or isinstance(asked, Approved):
            return await ask_about_directive(ctx, await id_of(ctx, name))
        raise Conflict(
            f"{name} is the name of a directive and of a tool. For the tool say: "
            f"aifp approve {name} --request {asked.approval_id}"
        )

    async def _request_by_id(self, approval_id: int, name: JsonValue = None) -> JsonMap:
        ctx = self._house.person()
        row = await ctx.directives.one("approval_by_id", id=approval_id)
        if row is None or name not in (None, row["subject_name"]):
            raise NoSuch(f"There is no approval request {approval_id} about {name}.")
        return self._told(row)

    async def _shown(self, kind: str, subject_id: str) -> JsonMap:
        ctx = self._house.person()
        open_row = await ctx.directives.one("open_request", kind=kind, subject_id=subject_id)
        if open_row is None:
            raise NoSuch(f"Nothing about {kind} {subject_id} waits for an answer.")
        row = await ctx.directives.one("approval_by_id", id=open_row["id"])
        if row is None:
            raise NoSuch(f"There is no approval request {open_row['id']}.")
        return self._told(row)

    def _told(self, row: Row) -> JsonMap:
        """Return a request as the person reads it."""
        ctx = self._house.person()
        return {
            "approval_id": int(str(row["id"])),
            "release_sha256": str(row["release_sha256"]),
            "text": request_text(ctx, row),
            "needs_passphrase": ctx.keyring.needs_passphrase(),
        }

    async def decide(self, given: JsonMap) -> JsonMap:
        """Write the decision of the person at the terminal."""
        folder = self._house.settings.config_folder
        said = str(given.get("passphrase") or "")
        if passphrase.is_set(folder) and not passphrase.is_right(folder, said):
            raise ApprovalRejected("That is not the passphrase. Nothing was decided.")
        return await self._write(given)

    async def decide_throwaway(self, given: JsonMap) -> JsonMap:
        """Decide without a terminal; only a project made to be thrown away allows it."""
        if not self._house.settings.throwaway:
            raise ApprovalRejected("Only a throw-away project may be approved without a terminal.")
        # The mark stands for the terminal, never for the passphrase.
        return await self.decide(given)

    async def _write(self, given: JsonMap) -> JsonMap:
        ctx, approval_id = self._house.person(), int(str(given.get("approval_id")))
        decision = DECISIONS.get(str(given.get("decision")))
        if decision is None:
            raise InvalidArgument("A decision is approved or rejected.")
        row = await ctx.directives.one("approval_by_id", id=approval_id)
        if row is None or row["release_sha256"] != given.get("release_sha256"):
            raise Conflict("The request is not the one that was shown. Look at it again.")
        await decide_request(ctx, approval_id, decision, "cli")
        if row["subject_kind"] == "artifact" and decision == "approved":
            await require_in_force(ctx, row)
        return {"decision": decision}

    async def answer(self, given: JsonMap) -> JsonMap:
        """Take a person's answers to the open questions of a directive."""
        answers, name = _map_of(given.get("answers")), str(given.get("name"))
        ctx = self._house.person()
        report = await validate_user_directive(ctx, name, answers, interactive=False)
        return report.model_dump(mode="json", by_alias=True)

    async def due(self, given: JsonMap) -> JsonMap:
        """Return the next due times of one directive, or of every active one."""
        name, count = given.get("name"), int(str(given.get("count") or DUE_TIMES))
        if not 1 <= count <= MOST_DUE_TIMES:
            raise InvalidArgument(f"A count is 1 to {MOST_DUE_TIMES}.")
        report = await due_report(self._house.person(), None if name is None else str(name), count)
        return {"directives": [line.model_dump(mode="json") for line in report]}

    async def stop_all(self, given: JsonMap) -> JsonMap:
        """End every run and let nothing fire until resume."""
        engine = self._house.engine
        return {"cancelled_runs": await engine.stop_all(str(given.get("reason") or "stopped"))}

    async def resume(self, _: JsonMap) -> JsonMap:
        """Clear the stop switch."""
        return {"resumed": await self._house.engine.resume("user")}

    async def end(self, _: JsonMap) -> JsonMap:
        """End the daemon in order."""
        self._end("asked at the terminal")
        return {"ending": True}


def _map_of(value: JsonValue) -> JsonMap:
    """Return a map as it is, anything else as an empty one."""
    return value if isinstance(value, dict) else {}
