"""How the server binds packages where several ways are valid, and what it draws for each.

`rspcore.bpp` makes the package. What was bound to a card is kept with its order: when the card
comes back with the same one-time key, the same protected data objects are sent again under a new
key agreement request, because only that request names the session (SGP.22 v2, 3.1.3.3, 5.6.2).
"""

from rspcore.crypto.bsp import MAX_ENCRYPTED_PLAINTEXT, MAX_MACED_PLAINTEXT
from rspcore.crypto.kdf import BspKeys
from rspcore.frozen import dataclass
from rspsim.env import Rng

__all__ = ["BindingChoice", "new_host_id", "new_keys"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BindingChoice:
    """How packages are bound where several ways are valid.

    Attributes:
        replace_session_keys: True to protect the profile under its own keys (PPK), announced by
            ReplaceSessionKeys; False to protect it under the session keys.
        segment_octets: Maximum number of plaintext octets in one 86.
        metadata_octets: Maximum number of plaintext octets in one 88.
        host_id_octets: Length of hostId, 1 to 16.
    """

    replace_session_keys: bool = False
    segment_octets: int = MAX_ENCRYPTED_PLAINTEXT
    metadata_octets: int = MAX_MACED_PLAINTEXT
    host_id_octets: int = 8


def new_host_id(rng: Rng, choice: BindingChoice) -> bytes:
    """Draws a hostId of the length chosen."""
    return rng.octets(choice.host_id_octets)


def new_keys(rng: Rng, choice: BindingChoice) -> BspKeys | None:
    """Draws profile protection keys; returns None when the session keys protect the profile."""
    if not choice.replace_session_keys:
        return None
    return BspKeys(rng.octets(16), rng.octets(16), rng.octets(16))
