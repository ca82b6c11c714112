"""RPM packages of S_SM-DP+: made, signed, loaded in a session of their own, their results checked.

    result = rpm_packages.load(server, card, enable(one))
    result.outcome(0).enable_result

What smdpSignature3 is made over is not public: it is made over euiccSignature1 too, and, where the
card answers invalidSignature(2), in a second session without. The euiccSignRPR may be over the data
under tag 30 or A0. `Loaded.forms` says which of them the card uses.

Source: SGP.22 v3.1, 5.7 (LoadRpmPackage).
"""

from typing import Any, Final, cast

from rspcore import tlv
from rspcore.frozen import dataclass, replace
from rspcore.ids import Iccid, Oid, TransactionId
from rspcore.messages.es10b import NotificationSentRequest
from rspcore.messages.v3.card_and_device import DeviceCapabilities, DeviceInfo
from rspcore.messages.v3.profile_management import ProfileInfo
from rspcore.messages.v3.profile_metadata import (
    ManagingDp,
    NotificationConfigurationInformation,
    NotificationEvent,
    RpmConfiguration,
    RpmType,
    StoreMetadataRequest,
    UpdateMetadataRequest,
)
from rspcore.messages.v3.rpm_package import (
    ContactPcmp,
    ListProfileInfo,
    LoadRpmPackageErrorCodeSigned,
    LoadRpmPackageResult,
    LoadRpmPackageResultDataSigned,
    LoadRpmPackageResultSigned,
    OfProfile,
    RpmCommand,
    RpmCommandDetails,
    RpmCommandResultData,
    RpmSearchCriteria,
    UpdateMetadataOf,
)
from rspcore.messages.v3.server_authentication import (
    CtxParamsForCommonAuthentication,
    OperationType,
)
from rspcore.pki.bundle import Credential
from rspcore.profile_maker import TestProfile
from rspcore.tags import Tag
from rspharness.card import expect, tlv_edit
from rspharness.card.card_under_test import Card
from rspharness.record.verdicts import ExpectationError
from rspharness.servers import newer_server
from rspharness.servers.request_overrides import DEVICE_INFO
from rspharness.servers.rsp_server import RspServer
from rspharness.servers.rsp_session import Session

__all__ = [
    "ADDRESS",
    "ALL_TYPES",
    "LONGEST",
    "OWNER",
    "Loaded",
    "contact",
    "delete",
    "disable",
    "enable",
    "list_of",
    "list_of_owner",
    "load",
    "managed",
    "managed_by",
    "opened",
    "request",
    "rpm_configuration",
    "rpm_context",
    "sized",
    "update",
    "verify_kept",
]

LONGEST: Final = 1057
"""Octets of the longest value of rpmPackage."""
OWNER: Final = Oid("2.999.20.1")
"""OID of the owner of the managed Profiles."""
ADDRESS: Final = "rpm.example.com"
"""Address for Notifications of the events of RPM."""
ALL_TYPES: Final = frozenset(RpmType)
_TWO_FORMS: Final = (True, False)
_DATA_TAGS: Final = (Tag.Sequence, 0xA0)
_SIGNATURE_ROWS: Final = (
    *(f"ES10b.LoadRpmPackage#{number:02}" for number in (1, 2, 3, 4, 7, 9)),
    "ES10b.RetrieveNotificationsList#14",
    "procedure.RPM#02",
)
_RESULT_ROWS: Final = (*_SIGNATURE_ROWS, "ES10b.LoadRpmPackage#30")


def rpm_configuration(
    *oids: Oid,
    types: frozenset[int] | None = ALL_TYPES,
    tag_list: bytes | None = None,
    allowed_ci_pkid: bytes | None = None,
    owner: Oid = OWNER,
    polling_address: str | None = None,
) -> bytes:
    """Returns rpmConfiguration (BA): these SM-DP+ may send these commands."""
    entries = tuple(
        ManagingDp(managing_dp_oid=oid, rpm_type=types, tag_list=tag_list) for oid in oids
    )
    return RpmConfiguration(
        managing_dp_list=entries,
        allowed_ci_pkid=allowed_ci_pkid,
        profile_owner_oid=owner,
        polling_address=polling_address,
    ).encode()


def managed(what: TestProfile, configuration: bytes, *more: bytes) -> TestProfile:
    """Returns a Profile with rpmConfiguration, with Notifications of the events of RPM.

    Args:
        what: The Profile.
        configuration: Its rpmConfiguration (BA).
        more: Further objects of its metadata, in the order of the module.
    """
    plain = StoreMetadataRequest.decode(what.metadata.encode())
    rpm_events = NotificationConfigurationInformation(
        profile_management_operation=frozenset(
            {
                NotificationEvent.notificationRpmEnable,
                NotificationEvent.notificationRpmDisable,
                NotificationEvent.notificationRpmDelete,
            }
        ),
        notification_address=ADDRESS,
    )
    listed = plain.notification_configuration_info or ()
    whole = replace(plain, notification_configuration_info=(*listed, rpm_events))
    octets = tlv_edit.appended(whole.encode(), configuration + b"".join(more))
    return replace(what, metadata=StoreMetadataRequest.decode(octets))


def managed_by(server: RspServer, what: TestProfile, *more: bytes, **words: Any) -> TestProfile:
    """Returns a Profile that this server may manage; words are those of `rpm_configuration`."""
    return managed(what, rpm_configuration(server.oid, **words), *more)


def _command(details: RpmCommandDetails, *, go_on: bool = False) -> bytes:
    return RpmCommand.of(details, continue_on_failure=go_on).encode()


def enable(iccid: Iccid, *, go_on: bool = False) -> bytes:
    """Returns the command to enable a Profile; `go_on` sets continueOnFailure."""
    return _command(RpmCommandDetails(enable=OfProfile(iccid=iccid)), go_on=go_on)


def disable(iccid: Iccid, *, go_on: bool = False) -> bytes:
    """Returns the command to disable a Profile."""
    return _command(RpmCommandDetails(disable=OfProfile(iccid=iccid)), go_on=go_on)


def delete(iccid: Iccid, *, go_on: bool = False) -> bytes:
    """Returns the command to delete a Profile."""
    return _command(RpmCommandDetails(delete=OfProfile(iccid=iccid)), go_on=go_on)


def list_of(iccid: Iccid, *tags: int) -> bytes:
    """Returns the command to list one Profile; without tags the default ones."""
    return _list(RpmSearchCriteria(iccid=iccid), tags)


def list_of_owner(owner: Oid, *tags: int) -> bytes:
    """Returns the command to list the Profiles of an owner."""
    return _list(RpmSearchCriteria(profile_owner_oid=owner), tags)


def _list(criteria: RpmSearchCriteria, tags: tuple[int, ...]) -> bytes:
    tag_list = b"".join(map(tlv.encode_tag, tags)) if tags else None
    wanted = ListProfileInfo(search_criteria=criteria, tag_list=tag_list)
    return _command(RpmCommandDetails(list_profile_info=wanted))


def update(iccid: Iccid, **fields: object) -> bytes:
    """Returns the command to update metadata; fields are those of UpdateMetadataRequest."""
    given = UpdateMetadataRequest(**fields)  # type: ignore[arg-type]
    wanted = UpdateMetadataOf(iccid=iccid, update_metadata_request=given)
    return _command(RpmCommandDetails(update_metadata=wanted))


def sized(iccid: Iccid, size: int) -> bytes:
    """Returns a command to update metadata that has so many octets, 1050 to 1090 or so."""
    icon = bytes.fromhex("89504E470D0A1A0A") + bytes(992)
    plain = update(iccid, service_provider_name="", icon_type=1, icon=icon)
    names = size - len(plain)
    return update(iccid, service_provider_name="N" * names, icon_type=1, icon=icon)


def contact(iccid: Iccid) -> bytes:
    """Returns the command to contact the PCM Platform of a Profile."""
    return _command(RpmCommandDetails(contact_pcmp=ContactPcmp(iccid=iccid)))


def rpm_context(operation: frozenset[int] = frozenset({OperationType.rpm})) -> bytes:
    """Returns ctxParams1 (A0) of a session for RPM."""
    device = DeviceInfo(tac=DEVICE_INFO.tac, device_capabilities=DeviceCapabilities())
    return CtxParamsForCommonAuthentication(device_info=device, operation_type=operation).encode()


def opened(
    server: RspServer, card: Card, operation: frozenset[int] = frozenset({OperationType.rpm})
) -> Session:
    """Returns a session in which the server is authenticated for RPM.

    Raises:
        Inconclusive: the card refused.
    """
    session = server.open(card)
    signed = newer_server.server_signed1(session)
    return session.authenticated(server_signed1=signed, ctx_params1=rpm_context(operation))


def request(
    session: Session,
    *commands: bytes,
    pending: bool = False,
    transaction_id: TransactionId | None = None,
    sign_with: Credential | None = None,
    covered: bool = True,
    target: int | None = None,
) -> bytes:
    """Returns a LoadRpmPackage request (BF44).

    Args:
        session: The session.
        commands: Each an RpmCommand (30), or any octets.
        pending: Set rpmPending.
        transaction_id: In place of that of the session; the signature covers it.
        sign_with: In place of CERT.DPauth.
        covered: The signature covers euiccSignature1 too.
        target: targetEsimPort, None for none; it is not signed.
    """
    named = session.transaction_id if transaction_id is None else transaction_id
    signed = tlv.encode(
        Tag.Sequence,
        tlv.encode(0x80, named.octets),
        tlv.encode(0xA1, *commands),
        tlv.encode(0x82) if pending else b"",
    )
    first = tlv.encode(Tag.Signature, session.euicc_signature1) if covered else b""
    credential = sign_with or session.server.auth
    signature = credential.private_key.sign(signed + first)
    port = b"" if target is None else tlv.encode(Tag.Integer, bytes((target,)))
    return tlv.encode(Tag.LoadRpmPackage, signed, tlv.encode(Tag.Signature, signature), port)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of a package.

    Attributes:
        session: The session it was loaded in.
        response: The card's answer, signed.
        forms: In words, what the signatures are made over.
    """

    session: Session
    response: LoadRpmPackageResult
    forms: str

    @property
    def data(self) -> LoadRpmPackageResultDataSigned:
        """Returns what the card signed.

        Raises:
            ExpectationError: the answer is not signed.
        """
        return _signed_of(self.response).load_rpm_package_result_data_signed

    @property
    def error(self) -> int | None:
        """Returns loadRpmPackageErrorCodeSigned, None where there are results."""
        return self.data.final_result.load_rpm_package_error_code_signed

    @property
    def results(self) -> tuple[RpmCommandResultData, ...]:
        """Returns the results of the commands.

        Raises:
            ExpectationError: the answer is an error.
        """
        results = self.data.final_result.rpm_package_execution_result
        if results is None:
            raise ExpectationError("results of the commands", f"error {self.error!r}")
        return tuple(one.data for one in results)

    @property
    def iccids(self) -> tuple[Iccid | None, ...]:
        """Returns the ICCID beside each result, None where there is none."""
        results = self.data.final_result.rpm_package_execution_result or ()
        return tuple(one.iccid for one in results)

    def require(self, count: int) -> tuple[RpmCommandResultData, ...]:
        """Returns the results; requires so many.

        Raises:
            ExpectationError: there are more or fewer.
        """
        expect.equal(len(self.results), count, "number of RpmCommandResult")
        return self.results

    def only(self) -> RpmCommandResultData:
        """Returns the result of the one command.

        Raises:
            ExpectationError: there is another number of them.
        """
        return self.require(1)[0]

    def part(self, name: str, place: int = 0, count: int = 1) -> Any:
        """Returns the result of one command, an attribute of `RpmCommandResultData`.

        Args:
            name: Name of the alternative that is expected.
            place: Number of the command, from 0.
            count: How many results there have to be.

        Raises:
            ExpectationError: there are more or fewer results, or it is another alternative.
        """
        one = self.require(count)[place]
        found = getattr(one, name)
        if found is None:
            raise ExpectationError(f"{name}, result {place + 1}", repr(one))
        return found

    @property
    def listed(self) -> tuple[ProfileInfo, ...]:
        """Returns the Profiles of the list that is the last result.

        Raises:
            ExpectationError: it is another result, or a list with an error.
        """
        count = len(self.results)
        answer = self.part("list_profile_info_result", count - 1, count)
        expect.equal(answer.profile_info_list_error, None, "profileInfoListError")
        return cast("tuple[ProfileInfo, ...]", answer.profile_info_list_ok)

    def code(self, name: str, place: int = 0, count: int = 1) -> int:
        """Returns the code in the result of one command; arguments and errors as `part`."""
        found = self.part(name, place, count)
        return int(getattr(found, name, found))

    @property
    def ended_by(self) -> int | None:
        """Returns rpmProcessingTerminated of the last result, or None."""
        results = self.results
        return results[-1].rpm_processing_terminated if results else None


def _signed_of(response: LoadRpmPackageResult) -> LoadRpmPackageResultSigned:
    if response.load_rpm_package_result_signed is None:
        refused = response.load_rpm_package_result_not_signed
        code = None if refused is None else refused.load_rpm_package_error_code_not_signed
        raise ExpectationError("loadRpmPackageResultSigned", f"not signed, error {code!r}")
    return response.load_rpm_package_result_signed


def load(
    server: RspServer,
    card: Card,
    *commands: bytes,
    pending: bool = False,
    target: int | None = None,
) -> Loaded:
    """Loads a package in a session of its own; requires a signed answer that verifies.

    Raises:
        Inconclusive: the card refused the session.
        ExpectationError: the answer is not signed, or something in it does not fit.
    """
    for covered in _TWO_FORMS:
        session = opened(server, card)
        octets = request(session, *commands, pending=pending, covered=covered, target=target)
        response = cast("LoadRpmPackageResult", card.ask(octets))
        over = _verified(session, response)
        forms = f"smdpSignature3 with{'' if covered else 'out'} euiccSignature1, {over}"
        loaded = Loaded(session, response, forms)
        if loaded.error != LoadRpmPackageErrorCodeSigned.invalidSignature or not covered:
            return loaded
        number = loaded.data.notification_metadata.seq_number
        card.send(NotificationSentRequest(seq_number=number))
    raise AssertionError("two forms, and neither was returned")


def _verified(session: Session, response: LoadRpmPackageResult) -> str:
    """Requires a sound signed result; returns what its signature is over, in words."""
    signed = _signed_of(response)
    data = signed.load_rpm_package_result_data_signed
    about = data.notification_metadata
    with session.card.owned_by(*_RESULT_ROWS):
        expect.equal(data.transaction_id, session.transaction_id, "transactionId")
        expect.equal(data.smdp_oid, session.server.oid, "smdpOid")
        event = frozenset({NotificationEvent.loadRpmPackageResult})
        expect.equal(about.profile_management_operation, event, "the event")
        expect.equal(about.notification_address, session.server_address, "notificationAddress")
    with session.card.owned_by(*_SIGNATURE_ROWS):
        return _signature_form(session, signed)
    return "euiccSignRPR does not verify"


def _signature_form(session: Session, signed: LoadRpmPackageResultSigned) -> str:
    content = signed.load_rpm_package_result_data_signed.content()
    for tag in _DATA_TAGS:
        if session.euicc_key.verify(signed.euicc_sign_rpr, tlv.encode(tag, content)):
            return f"euiccSignRPR over {tag:02X}"
    raise ExpectationError("euiccSignRPR that verifies, over 30 or A0", "neither does")


def verify_kept(card: Card, loaded: Loaded) -> bytes:
    """Requires the result among the Notifications (A1), sound as what was answered; returns it.

    Raises:
        ExpectationError: it is not there, or another than the answer.
    """
    kept = [one for one in card.pending_notifications() if one[:1] == b"\xa1"]
    expect.equal(len(kept), 1, "entries with tag A1")
    signed = LoadRpmPackageResultSigned.from_tlv(tlv.parse(kept[0]))
    expect.equal(
        signed.load_rpm_package_result_data_signed.content(),
        loaded.data.content(),
        "loadRpmPackageResultDataSigned in the list",
    )
    _signature_form(loaded.session, signed)
    return kept[0]
