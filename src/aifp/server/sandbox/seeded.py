"""Randomness as an input of the run: an endless stream of bytes that depends on the seed only."""

import hashlib


class SeededBytes:
    """Gives bytes; a run begins with `start`."""

    def __init__(self) -> None:
        self.start("")

    def start(self, seed: str) -> None:
        """Begin the stream of a seed."""
        self._seed = seed.encode()
        self._block = 0
        self._left = b""

    def take(self, size: int) -> bytes:
        """Return the next bytes."""
        while len(self._left) < size:
            block = self._seed + self._block.to_bytes(8, "little")
            self._left += hashlib.sha256(block).digest()
            self._block += 1
        taken, self._left = self._left[:size], self._left[size:]
        return taken
