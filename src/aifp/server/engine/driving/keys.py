"""Hashes that name a call and its effect the same way in every attempt."""

import hashlib
import json

from aifp.schemas.sandbox import HostCall

# Every one of these carries the header Idempotency-Key.
KEYED_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def call_sha256(call: HostCall) -> str:
    """Return the hash by which a driven-again run is compared with its record."""
    text = json.dumps([call.function, call.arguments], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def step_key(run_key: str, path: str) -> str:
    """Return the idempotency key of one step: the run's key and the step's path."""
    return hashlib.sha256(f"{run_key}|{path}".encode()).hexdigest()


def is_keyed(call: HostCall) -> bool:
    """Say whether the receiver of this call sees an idempotency key."""
    return call.function == "http" and str(call.arguments.get("method")).upper() in KEYED_METHODS
