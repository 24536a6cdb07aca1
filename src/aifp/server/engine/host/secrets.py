"""Put secrets in at the last moment, each only towards the host it is granted for."""

import base64
import hashlib
import hmac

from pydantic import JsonValue

from aifp.schemas.common import JsonMap
from aifp.schemas.errors import InvalidArgument
from aifp.schemas.starts import Auth
from aifp.server.engine.driving.grants import Grants
from aifp.server.engine.host.tools import Tools, read_arguments

HMAC_HEADER = "X-Hub-Signature-256"


class SecretFiller:
    """Reveals granted secrets for one call and makes sure that nothing keeps them."""

    def __init__(self, host: str, grants: Grants, tools: Tools) -> None:
        self._host, self._grants, self._tools = host, grants, tools

    def reveal(self, name: str) -> str:
        """Return one secret, if this host may see it."""
        self._grants.permit("secret", name=name, host=self._host)
        value = self._tools.ctx.keyring.reveal(name)
        self._tools.redactor.also(value)
        return value

    def fill(self, value: JsonValue) -> JsonValue:
        """Return JSON with every {secret: NAME, prefix: ...} replaced by its text."""
        match value:
            case {"secret": str(name), **rest} if set(rest) <= {"prefix"}:
                return f"{rest.get('prefix') or ''}{self.reveal(name)}"
            case dict():
                return {key: self.fill(entry) for key, entry in value.items()}
            case list():
                return [self.fill(entry) for entry in value]
            case _:
                return value

    def headers(self, auth: Auth, body: bytes | None) -> dict[str, str]:
        """Return the header by which we prove who we are."""
        if auth.kind == "none":
            return {}
        if not auth.secret:
            raise InvalidArgument("auth names no secret.")
        secret = self.reveal(auth.secret)
        match auth.kind:
            case "bearer":
                return {"Authorization": f"Bearer {secret}"}
            case "basic":
                pair = f"{auth.user or ''}:{secret}"
                self._tools.redactor.also(pair)
                return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
            case "header":
                return {auth.header or auth.name or "Authorization": secret}
            case "hmac":
                digest = hmac.new(secret.encode(), body or b"", hashlib.sha256).hexdigest()
                return {auth.header or auth.name or HMAC_HEADER: f"sha256={digest}"}


def read_auth(auth: JsonMap | str | None) -> Auth:
    """Read `secret NAME` or the map of a login."""
    match auth:
        case None:
            return Auth(kind="none")
        case str() if auth.startswith("secret "):
            return Auth(kind="bearer", secret=auth.removeprefix("secret ").strip())
        case str():
            raise InvalidArgument("auth is written `secret NAME` or as a map.")
        case _:
            return read_arguments(Auth, auth)
