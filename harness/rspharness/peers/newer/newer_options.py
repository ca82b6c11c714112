"""What a server shows of version 3 when a card and an LPA of version 3 open a session."""

from collections.abc import Mapping
from typing import Final

from rspcore.errors import DecodeError
from rspcore.ids import Version
from rspcore.messages.v3.capability_bits import ServerRspCapability
from rspcore.pki.certificate import Certificate
from rspcore.pki.roles import Role
from rspcore.pki.variants import Variant, variant_of
from rspharness.peers.newer.newer_calls import NewerCalls
from rspharness.record.verdicts import ExpectationError, NotApplicable

__all__ = ["options_seen"]

_S: Final = ServerRspCapability
_BITS: Final[Mapping[str, ServerRspCapability]] = {
    "CRL_STAPLING": _S.crlStaplingV3Support,
    "SIGNED_SMDS": _S.eventListSigningV3Support,
    "PUSH": _S.pushServiceV3Support,
    "CANCEL_EMPTY_NAME": _S.cancelForEmptySpnPnSupport,
}
"""Options of rows for servers, each a bit of serverRspCapability."""
_VARIANTS: Final[Mapping[str, Variant]] = {
    "VAR_A": Variant.A,
    "VAR_B": Variant.B,
    "VAR_C": Variant.C,
}
_V3, _V3_1 = Version.from_text("3.0.0"), Version.from_text("3.1.0")


def options_seen(calls: NewerCalls, *, sm_ds: bool) -> dict[str, bool]:
    """Opens a session and returns the options of version 3 that it shows.

    Args:
        calls: A card and an LPA of version 3.
        sm_ds: Whether the server is an SM-DS.

    Returns:
        The options; nothing of a server of version 2, or of one that refuses such a client.
    """
    try:
        answer = calls.initiate()
        if answer.status != 200 or answer.refusal:
            return {}
        signed = calls.newer_signed1
        leaf, others = calls.server_certificate(), calls.certificates()
        chain = [Certificate.from_der(one) for one in others]
    except (ExpectationError, NotApplicable, DecodeError):
        return {}  # what it does with a session of version 2 is seen elsewhere
    context = signed.session_context
    if context is None or context.server_svn < _V3:
        return {}
    capability = signed.server_rsp_capability or frozenset()
    roles = [one.role for one in chain if one.role is not None]
    newer = _is_newer(leaf)
    variant = variant_of(roles, newer=newer) if len(roles) == len(chain) else None
    return {
        "SMDS" if sm_ds else "SMDP": True,
        "V3_1": context.server_svn >= _V3_1,
        **{name: bit in capability for name, bit in _BITS.items()},
        **{name: one is variant for name, one in _VARIANTS.items()},
    }


def _is_newer(leaf: Certificate) -> bool:
    role: Role | None = leaf.role
    return role is not None and role.oid_v3.dotted in leaf.policies
