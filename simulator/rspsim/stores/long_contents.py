"""Long content of a written state, under names made from it.

The same content has the same name, so that a store keeps it once and writes it once, however often
the rest of the state changes; and content that was altered no longer matches its name.
"""

from hashlib import sha256

from rspcore.errors import StoreError

__all__ = ["Contents"]


class Contents(dict[str, bytes]):
    """Long content under names made from it: SHA-256 in hexadecimal digits."""

    def put(self, octets: bytes) -> str:
        """Adds octets and returns their name."""
        name = sha256(octets).hexdigest()
        self[name] = octets
        return name

    def take(self, name: str) -> bytes:
        """Returns the octets of a name.

        Raises:
            StoreError: they are missing, or they do not match the name.
        """
        octets = self.get(name)
        if octets is None or sha256(octets).hexdigest() != name:
            state = "missing" if octets is None else "altered"
            raise StoreError(f"octets {name[:16]}... are {state}")
        return octets
