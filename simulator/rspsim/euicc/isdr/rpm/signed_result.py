"""The signed result of an RPM package: made, signed, kept among the Notifications.

It is made at the end of the package, or, where power was lost between two of its commands, at the
next start, of what was noted with each: the results so far, and interruption(3).

Source: SGP.22 v3.1, 5.7 (LoadRpmPackage), 2.12.
"""

from typing import Final

from rspcore import tlv
from rspcore.frozen import dataclass, replace
from rspcore.ids import Oid, TransactionId
from rspcore.messages.v3.installation_results import NotificationMetadata
from rspcore.messages.v3.profile_metadata import NotificationEvent
from rspcore.messages.v3.rpm_package import (
    LoadRpmPackageResultDataSigned,
    LoadRpmPackageResultSigned,
    RpmCommandResult,
    RpmCommandResultData,
    RpmFinalResult,
    RpmProcessingTerminated,
)
from rspsim.euicc import notifications
from rspsim.euicc.decisions import Decision, Decisions
from rspsim.euicc.isdr.rpm.progress import Progress
from rspsim.euicc.options import RpmResultTag
from rspsim.euicc.security import ecasd
from rspsim.euicc.session_context import AuthenticatedServer
from rspsim.euicc.state import CardState, OpenPackage

__all__ = [
    "INTERRUPTED",
    "KEPT",
    "METADATA",
    "RESULTS",
    "SIGNED_OCTETS",
    "Ended",
    "interrupted",
    "kept",
    "noted",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What a result says of the session that ends with it.

    Attributes:
        transaction_id: Of the session.
        address: serverAddress of the session; the result goes there.
        smdp_oid: OID of the SM-DP+.
        ci_pkid: CI under which the card signs.
    """

    transaction_id: TransactionId
    address: str
    smdp_oid: Oid
    ci_pkid: bytes

    @classmethod
    def of(cls, server: AuthenticatedServer) -> "Ended":
        """Returns what a result says of the session of a server."""
        return cls(
            transaction_id=server.transaction_id,
            address=server.address,
            smdp_oid=server.oid,
            ci_pkid=server.ci_pkid,
        )


def _signed_octets(data: LoadRpmPackageResultDataSigned, tag: RpmResultTag, /) -> bytes:
    return tlv.encode(int(tag.value, 16), data.content())


def _metadata(metadata: NotificationMetadata, /) -> NotificationMetadata:
    return metadata


def _kept(octets: bytes, /) -> bytes:
    """Returns the result as it waits among the Notifications."""
    return tlv.encode(0xA1, bytes(tlv.parse(octets).value))


def _results(results: tuple[RpmCommandResult, ...], /) -> tuple[RpmCommandResult, ...]:
    return results


RESULTS: Final = Decision(
    "es10b.load_rpm_package.results", _results, "results of the commands, in the order answered"
)
SIGNED_OCTETS: Final = Decision(
    "es10b.load_rpm_package.signed_octets", _signed_octets, "what euiccSignRPR is made over"
)
METADATA: Final = Decision(
    "es10b.load_rpm_package.metadata", _metadata, "metadata of the result of a package"
)
KEPT: Final = Decision("es10b.load_rpm_package.kept", _kept, "result as it waits to be retrieved")


def _interrupted(results: tuple[RpmCommandResult, ...], /) -> tuple[RpmCommandResult, ...]:
    """Returns the results of a package that was cut, with the reason at their end."""
    reason = RpmProcessingTerminated.interruption
    return (*results, RpmCommandResult.of(RpmCommandResultData(rpm_processing_terminated=reason)))


INTERRUPTED: Final = Decision(
    "rpm.interrupted", _interrupted, "results of a package that a loss of power cut"
)


def kept(
    state: CardState, decisions: Decisions, ended: Ended, final: RpmFinalResult
) -> tuple[CardState, LoadRpmPackageResultSigned]:
    """Returns a state that keeps the signed result of a package, and the result itself.

    Args:
        state: State that the package leaves.
        decisions: What the card decides.
        ended: The session that ends.
        final: Its results or error.
    """
    event = NotificationEvent.loadRpmPackageResult
    metadata = decisions[METADATA](
        NotificationMetadata(
            seq_number=state.next_seq_number,
            profile_management_operation=frozenset({event}),
            notification_address=ended.address,
        )
    )
    data = LoadRpmPackageResultDataSigned(
        transaction_id=ended.transaction_id,
        notification_metadata=metadata,
        smdp_oid=ended.smdp_oid,
        final_result=final,
    )
    octets = decisions[SIGNED_OCTETS](data, state.options.rpm_result_tag)
    signature = ecasd.sign(state, decisions, ended.ci_pkid, octets)
    signed = LoadRpmPackageResultSigned(
        load_rpm_package_result_data_signed=data, euicc_sign_rpr=signature
    )
    waiting = decisions[KEPT](signed.encode())
    return notifications.appended(state, decisions, event, metadata, waiting), signed


def noted(state: CardState, progress: Progress) -> CardState:
    """Returns a state that has noted how far a package has come."""
    server = progress.server
    results = tuple(one.encode() for one in progress.results)
    package = OpenPackage(
        transaction_id=server.transaction_id,
        server_address=server.address,
        smdp_oid=server.oid,
        ci_pkid=server.ci_pkid,
        results=results,
    )
    return replace(state, open_package=package)


def interrupted(state: CardState, decisions: Decisions) -> CardState:
    """Returns the state after a start: the result of a package that was cut waits in it."""
    cut = state.open_package
    if cut is None:
        return state
    results = decisions[INTERRUPTED](tuple(RpmCommandResult.decode(one) for one in cut.results))
    ended = Ended(
        transaction_id=cut.transaction_id,
        address=cut.server_address,
        smdp_oid=cut.smdp_oid,
        ci_pkid=cut.ci_pkid,
    )
    final = RpmFinalResult(rpm_package_execution_result=results)
    return kept(replace(state, open_package=None), decisions, ended, final)[0]
