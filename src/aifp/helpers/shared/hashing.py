"""One way to hash JSON: SHA-256 over the RFC 8785 bytes."""

import hashlib

import rfc8785

from aifp.schemas.errors import InvalidArgument


def canonical_bytes(value: object) -> bytes:
    """Return the RFC 8785 bytes of a JSON value: sorted keys, no spaces, numbers in one form."""
    try:
        return rfc8785.dumps(value)  # pyright: ignore[reportArgumentType]
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as fault:
        raise InvalidArgument(
            f"This cannot be written as portable JSON: {fault}. Write numbers beyond 2^53 and "
            "infinite ones as text, and no half surrogate pairs."
        ) from None


def sha256_of(value: object) -> str:
    """Return the hash of a JSON value, hex."""
    return hashlib.sha256(canonical_bytes(value)).hexdigest()


def sha256_of_bytes(data: bytes) -> str:
    """Return the hash of bytes, hex."""
    return hashlib.sha256(data).hexdigest()
