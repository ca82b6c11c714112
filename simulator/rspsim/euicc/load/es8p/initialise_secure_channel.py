"""ES8+.InitialiseSecureChannel: the server's key agreement, signed (SGP.22 v2, 5.5.1)."""

from functools import cached_property
from typing import Final

from rspcore import tlv
from rspcore.crypto.bsp import Bsp
from rspcore.crypto.kdf import KEY_LENGTH, KEY_TYPE_AES, BspKeys, session_keys
from rspcore.crypto.keys import PublicKey
from rspcore.errors import CryptoError, DecodeError
from rspcore.frozen import dataclass, replace
from rspcore.ids import Eid
from rspcore.messages.es8p import InitialiseSecureChannelRequest, RemoteOpId
from rspcore.messages.notifications import BppCommandId, ErrorReason
from rspcore.tags import Tag
from rspsim.euicc.decisions import Check, Checks, Decision, first_refusal
from rspsim.euicc.load.step import UNREADABLE, Failure, Step
from rspsim.euicc.load_progress import Load, LoadPosition

__all__ = ["CHECKS", "KEYS", "VERIFIES", "ChannelAttempt", "initialise"]

_COMMAND = BppCommandId.initialiseSecureChannel
_SIGNED: Final = (0x82, 0x80, 0xA6, int(Tag.OneTimePublicKey))
"""The data objects smdpSign covers, in order; otPK.EUICC follows and is not in the command."""


@dataclass(frozen=True)
class ChannelAttempt:
    """A request and the load for its checks."""

    request: InitialiseSecureChannelRequest
    step: Step

    @property
    def signed(self) -> bytes:
        """Returns what smdpSign covers: the data objects as received, and otPK.EUICC."""
        received = tlv.parse(self.request.encode()).children()
        own = self.step.download.one_time_key.public.point
        parts = [bytes(one.raw) for one in received if one.tag in _SIGNED]
        return b"".join(parts) + tlv.encode(Tag.OneTimePublicKey, own)

    @property
    def signature_fits(self) -> bool:
        """Returns whether smdpSign was made with the key of CERT.DPpb."""
        verifies = self.step.view.decisions[VERIFIES]
        return verifies(self.step.download.server_key, self.request.smdp_sign, self.signed)

    @property
    def transaction_fits(self) -> bool:
        """Returns whether it names the session's TransactionID."""
        return self.request.transaction_id == self.step.server.transaction_id

    @property
    def template_supported(self) -> bool:
        """Returns whether the keys asked for are AES-128."""
        template = self.request.control_ref_template
        return template.key_type == bytes((KEY_TYPE_AES,)) and template.key_len == bytes(
            (KEY_LENGTH,)
        )

    @property
    def operation_supported(self) -> bool:
        """Returns whether it is the installation of a package."""
        return self.request.remote_op_id == RemoteOpId.installBoundProfilePackage

    @property
    def host_id_fits(self) -> bool:
        """Returns whether hostId has 1 to 16 octets."""
        return 1 <= len(self.request.control_ref_template.host_id) <= 16

    @cached_property
    def server_point(self) -> PublicKey | None:
        """Returns otPK.DP, None when it is no point of the curve in use."""
        curve = self.step.download.one_time_key.curve
        try:
            return PublicKey.from_point(curve, self.request.smdp_otpk)
        except CryptoError:
            return None


def _verifies(key: PublicKey, signature: bytes, data: bytes) -> bool:
    return key.verify(signature, data)


def _keys(z: bytes, host_id: bytes, eid: Eid) -> BspKeys:
    return session_keys(z, host_id=host_id, eid=eid)


_E = ErrorReason

CHECKS: Final[Decision[Checks[ChannelAttempt]]] = Decision(
    "es8p.initialise_secure_channel",
    (
        Check("smdp_sign", lambda a: a.signature_fits, _E.invalidSignature),
        Check("transaction_id", lambda a: a.transaction_fits, _E.invalidTransactionId),
        Check("control_ref_template", lambda a: a.template_supported, _E.unsupportedCrtValues),
        Check(
            "remote_op_id",
            lambda a: a.operation_supported,
            _E.unsupportedRemoteOperationType,
        ),
        Check("host_id", lambda a: a.host_id_fits, _E.incorrectInputValues),
        Check("smdp_otpk", lambda a: a.server_point is not None, _E.incorrectInputValues),
    ),
    "checks of InitialiseSecureChannel",
)
VERIFIES: Final = Decision(
    "es8p.initialise_secure_channel.verifies", _verifies, "whether smdpSign is good"
)
KEYS: Final = Decision(
    "es8p.initialise_secure_channel.keys", _keys, "BSP keys from shared secret, hostId and EID"
)


def initialise(octets: bytes, step: Step) -> Load | Failure | None:
    """Takes the first segment: the header of BF36 with the whole BF23.

    Returns:
        The load with its secure channel, why it fails, or None for a segment of another structure.
    """
    try:
        _, header, _ = tlv.read_header(octets)
        one = tlv.parse(octets[header:])
    except DecodeError:
        return None
    if one.tag != Tag.InitialiseSecureChannel:
        return None
    try:
        request = InitialiseSecureChannelRequest.from_tlv(one)
    except DecodeError:
        return Failure(_COMMAND, step.view.decisions[UNREADABLE])
    attempt = ChannelAttempt(request, step)
    reason = first_refusal(step.view.decisions[CHECKS], attempt)
    if reason is not None or attempt.server_point is None:
        return Failure(_COMMAND, _E.incorrectInputValues if reason is None else reason)
    z = step.download.one_time_key.agree(attempt.server_point)
    host_id = request.control_ref_template.host_id
    keys = step.view.decisions[KEYS](z, host_id, step.view.state.eid)
    longest = step.view.options.segment_limit.octets
    return replace(step.load, position=LoadPosition.SECURED, bsp=Bsp(keys, max_tlv=longest))
