"""Actions of the list form: `action: {type: api_call, ...}` as steps of the short grammar."""

import re
import shlex
from collections.abc import Callable

from pydantic import JsonValue

from aifp.helpers.user_directives.internal.language.faults import LanguageFault
from aifp.helpers.user_directives.internal.language.forms.keys import ACTIONS, HTTP_EXTRAS, STEP
from aifp.helpers.user_directives.internal.language.forms.plain import is_whole, wrong
from aifp.helpers.user_directives.internal.language.forms.reading import Reading
from aifp.helpers.user_directives.internal.language.forms.strings import action_of
from aifp.helpers.user_directives.internal.language.source.nodes import pointer
from aifp.helpers.user_directives.internal.language.suggestions import nearest
from aifp.schemas.common import JsonMap

SERVICE = re.compile(r"/(?:api/)?services/([a-z_][a-z0-9_]*)/([a-z_][a-z0-9_]*)")
SHELL_CHARACTERS = re.compile(r"[;&|<>$*?~(){}`\n]")
# Under which keys of the list form the value of a short key was written.
WRITTEN_AS: dict[str, tuple[str, ...]] = {
    "http": ("url", "endpoint"),
    "via": ("api",),
    "json": ("params", "body"),
    "query": ("params",),
    "call": ("service", "endpoint", "url"),
    "run": ("script", "command"),
    "cwd": ("working_dir",),
    "code": ("function",),
    "with": ("kwargs", "params"),
    "notify": ("channel", "target", "to"),
    "wait": ("duration",),
}
ALLOW = "allow the shell"
WITH_BODY = ("POST", "PUT", "PATCH")


class LongAction:
    """One action map while it is turned into a step."""

    def __init__(self, reading: Reading, path: str, value: JsonMap) -> None:
        self.reading, self.path, self.value = reading, path, value

    def step(self) -> JsonValue:
        """Return the step of the short grammar."""
        kind = self.value.get("type")
        if kind is None:
            return self.value
        read = self.readers().get(kind) if isinstance(kind, str) else None
        if read is None:
            raise unknown_type(kind)
        self.reading.check_keys(self.path, self.value, ACTIONS[str(kind)] | STEP | {"type"})
        step = read()
        if not isinstance(step, dict):
            return step
        extras = {key: self.value[key] for key in STEP if key in self.value}
        if is_whole(extras.get("timeout")):
            extras["timeout"] = f"{extras['timeout']}s"
        return {**step, **extras}

    def readers(self) -> dict[str, Callable[[], JsonValue]]:
        """Return the reader of each action type."""
        return {
            "api_call": self.http,
            "http_request": self.http,
            "script_execution": self.script,
            "function_call": self.function,
            "command": self.command,
            "notification": self.notification,
            "delay": self.delay,
        }

    def where(self, key: str) -> str:
        """Return the path of a key of this action."""
        return pointer(self.path, key)

    def need(self, key: str) -> JsonValue:
        """Return a required value; ask when it is missing."""
        if self.value.get(key) is not None:
            return self.value[key]
        return self.reading.ask(self.where(key)).put("q.params", key)

    def renamed(self, **names: str) -> JsonMap:
        """Return the written ones of some keys under their short names."""
        return {short: self.value[long] for long, short in names.items() if long in self.value}

    def http(self) -> JsonValue:
        """Read an api call: a plain address, or an endpoint of a connection."""
        service = self.value.get("service")
        if isinstance(service, str):
            return self.call(f"{service}.{self.value.get('method', '')}".strip("."))
        url = self.value.get("url", self.value.get("endpoint"))
        if url is None:
            url = self.need("url" if "api" not in self.value else "endpoint")
        if not isinstance(url, str):
            raise wrong(self.where("url"), "text", url)
        if found := SERVICE.fullmatch(url):
            return self.call(f"{found[1]}.{found[2]}")
        method = self.value.get("method", "POST")
        if not isinstance(method, str):
            raise wrong(self.where("method"), "text", method)
        step: JsonMap = {"http": f"{method.upper()} {url}", **self.renamed(api="via")}
        step |= {key: self.value[key] for key in HTTP_EXTRAS if key in self.value}
        return {**step, **self.renamed(headers="headers"), **self.payload(method.upper())}

    def payload(self, method: str) -> JsonMap:
        """Return what is sent: params as JSON or query, a body as it is."""
        found: JsonMap = {}
        if "params" in self.value:
            found["json" if method in WITH_BODY else "query"] = self.value["params"]
        if "body" in self.value:
            body = self.value["body"]
            if "json" in found:
                raise LanguageFault("E514")
            found["body" if isinstance(body, str) else "json"] = body
        return found

    def call(self, target: str) -> JsonValue:
        """Return the call of a service of a connection."""
        if "." not in target:
            target = str(self.reading.ask(self.where("service")).put("q.call_target", target))
        return {"call": target, **self.renamed(api="via", params="with")}

    def script(self) -> JsonValue:
        """Read a program with arguments."""
        return {
            "run": self.need("script"),
            **self.renamed(args="args", working_dir="cwd", env="env"),
        }

    def function(self) -> JsonValue:
        """Read a function of a module."""
        return {
            "code": self.need("function"),
            **self.renamed(module="module", args="args", kwargs="with"),
        }

    def command(self) -> JsonValue:
        """Read a command: a list of words, or a text split by quoting rules only."""
        extras = self.renamed(working_dir="cwd", env="env")
        command = self.need("command")
        if isinstance(command, list) and command:
            return {"run": command[0], "args": command[1:], **extras}
        if not isinstance(command, str) or not command.strip():
            raise wrong(self.where("command"), "a text or a list", command)
        if SHELL_CHARACTERS.search(command):
            return self.shell(command, extras)
        try:
            words = shlex.split(command)
        except ValueError as error:
            raise LanguageFault("E501", hint=f"the command text has {error}") from None
        return {"run": words[0], "args": [*words[1:]], **extras}

    def shell(self, command: str, extras: JsonMap) -> JsonValue:
        """Ask the person about a command that needs a shell."""
        answer = self.reading.ask(self.where("command")).put("q.shell", command)
        if answer == ALLOW:
            return {"run": "/bin/sh", "args": ["-c", command], **extras}
        if isinstance(answer, list | dict):
            return answer
        return self.reading.ask(self.where("command")).put("q.action", command)

    def notification(self) -> JsonValue:
        """Read a notice."""
        keys = [key for key in ("channel", "target", "to") if self.value.get(key) is not None]
        if keys:
            channel = self.value[keys[0]]
        else:
            known = self.reading.known.channels or []
            channel = self.reading.ask(self.where("channel")).put("q.channel", "", [*known])
        step: JsonMap = {"notify": channel, "message": self.need("message")}
        return {**step, **self.renamed(title="title", level="level")}

    def delay(self) -> JsonValue:
        """Read a wait; numbers are seconds."""
        duration = self.need("duration")
        if isinstance(duration, float):
            return {"wait": f"{round(duration * 1000)}ms"}
        return {"wait": f"{duration}s" if is_whole(duration) else duration}


def written_as(value: JsonValue, path: str) -> dict[str, str]:
    """Return where the values of the short keys of an action were written."""
    if not isinstance(value, dict) or "type" not in value:
        return {}
    return {
        short: pointer(path, key)
        for short, keys in WRITTEN_AS.items()
        for key in reversed(keys)
        if key in value
    }


def unknown_type(kind: JsonValue) -> LanguageFault:
    """Return the fault for an action type nobody knows."""
    near = nearest(kind, ACTIONS) if isinstance(kind, str) else None
    return LanguageFault("E508", x=kind, nearest=near)


def action_step(reading: Reading, path: str, value: JsonValue) -> JsonValue:
    """Return the step of the short grammar for one action."""
    if isinstance(value, str):
        value = action_of(value)
    if isinstance(value, dict):
        return LongAction(reading, path, value).step()
    return value
