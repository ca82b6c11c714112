"""The state of a card: `CardState` survives a power loss, `Volatile` does not.

Both are frozen values. A handler reads them and returns new ones; `rspsim.euicc.card` alone commits
the new ones. Everything in `CardState` is made of octets, text, numbers, enumerations, identifiers,
messages of `rspcore` and tuples of such, so that a store can write all of it.

What survives what: SGP.22 v2, 2.4 and 5.7.19; the volatile part: ETSI TS 102 221, 8.7 and 11.1.
"""

from dataclasses import field
from typing import Final, Self

from rspcore.apdu import CHANNELS
from rspcore.crypto.curves import Curve
from rspcore.frozen import changer, dataclass, derived, replace
from rspcore.ids import Aid, Eid, Iccid, Oid, TransactionId
from rspcore.messages.es10c import ProfileState
from rspcore.messages.metadata import (
    OperatorId,
    ProfileClass,
    ProfilePolicyAuthorisationRule,
    StoreMetadataRequest,
)
from rspcore.ota.scp03 import Scp03Session
from rspcore.status import StatusWord
from rspcore.tags import Tag
from rspsim.euicc.channel_context import AT_MF, DataTransfer, FileContext, SmsParts, VerifiedPins
from rspsim.euicc.options import Options
from rspsim.euicc.personality import Personality
from rspsim.euicc.profile_content.model import EMPTY_CONTENT, ProfileContent
from rspsim.euicc.session_context import IDLE_SESSION, Session

__all__ = [
    "Addresses",
    "CardState",
    "Cat",
    "Channel",
    "CiCredential",
    "CommandChain",
    "CrlPart",
    "OneTimeKey",
    "OpenInstallation",
    "OpenPackage",
    "PendingNotification",
    "PendingSwitch",
    "PortState",
    "Ports",
    "Profile",
    "SecureChannel",
    "Volatile",
]

_RESULT: Final = Tag.ProfileInstallationResult.to_bytes(2)


@dataclass(frozen=True, slots=True, kw_only=True)
class CiCredential:
    """What the ECASD has for one CI: its key; and a key and two certificates to sign under it.

    Attributes:
        ci_pkid: SubjectKeyIdentifier of the CI key, 20 octets.
        ci_certificate: The CI certificate, DER.
        curve: Curve of the CI key and of SK.EUICC.
        verifies: Server certificates under this CI are accepted.
        euicc_scalar: SK.EUICC.ECDSA, 32 octets; None for a CI that only verifies.
        euicc_certificate: CERT.EUICC.ECDSA, DER; empty for a CI that only verifies.
        eum_certificate: CERT.EUM.ECDSA, DER; empty for a CI that only verifies.
        other_certificates: What follows towards the CI, DER each: otherCertsInChain.
        newer_chain: The chain of version 3 under this CI, with the same key: CERT.EUICC,
            nextCertInChain and otherCertsInChain; empty on a card without one.
    """

    ci_pkid: bytes
    ci_certificate: bytes = field(repr=False)
    curve: Curve
    verifies: bool = True
    euicc_scalar: bytes | None = field(default=None, repr=False)
    euicc_certificate: bytes = field(default=b"", repr=False)
    eum_certificate: bytes = field(default=b"", repr=False)
    other_certificates: tuple[bytes, ...] = field(default=(), repr=False)
    newer_chain: tuple[bytes, ...] = field(default=(), repr=False)

    @property
    def signs_in_version_3(self) -> bool:
        """Returns whether there is a chain of version 3 to sign under."""
        return self.signs and bool(self.newer_chain)

    @property
    def in_version_3(self) -> Self:
        """Returns the credential with its chain of version 3 as the one to send."""
        euicc, issuer, *others = self.newer_chain
        return replace(
            self,
            euicc_certificate=euicc,
            eum_certificate=issuer,
            other_certificates=tuple(others),
        )

    @property
    def signs(self) -> bool:
        """Returns whether key and certificates are there to sign under this CI."""
        return self.euicc_scalar is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """The addresses of servers: FQDNs, `default_dp` None when none is set.

    `default_dp_ci_pkid` is the only CI to accept at that address, None for any (version 3).
    `more_root_ds` are further root SM-DSs, in the order of preference (version 3).
    """

    root_ds: str
    default_dp: str | None = None
    factory_default_dp: str | None = None
    default_dp_ci_pkid: bytes | None = None
    more_root_ds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One installed Profile.

    Attributes:
        aid: AID of its ISD-P.
        metadata: The metadata as it stands now, updates over the air included.
        state: Enabled or disabled.
        nickname: The user's name for it; empty when there is none.
        further_objects: Metadata that version 3 added, whole data objects, in the order received.
        dp_proprietary_data: dpProprietaryData (B8), whole data object, or None.
        ci_pkid: CI under which it was downloaded; its notifications are signed under the same.
        newer_chain: It was downloaded with the card's chain of version 3, which they carry too.
        smdp_oid: Object identifier of the SM-DP+ it came from, or None for a pre-loaded one.
        field_loaded: It came over the air and not with the card.
        package: The profile package as received, unprotected.
        size: Non-volatile memory it takes, in octets.
        content: What the package made: files, codes, authentication; and what became of it since.
        port: eSIM Port on which it is enabled; None on none, and with one port.
    """

    aid: Aid
    metadata: StoreMetadataRequest
    state: int = ProfileState.disabled
    nickname: str = ""
    dp_proprietary_data: bytes | None = None
    ci_pkid: bytes = b""
    newer_chain: bool = False
    smdp_oid: Oid | None = None
    field_loaded: bool = True
    package: bytes = field(default=b"", repr=False)
    size: int = 0
    content: ProfileContent = field(default=EMPTY_CONTENT, repr=False)
    further_objects: tuple[bytes, ...] = ()
    port: int | None = None

    @property
    def iccid(self) -> Iccid:
        """Returns the ICCID of the metadata."""
        return self.metadata.iccid

    @property
    def profile_class(self) -> int:
        """Returns the class; operational when the metadata names none (5.5.3)."""
        given = self.metadata.profile_class
        return ProfileClass.operational if given is None else given

    @property
    def policy_rules(self) -> frozenset[int]:
        """Returns the PPRs in force; empty when the metadata has none."""
        return self.metadata.profile_policy_rules or frozenset()

    @property
    def owner(self) -> OperatorId | None:
        """Returns the profileOwner of the metadata."""
        return self.metadata.profile_owner

    @property
    def enabled(self) -> bool:
        """Returns whether the Profile is enabled."""
        return self.state == ProfileState.enabled

    @derived
    def listed(self) -> dict[tuple[frozenset[int], frozenset[int], bool], bytes]:
        """Returns where its ProfileInfo is kept, by what was asked for (`get_profiles_info`)."""
        return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingNotification:
    """One notification until a server has received it.

    Attributes:
        seq_number: Its number; no other notification of this card ever has the same.
        event: Position of its one event bit (NotificationEvent).
        metadata: NotificationMetadata (BF2F), whole data object.
        octets: PendingNotification as it is retrieved: BF37, 30 with the certificates, or A1, the
            result of an RPM package.
    """

    seq_number: int
    event: int
    metadata: bytes
    octets: bytes = field(repr=False)

    @property
    def is_result(self) -> bool:
        """Returns whether it is a ProfileInstallationResult."""
        return self.octets.startswith(_RESULT)


@dataclass(frozen=True, slots=True, kw_only=True)
class OneTimeKey:
    """An unused otPK/otSK pair and the SM-DP+ it was made for."""

    smdp_oid: Oid
    curve: Curve
    public_point: bytes
    scalar: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CrlPart:
    """One certificate revocation list or one part of it (5.7.12)."""

    ci_pkid: bytes
    number: int
    part: int
    parts: int
    delta: bool = False
    octets: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingSwitch:
    """A Profile change, for now or for when its REFRESH is done; either side may be absent.

    Attributes:
        disable: ISD-P of the Profile to disable.
        enable: ISD-P of the Profile to enable.
        automatic: The card itself chose what to enable, after a test Profile.
        remote: An SM-DP+ asked for it by an RPM package.
    """

    disable: Aid | None = None
    enable: Aid | None = None
    automatic: bool = False
    remote: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PortState:
    """What a card keeps of one eSIM Port besides the Profile on it.

    Attributes:
        number: Number of the port.
        return_to: As `CardState.return_to`, for this port.
        pending_switch: As `CardState.pending_switch`, for this port.
    """

    number: int
    return_to: Aid | None = None
    pending_switch: PendingSwitch | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenInstallation:
    """What a ProfileInstallationResult needs when power is lost during a load."""

    transaction_id: TransactionId
    server_address: str
    smdp_oid: Oid
    ci_pkid: bytes
    command_id: int
    iccid: Iccid | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPackage:
    """What the result of an RPM package needs when power is lost between its commands.

    Attributes:
        transaction_id: Of the session.
        server_address: serverAddress of the session; the result goes there.
        smdp_oid: OID of the SM-DP+.
        ci_pkid: CI under which the card signs.
        results: RpmCommandResult (30) of each command so far.
    """

    transaction_id: TransactionId
    server_address: str
    smdp_oid: Oid
    ci_pkid: bytes
    results: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CardState:
    """All that a card keeps without power.

    Attributes:
        eid: The card's EID.
        personality: Fixed facts about the card.
        options: Choices where the specification leaves one.
        credentials: Per CI, in the order of the EUM's preference.
        rat: Rules authorisation table, in order of precedence.
        addresses: Configured server addresses.
        profiles: Installed Profiles, in order of installation.
        notifications: Pending ones, lowest number first.
        next_seq_number: Number of the next notification.
        one_time_keys: Unused pairs, oldest first.
        crls: Loaded CRL parts.
        return_to: ISD-P of the operational Profile to enable after the test Profiles.
        pending_switch: Change that waits for its REFRESH.
        open_installation: Load in progress; kept only with the option `interruption_pir`.
        open_package: RPM package in progress; only while its command is carried out.
        port_states: The same of eSIM Ports, where several are in use; lowest number first.
        lpae_pin: PIN of an LPAe; empty on a card without one.
        lpae_rpm_allowed: The user of an LPAe allows remote profile management.
    """

    eid: Eid
    personality: Personality
    options: Options
    credentials: tuple[CiCredential, ...]
    rat: tuple[ProfilePolicyAuthorisationRule, ...] = ()
    addresses: Addresses
    profiles: tuple[Profile, ...] = ()
    notifications: tuple[PendingNotification, ...] = ()
    next_seq_number: int = 1
    one_time_keys: tuple[OneTimeKey, ...] = ()
    crls: tuple[CrlPart, ...] = ()
    return_to: Aid | None = None
    pending_switch: PendingSwitch | None = None
    open_installation: OpenInstallation | None = None
    open_package: OpenPackage | None = None
    port_states: tuple[PortState, ...] = ()
    lpae_pin: str = field(default="", repr=False)
    lpae_rpm_allowed: bool = True

    @property
    def change_waits(self) -> bool:
        """Returns whether a change waits for its REFRESH, on any port."""
        if self.pending_switch is not None:
            return True
        return any(one.pending_switch is not None for one in self.port_states)

    @derived
    def same_on_every_port(self) -> bool:
        """Returns whether nothing in it belongs to an eSIM Port: each sees this very state."""
        moved = self.return_to is not None or self.pending_switch is not None
        ported = any(one.enabled or one.port is not None for one in self.profiles)
        return not (moved or ported or self.port_states)

    @derived
    def enabled_profile(self) -> Profile | None:
        """Returns the enabled Profile, or None."""
        for profile in self.profiles:
            if profile.enabled:
                return profile
        return None

    def profile_by_aid(self, aid: Aid | None) -> Profile | None:
        """Returns the Profile of this ISD-P, or None."""
        return next((profile for profile in self.profiles if profile.aid == aid), None)

    def profile_by_iccid(self, iccid: Iccid | None) -> Profile | None:
        """Returns the Profile with this ICCID, or None."""
        return next((profile for profile in self.profiles if profile.iccid == iccid), None)

    def with_profile(self, changed: Profile) -> Self:
        """Returns a state in which the Profile with the same AID is replaced."""
        return replace(
            self,
            profiles=tuple(changed if p.aid == changed.aid else p for p in self.profiles),
        )

    def without_profile(self, aid: Aid) -> Self:
        """Returns a state without the Profile of this ISD-P."""
        return replace(self, profiles=tuple(p for p in self.profiles if p.aid != aid))


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandChain:
    """The blocks of one command received so far over STORE DATA (5.7.2)."""

    octets: bytes
    blocks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SecureChannel:
    """An SCP03 session on one channel, and what its commands left open.

    Attributes:
        session: Session keys and progress.
        version: Key version in use.
        authenticated: EXTERNAL AUTHENTICATE was accepted.
        target: AID named by INSTALL [for personalization], or None.
        stored: Blocks of STORE DATA received so far.
        block: Number of the next block.
    """

    session: Scp03Session
    version: int
    authenticated: bool = False
    target: Aid | None = None
    stored: bytes = field(default=b"", repr=False)
    block: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One open logical channel.

    Attributes:
        application: AID of the selected application; None for the file system.
        chain: Blocks of an unfinished command, or None.
        files: Where the channel stands in the file system.
        transfer: Data object of a BER-TLV file read or written in parts, or None.
        secure: SCP03 session with the security domain selected, or None.
        response: Octets that wait for GET RESPONSE.
        response_sw: Status word that ends them.
        warned: The command they answer ended with a warning, which was sent before them.
    """

    application: Aid | None = None
    chain: CommandChain | None = None
    files: FileContext = AT_MF
    transfer: DataTransfer | None = None
    secure: SecureChannel | None = None
    response: bytes = b""
    response_sw: int = StatusWord.OK
    warned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cat:
    """The state of the card application toolkit towards the terminal.

    Attributes:
        terminal_profile: What the terminal can do, or None before TERMINAL PROFILE.
        terminal_capability: eUICC octet of TERMINAL CAPABILITY (tag 83), or None before it.
        command: Proactive command that waits for FETCH or for its TERMINAL RESPONSE, or None.
        fetched: The command was fetched.
        number: Number of the last proactive command, 0 to 254.
        queue: Proactive commands to offer next: type, qualifier and the data objects that follow
            the command details.
    """

    terminal_profile: bytes | None = None
    terminal_capability: int | None = None
    command: bytes | None = None
    fetched: bool = False
    number: int = 0
    queue: tuple[tuple[int, int, bytes], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """The eSIM Ports of a card that can have several; each is a logical secure interface (LSI).

    Attributes:
        configured: MANAGE LSI (configure) was accepted since the reset.
        mode: MepMode agreed with the device; 0 while the card works with one port.
        count: How many ports may have a Profile enabled.
        highest: Highest number of an LSI.
        in_use: LSI selected.
        session_port: LSI on which the RSP session went on last.
        parked: Volatile values of each LSI by its number; those of the one in use are outside.
    """

    configured: bool = False
    mode: int = 0
    count: int = 1
    highest: int = 0
    in_use: int = 0
    session_port: int = 0
    parked: tuple["Volatile", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Volatile:
    """All that a card loses at a reset; of a card with eSIM Ports that of the port in use."""

    channels: tuple[Channel | None, ...] = (Channel(),) + (None,) * (CHANNELS - 1)
    session: Session = IDLE_SESSION
    cat: Cat = Cat()
    verified_pins: VerifiedPins = frozenset()
    sms_parts: SmsParts | None = None
    ports: Ports | None = None
    lpae_active: bool = False

    def with_channel(self, number: int, channel: Channel | None) -> "Volatile":
        """Returns a value in which this logical channel is replaced; None closes it."""
        if self.channels[number] is channel:
            return self
        channels = list(self.channels)  # in half the time of a tuple of two slices
        channels[number] = channel
        return _with_channels(self, tuple(channels))


_with_channels: Final = changer(Volatile, "channels")
