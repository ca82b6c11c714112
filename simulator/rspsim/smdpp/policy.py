"""Policy: every choice the specification leaves to the server, in one frozen value."""

from datetime import timedelta
from typing import Final

from rspcore.frozen import dataclass
from rspcore.ids import Version
from rspcore.messages.es10b import CancelSessionReason
from rspcore.messages.notifications import ErrorReason
from rspcore.pki.variants import Variant
from rspsim.smdpp.stock.binding import BindingChoice
from rspsim.smdpp.stock.orders import OrderEvent

__all__ = ["LOWEST_SVN", "STANDARD", "VERSION", "Policy"]

VERSION: Final = Version.from_text("2.5.0")
LOWEST_SVN: Final = Version.from_text("2.0.0")

_C, _R = CancelSessionReason, ErrorReason
_BINDING: Final = BindingChoice()


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The server's choices.

    Attributes:
        version: Highest version of the protocol, as answered in X-Admin-Protocol.
        chain: Variant of the chain for cards and LPAs that take one of version 3, from protocol
            version 3.0.0 on; others get the flat chain of Variant O.
        push_services: Services for push that an SM-DS of version 3 registers devices for, OIDs.
        lowest_svn: Lowest svn of a card that is served.
        next_major: First major version of a card's svn that is not served any more.
        strict_headers: True to refuse requests whose User-Agent or X-Admin-Protocol is not that of
            an LPA.
        session_lifetime: How long a session waits for its next step.
        eid_check_digits: True to refuse an EID whose check digits do not fit.
        offer_kept_otpk: True to include the key of an earlier attempt in smdpSigned2.
        rebind: True to bind again when the card sends another one-time key; False to refuse.
        cancel_effects: What a cancellation does to its order; a reason not listed is final.
        permanent_errors: errorReasons of a ProfileInstallationResult after which no further attempt
            is allowed.
        after_deletion: What a delete notification does to an installed profile, or None.
        binding: How packages are bound.
        skipped_checks: Names of checks that are left out, to simulate a careless server.
        max_body_octets: Longest body that is read.
        keep_session_after_wrong_code: True to let a card try again in the same session after a
            wrong Confirmation Code; False because the texts end it (5.6.2).
        signing_list_first: True to ask EUICCInfo1's list for signing before the one for
            verification, which matters only where both are unknown; True as public suites expect.
        any_requester: True to take a functionRequesterIdentifier that is no OID; False because it
            is one (6.5.1).
        lenient_ids: True to take MatchingIDs and EventIDs of any visible characters but $; False
            because they have 0-9, A-Z and - alone (4.1). Servers in laboratories use others.
        root_smds: Addresses of root SM-DSs; an event goes to any other SM-DS with the wish to
            forward it, which one without a root ignores.
        operator_address: Where HandleDownloadProgressInfo goes, host name and port; empty for
            nowhere, because an operator has to ask for it (5.3.5).
        signatures_covered: True to make the signatures of RPM and Device Change over the last
            signature of the card too, as in a download; what they are made over is not public.
        change_delay: How long a Device Change takes to be prepared; the LPA is asked to wait.
        change_code: Confirmation Code of every Device Change, empty for none.
        change_encrypted: True to encrypt the data of a Device Change where the card offers a key.
        change_asks_operator: True to ask the operator of `operator_address` before a Device Change,
            which is not ready until it has answered.
        change_deletes: True to have the card delete the old Profile in a Device Change.
    """

    version: Version = VERSION
    chain: Variant = Variant.A
    push_services: tuple[str, ...] = ()
    lowest_svn: Version = LOWEST_SVN
    next_major: int = 3
    strict_headers: bool = True
    session_lifetime: timedelta = timedelta(minutes=30)
    eid_check_digits: bool = False
    offer_kept_otpk: bool = True
    rebind: bool = True
    cancel_effects: tuple[tuple[int, OrderEvent | None], ...] = (
        (_C.postponed, None),
        (_C.timeout, None),
        (_C.loadBppExecutionError, None),
        (16, None),  # sessionAborted (version 3)
        (30, None),  # operationAbandoned (version 3)
    )
    permanent_errors: frozenset[int] = frozenset(
        (
            _R.unsupportedProfileClass,
            _R.installFailedDueToPEProcessingError,
            _R.installFailedDueToDataMismatch,
            _R.testProfileInstallFailedDueToInvalidNaaKey,
            _R.pprNotAllowed,
        )
    )
    after_deletion: OrderEvent | None = OrderEvent.DELETED
    binding: BindingChoice = _BINDING
    skipped_checks: frozenset[str] = frozenset()
    max_body_octets: int = 1 << 20
    keep_session_after_wrong_code: bool = False
    signing_list_first: bool = True
    any_requester: bool = False
    lenient_ids: bool = False
    root_smds: tuple[str, ...] = ()
    operator_address: str = ""
    signatures_covered: bool = True
    change_delay: timedelta = timedelta(0)
    change_code: str = ""
    change_encrypted: bool = False
    change_asks_operator: bool = False
    change_deletes: bool = True

    def cancel_effect(self, reason: int) -> OrderEvent | None:
        """Returns what a cancellation with this reason does to the order (SGP.22 v2, 5.6.5)."""
        return dict(self.cancel_effects).get(reason, OrderEvent.FAILED)


STANDARD: Final = Policy()
