"""Long content of a written state, under names made from it.

The same content has the same name, so that a store keeps it once and writes it once, however often
the rest of the state changes; and content that was altered no longer matches its name.
"""

from hashlib import sha256

from rspcore.errors import StoreError

__all__ = ["Contents", "name_of"]


def name_of(octets: bytes) -> str:
    """Returns the name of octets: their SHA-256 in hexadecimal digits."""
    return sha256(octets).hexdigest()


class Contents(dict[str, bytes]):
    """Long content under names made from it: SHA-256 in hexadecimal digits."""

    def put(self, octets: bytes) -> str:
        """Adds octets and returns their name."""
        name = name_of(octets)
        self[name] = octets
        return name

    def take(self, name: str) -> bytes:
        """Returns the octets of a name.

        Raises:
            StoreError: they are missing, or they do not match the name.
        """
        octets = self.get(name)
        if octets is None or name_of(octets) != name:
            state = "missing" if octets is None else "altered"
            raise StoreError(f"octets {name[:16]}... are {state}")
        return octets
