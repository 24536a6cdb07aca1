"""Who may call: addresses, Host and Origin, and the login of a start."""

import base64
import binascii
import hashlib
import hmac
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from aifp.schemas.errors import AifpError
from aifp.schemas.ports import Keyring
from aifp.schemas.starts import Auth

LOCAL_NAMES = frozenset({"localhost"})
# The header GitHub made common for signatures; used when a start names none.
SIGNATURE_HEADER = "X-Hub-Signature-256"


@dataclass(frozen=True, slots=True)
class Caller:
    """What a request says about its sender; header names are lower case."""

    address: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_local(self) -> bool:
        """Say whether the request comes from this machine."""
        try:
            return ipaddress.ip_address(self.address).is_loopback
        except ValueError:
            return False


def is_welcome_host(header: str | None, own: str) -> bool:
    """Refuse names that a foreign page could point here; addresses cannot be rebound."""
    host = (urlsplit(f"//{header}").hostname or "") if header else ""
    return host in LOCAL_NAMES | {own.lower()} or _is_address(host)


def is_welcome_origin(header: str | None, own: str) -> bool:
    """Refuse pages of other sites; programs send no Origin."""
    return header is None or is_welcome_host(urlsplit(header).netloc, own)


def may_call(auth: Auth | None, caller: Caller, keyring: Keyring) -> bool:
    """Check the login of a start; a start without one is for this machine only."""
    if auth is None or auth.kind == "none":
        return caller.is_local
    try:
        secret = keyring.reveal(auth.secret or "")
    except AifpError:
        return False
    given = _given(auth, caller)
    return given is not None and _same(given, _wanted(auth, caller, secret))


def is_bearer(caller: Caller, token: str) -> bool:
    """Check a bearer token."""
    given = _after(caller.headers.get("authorization"), "bearer")
    return given is not None and _same(given, token)


def _given(auth: Auth, caller: Caller) -> str | None:
    match auth.kind:
        case "basic":
            return _decoded(_after(caller.headers.get("authorization"), "basic"))
        case "header":
            return caller.headers.get((auth.name or "").lower())
        case "hmac":
            header = caller.headers.get((auth.header or SIGNATURE_HEADER).lower())
            return header.removeprefix("sha256=").lower() if header else None
        case _:
            return _after(caller.headers.get("authorization"), "bearer")


def _wanted(auth: Auth, caller: Caller, secret: str) -> str:
    match auth.kind:
        case "basic":
            return f"{auth.user}:{secret}"
        case "hmac":
            return hmac.new(secret.encode(), caller.body, hashlib.sha256).hexdigest()
        case _:
            return secret


def _after(header: str | None, scheme: str) -> str | None:
    word, _, rest = (header or "").partition(" ")
    return rest.strip() if word.lower() == scheme else None


def _decoded(text: str | None) -> str | None:
    try:
        return base64.b64decode(text or "", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None


def _same(given: str, wanted: str) -> bool:
    """Compare in constant time; a secret that is empty is known to nobody."""
    return bool(wanted) and hmac.compare_digest(given.encode(), wanted.encode())


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
