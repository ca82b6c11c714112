"""What a specification leaves open and a card therefore chooses: one named option per open point.

An option is data and part of the persistent state, so that a card keeps its choices over a restart.
It is never a fault: each value is a conforming card, as far as is known. Faults are in
`rspsim.faults.card`. Defaults are those of the reference digest; the personalities set what their
version decides.
"""

from enum import StrEnum

from rspcore.frozen import dataclass

__all__ = [
    "MisplacedSegment",
    "Options",
    "PendingListing",
    "PortRefresh",
    "PortsFull",
    "RefreshMode",
    "ResponseMode",
    "RpmResultTag",
    "SegmentLimit",
    "TargetPort",
]


class ResponseMode(StrEnum):
    """How the answer to a command with data (case 4) is delivered."""

    GET_RESPONSE = "get-response"
    """Always 61XX first, as a card with T=0 does."""
    DIRECT = "direct"
    """At once when the command has an Le field, else 61XX."""


class RefreshMode(StrEnum):
    """Which REFRESH a Profile change asks for (SGP.22 v2, 3.2 and 5.7.16)."""

    UICC_RESET = "uicc-reset"
    """Qualifier 04 always."""
    STATE_CHANGE = "profile-state-change"
    """Qualifier 09 when the TERMINAL PROFILE allows it, else 04."""


class PendingListing(StrEnum):
    """What GetProfilesInfo answers while a change waits for its REFRESH."""

    OLD_STATES = "old-states"
    REFUSED = "refused"
    """Status word 6985."""


class MisplacedSegment(StrEnum):
    """How a known segment tag at the wrong place of a load is answered (2.5.5)."""

    CONDITIONS = "6985"
    """Status word 6985; the session is kept."""
    NOT_FOUND = "6A88"
    """Status word 6A88; the session is kept."""
    FAIL = "structure-error"
    """The load ends with scp03tStructureError(7)."""


class RpmResultTag(StrEnum):
    """Under which tag the signed data of an RPM result are signed; not public (v3.1, 5.7)."""

    OF_THE_TYPE = "30"
    AS_SENT = "A0"


class TargetPort(StrEnum):
    """What EnableProfile makes of targetEsimPort where it is wrong or missing (v3.1, 5.7.16)."""

    COMMAND_ERROR = "command-error"
    UNDEFINED_ERROR = "undefined-error"
    IGNORED = "ignored"
    """A free port is taken in MEP-A, in MEP-B that of the command."""


class PortsFull(StrEnum):
    """What MEP-A2 does when every eSIM Port has a Profile (v3.1, 5.7.16)."""

    REFUSED = "refused"
    """noEsimPortAvailable(10)."""
    REPLACED = "replaced"
    """The Profile of the last port is disabled."""


class PortRefresh(StrEnum):
    """How a card tells a device in MEP-A of a change on another port than that of the command."""

    REFRESH = "refresh"
    """REFRESH there, and LSI COMMAND (proactive session request) here where it is announced."""
    PLATFORM_RESET = "platform-reset"
    """LSI COMMAND (UICC platform reset) here, where it is announced; else REFRESH there."""


class SegmentLimit(StrEnum):
    """How long a protected data object may be, header and MAC included."""

    STRICT = "1020"
    TOLERANT = "1036"
    """1,024 octets of ciphertext, MAC and header: what the usual open servers make. The default."""

    @property
    def octets(self) -> int:
        """Returns the limit as a number of octets."""
        return int(self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Every choice of one card.

    Attributes:
        response_mode: How answers of case 4 commands are delivered.
        authenticate_retry: A refused AuthenticateServer leaves the challenge usable.
        unknown_ci_is_invalid_certificate: A server certificate under an unknown CI is refused with
            invalidCertificate(1) in place of ciPKUnknown(7).
        missing_hash_cc_accepted: PrepareDownload goes on though ccRequiredFlag asks for a hash.
        no_result_available: RetrieveNotificationsList answers code 1 in place of an empty list.
        interruption_pir: A load cut by power loss leaves a ProfileInstallationResult (reason 11).
        reuse_otpk: One-time key pairs are kept after a failure or postponement and used again.
        cat_busy: A running proactive session makes switching answer catBusy(5); else it is ended.
        refresh_mode: Which REFRESH is asked for.
        terminal_capability_enforced: ES10 needs a TERMINAL CAPABILITY that announces the interface.
        terminal_capability_refuses_select: When enforced, SELECT ISD-R gives 6A82, too.
        exclusive_load: Other ES10 commands during a load answer 6985.
        load_bound_to_channel: Segments are taken only on the channel that began the load.
        unknown_info_tag_refused: Unknown tags in a GetProfilesInfo tag list are an error; recorded
            cards answer with the known objects.
        segment_limit: Longest protected data object.
        first_seq_number: Number of the first notification.
        ppr1_beside_operational_accepted: StoreMetadata takes PPR1 though an operational Profile is
            installed, and leaves that check to the LPA.
        pending_listing: What GetProfilesInfo shows while a change waits.
        misplaced_segment: Answer to a known segment tag at the wrong place.
        switch_ends_session: A Profile change drops the RSP session.
        reenable_notifies: A Profile the card itself enables again leaves its notifications.
        notification_capacity: How many notifications are kept before the oldest is dropped.
        command_capacity: Longest command accepted over a chain of STORE DATA, in octets.
        one_time_key_capacity: How many unused one-time key pairs are kept.
        smds_signature2_over_signed2_alone: smdsSignature2 covers smdsSigned2 alone, and not
            euiccSignature1 behind it.
        smds_response_ends_session: The RSP session ends with a VerifySmdsResponse that is good.
        sim_class: The class A0 of TS 51.011 is taken, too: the USIM as a SIM, in DF 7F20.
        rpm_signature1_covered: smdpSignature3 is made over euiccSignature1 too.
        rpm_result_tag: Tag of the data that euiccSignRPR is made over.
        change_signatures_covered: The signatures of a Device Change and a recovery are made over
            the last signature of the other side too.
        change_unconfigured_accepted: A session for a Device Change opens for a Profile without
            requestToDp, too.
        rpm_type_absent_allows: An SM-DP+ that a Profile names without rpmType may send any command.
        rpm_interruption: An RPM package is kept command by command, and one that was cut by power
            loss leaves a signed result that ends with interruption(3); else all of it is done at
            once, or nothing.
        rpm_result_capacity: Most octets of results of one RPM package.
        ci_names: GetEuiccConfiguredData names the CIs (v3.1, 5.7.3).
        alerts: A device that announced it is alerted of metadata that were updated (v3.1).
        target_port: What is made of a targetEsimPort that is wrong or missing.
        ports_full: What MEP-A2 does when every eSIM Port has a Profile.
        port_refresh: How a change on another eSIM Port is announced.
        empty_gid_matches_absent: An empty gid in a rule of the RAT fits an owner without that gid.
    """

    response_mode: ResponseMode = ResponseMode.GET_RESPONSE
    authenticate_retry: bool = True
    unknown_ci_is_invalid_certificate: bool = False
    missing_hash_cc_accepted: bool = False
    no_result_available: bool = False
    interruption_pir: bool = False
    reuse_otpk: bool = True
    cat_busy: bool = False
    refresh_mode: RefreshMode = RefreshMode.UICC_RESET
    terminal_capability_enforced: bool = False
    terminal_capability_refuses_select: bool = False
    exclusive_load: bool = False
    load_bound_to_channel: bool = True
    unknown_info_tag_refused: bool = False
    segment_limit: SegmentLimit = SegmentLimit.TOLERANT
    first_seq_number: int = 1
    ppr1_beside_operational_accepted: bool = False
    pending_listing: PendingListing = PendingListing.OLD_STATES
    misplaced_segment: MisplacedSegment = MisplacedSegment.CONDITIONS
    switch_ends_session: bool = False
    reenable_notifies: bool = True
    notification_capacity: int = 32
    command_capacity: int = 65535
    one_time_key_capacity: int = 4
    empty_gid_matches_absent: bool = True
    smds_signature2_over_signed2_alone: bool = False
    smds_response_ends_session: bool = True
    sim_class: bool = False
    rpm_signature1_covered: bool = True
    rpm_result_tag: RpmResultTag = RpmResultTag.OF_THE_TYPE
    rpm_type_absent_allows: bool = True
    change_signatures_covered: bool = True
    change_unconfigured_accepted: bool = False
    rpm_interruption: bool = True
    rpm_result_capacity: int = 8192
    ci_names: bool = False
    alerts: bool = False
    target_port: TargetPort = TargetPort.COMMAND_ERROR
    ports_full: PortsFull = PortsFull.REFUSED
    port_refresh: PortRefresh = PortRefresh.REFRESH
