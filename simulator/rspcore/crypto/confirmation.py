"""The hash by which a card binds a Confirmation Code to one RSP session.

Source: SGP.22 v2, 5.7.5 (hashCc); the server checks it, the card only carries it.
"""

from hashlib import sha256

from rspcore.ids import TransactionId

__all__ = ["hash_cc"]


def hash_cc(confirmation_code: str, transaction_id: TransactionId) -> bytes:
    """Returns hashCc, 32 octets: SHA-256 over SHA-256 of the code, then the TransactionID.

    Args:
        confirmation_code: The code as the End User typed it; hashed as UTF-8.
        transaction_id: TransactionID of the session.
    """
    inner = sha256(confirmation_code.encode("utf-8")).digest()
    return sha256(inner + transaction_id.octets).digest()
