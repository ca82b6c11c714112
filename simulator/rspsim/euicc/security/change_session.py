"""What the functions of a Device Change have in common: its configuration, its signatures.

What the signatures are made over is not public. Here each is over the signed object and, by analogy
with a download, the last signature of the other side; the option `change_signatures_covered` leaves
the second out, on the card in both directions.

Source: SGP.22 v3.1, 3.11 and 5.7.
"""

from rspcore import tlv
from rspcore.messages.v3.capability_bits import EuiccRspCapability
from rspcore.messages.v3.profile_metadata import DeviceChangeConfiguration
from rspcore.tags import Tag
from rspsim.euicc.outcome import View
from rspsim.euicc.session_context import AuthenticatedServer
from rspsim.euicc.state import Profile

__all__ = ["available", "configuration_of", "for_context", "over", "verifies"]


def configuration_of(profile: Profile) -> DeviceChangeConfiguration | None:
    """Returns deviceChangeConfiguration of a Profile, or None."""
    for octets in profile.further_objects:
        if tlv.parse(octets).tag == Tag.DeviceChangeConfiguration:
            return DeviceChangeConfiguration.decode(octets)
    return None


def available(view: View) -> bool:
    """Returns whether a card has the functions of Device Change."""
    personality = view.state.personality
    bit = EuiccRspCapability.deviceChangeSupport
    return personality.version_3 and bit in personality.rsp_capability


def for_context(server: AuthenticatedServer | None, tag: int) -> bool:
    """Returns whether the session was opened with this alternative of ctxParams1."""
    return server is not None and server.ctx_params1[:1] == bytes((tag,))


def over(view: View, signed: bytes, last: bytes) -> bytes:
    """Returns what a signature is made over.

    Args:
        view: The card.
        signed: The signed object.
        last: Last signature of the other side, 64 octets.
    """
    if not view.options.change_signatures_covered:
        return signed
    return signed + tlv.encode(Tag.Signature, last)


def verifies(
    view: View, server: AuthenticatedServer | None, signature: bytes, signed: bytes, last: bytes
) -> bool:
    """Returns whether a signature is by the key of CERT.DPauth, over what it is made of."""
    key = None if server is None else server.server_key
    return key is not None and key.verify(signature, over(view, signed, last))
