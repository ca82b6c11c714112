"""Faults of chains, CRLs and SM-DS answers of version 3; none changes a card of version 2."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from rspcore.errors import DecodeError
from rspcore.messages.v3.card_and_device import EuiccInfo1, EuiccInfo2
from rspcore.pki.crl import Crl
from rspcore.pki.roles import Role
from rspsim.euicc import notifications
from rspsim.euicc.decisions import Check
from rspsim.euicc.isdr.es10b import authenticate_server, prepare_download, verify_smds_response
from rspsim.euicc.isdr.es10b.authenticate_server import AuthenticationAttempt
from rspsim.euicc.isdr.es10b.get_euicc_info import GET_EUICC_INFO1, GET_EUICC_INFO2
from rspsim.euicc.isdr.es10b.prepare_download import DownloadAttempt
from rspsim.euicc.isdr.es10b.verify_smds_response import ResponseAttempt
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.security import ecasd
from rspsim.euicc.session import SessionEvent, SessionState
from rspsim.euicc.state import CiCredential
from rspsim.faults.card.card_fault import (
    CardFault,
    Change,
    adds,
    allows,
    answering_data,
    answers,
    begins_with,
    behind,
    decides,
    skip,
    swap,
)

__all__ = ["FAULTS"]

_CHECKS = authenticate_server.CHECKS
_PREPARE = prepare_download.CHECKS
_VERIFY = verify_smds_response.CHECKS
_UNDEFINED: Final = 127
_INVALID_CERTIFICATE: Final = 1


def _of_version_3(attempt: AuthenticationAttempt | DownloadAttempt) -> bool:
    certificate = attempt.presented.certificate
    role = None if certificate is None else certificate.role
    return (
        certificate is not None and role is not None and role.oid_v3.dotted in certificate.policies
    )


def _between(attempt: AuthenticationAttempt | DownloadAttempt) -> tuple[Role | None, ...]:
    return tuple(one.role for one in attempt.presented.between or ())


def _refuses(*between: Role, role: Role) -> Change:
    """Returns the fault that servers of one role with one chain of version 3 are refused."""

    def passes(attempt: AuthenticationAttempt) -> bool:
        same = _between(attempt) == between and attempt.presented.role is role
        return not (same and _of_version_3(attempt))

    return adds(_CHECKS, Check("variant_known", passes, _INVALID_CERTIFICATE))


def _refuses_dp_pb(*, flat: bool) -> Change:
    def passes(attempt: DownloadAttempt) -> bool:
        return not (_of_version_3(attempt) and flat is not bool(_between(attempt)))

    return adds(_PREPARE, Check("variant_known", passes, _INVALID_CERTIFICATE))


def _flat_refused(attempt: AuthenticationAttempt) -> bool:
    """Returns False for a chain of version 2 of a server of version 3."""
    return attempt.context is None or _of_version_3(attempt)


def _always_flat(attempt: AuthenticationAttempt) -> CiCredential | None:
    """Returns the credential of the CI named, with the certificates of Variant O."""
    return ecasd.signing_credential(attempt.view.state, attempt.pkid_wanted)


def _always_newer(attempt: AuthenticationAttempt) -> CiCredential | None:
    """Returns the chain of version 3 whenever the server is one of version 3."""
    plain = authenticate_server.CREDENTIAL.standard(attempt)
    newer = plain is not None and attempt.context is not None and plain.signs_in_version_3
    return plain.in_version_3 if newer and plain is not None else plain


def _newer_of_any(attempt: AuthenticationAttempt) -> CiCredential | None:
    """Returns the first chain of version 3 for a CI that is in no list."""
    plain = authenticate_server.CREDENTIAL.standard(attempt)
    if plain is not None or attempt.newer_pkid is None:
        return plain
    held = (one for one in attempt.view.state.credentials if one.signs_in_version_3)
    return next((one.in_version_3 for one in held), None)


def _first_when_empty(attempt: AuthenticationAttempt) -> CiCredential | None:
    """Returns none where euiccCiPKIdToBeUsed is empty, whatever sessionContext names."""
    plain = authenticate_server.CREDENTIAL.standard(attempt)
    empty = not attempt.request.euicc_ci_pkid_to_be_used
    return None if attempt.newer_pkid is not None and empty else plain


def _with_root(credential: CiCredential, /) -> tuple[bytes, ...]:
    others = credential.other_certificates
    return (*others, credential.ci_certificate) if others else others


def _answered(check: str) -> Change:
    return answers(_CHECKS, check, _UNDEFINED)


def _serial_of_the_issuer(attempt: AuthenticationAttempt) -> bool:
    """Returns False where a list has the certificate of another than the server."""
    serials = {one.serial_number for one in attempt.presented.between or ()}
    return not any(serials & _listed(crl) for crl in attempt.crls)


def _listed(octets: bytes) -> frozenset[int]:
    try:
        return Crl.from_der(octets).serial_numbers
    except DecodeError:
        return frozenset()


def _nothing_unstapled(attempt: AuthenticationAttempt) -> bool:
    """Returns False for a server of version 3 that staples nothing."""
    context = attempt.context
    flat = not _of_version_3(attempt)
    return context is None or context.crl_stapling_v3_used or not flat


def _no_push_services(attempt: AuthenticationAttempt) -> bool:
    return attempt.context is None or not attempt.context.supported_push_services


def _no_push(attempt: AuthenticationAttempt) -> bool:
    return attempt.request.ctx_params1[0] != 0xA3


def _info1(change: Callable[[EuiccInfo1], EuiccInfo1]) -> Change:
    def changed(outcome: Outcome, view: View) -> Outcome:
        if not view.state.personality.version_3:
            return outcome
        info = replace(EuiccInfo1.decode(outcome.response.data))
        return answering_data(outcome, change(info).encode())

    return behind(GET_EUICC_INFO1, changed)


def _info2(change: Callable[[EuiccInfo2], EuiccInfo2]) -> Change:
    def changed(outcome: Outcome, view: View) -> Outcome:
        if not view.state.personality.version_3:
            return outcome
        info = replace(EuiccInfo2.decode(outcome.response.data))
        return answering_data(outcome, change(info).encode())

    return behind(GET_EUICC_INFO2, changed)


def _turned(listed: tuple[bytes, ...] | None) -> tuple[bytes, ...] | None:
    return None if listed is None else tuple(bytes(reversed(one)) for one in listed)


def _no_ec_id(attempt: ResponseAttempt) -> bool:
    listed = attempt.request.smds_signed2.event_list
    return listed is None or listed.ec_id is None


def _one_event(attempt: ResponseAttempt) -> bool:
    listed = attempt.request.smds_signed2.event_list
    return listed is None or len(listed.event_entries) == 1


def _no_plain_event(attempt: ResponseAttempt) -> bool:
    listed = attempt.request.smds_signed2.event_list
    return listed is None or all(one.hashed_iccids is not None for one in listed.event_entries)


def _no_registration(attempt: ResponseAttempt) -> bool:
    return attempt.request.smds_signed2.registration is None


def _no_session_is_undefined(attempt: ResponseAttempt) -> bool:
    return attempt.server is not None


def _no_further_certificate(_credential: CiCredential, /) -> tuple[bytes, ...]:
    return ()


FAULTS: Final = (
    *(
        CardFault(
            f"v3.chain.no-{name}",
            f"An SM-{'DS' if role is Role.DS_AUTH else 'DP+'} with a chain of Variant "
            f"{name.rpartition('-')[2]} is refused.",
            (row,),
            _refuses(*between, role=role),
        )
        for name, row, between, role in (
            ("dp-A", "ES10b.AuthenticateServer#23", (Role.DP_SUBCA,), Role.DP_AUTH),
            ("dp-B", "ES10b.AuthenticateServer#25", (Role.CI_SUBCA,), Role.DP_AUTH),
            ("dp-C", "ES10b.AuthenticateServer#27", (Role.DP_SUBCA, Role.CI_SUBCA), Role.DP_AUTH),
            ("dp-Ov3", "ES10b.AuthenticateServer#29", (), Role.DP_AUTH),
            ("ds-A", "ES10b.AuthenticateServer#24", (Role.DS_SUBCA,), Role.DS_AUTH),
            ("ds-B", "ES10b.AuthenticateServer#26", (Role.CI_SUBCA,), Role.DS_AUTH),
            ("ds-C", "ES10b.AuthenticateServer#28", (Role.DS_SUBCA, Role.CI_SUBCA), Role.DS_AUTH),
        )
    ),
    CardFault(
        "v3.chain.no-flat-server",
        "A server of version 3 with a chain of version 2 is refused.",
        ("ES10b.AuthenticateServer#30",),
        adds(_CHECKS, Check("newer", _flat_refused, _INVALID_CERTIFICATE)),
    ),
    CardFault(
        "v3.chain.incomplete",
        "A chain of a server that ends below the CI is answered ciPKUnknown.",
        ("ES10b.AuthenticateServer#59", "ES10b.AuthenticateServer#60"),
        skip(_CHECKS, "chain_complete"),
    ),
    CardFault(
        "v3.chain.any-path-length",
        "The path length of a server's SubCA is not held.",
        ("ES10b.AuthenticateServer#61",),
        skip(_CHECKS, "chain_path_length"),
    ),
    CardFault(
        "v3.chain.no-ca",
        "A SubCA of a server need not be a CA.",
        ("ES10b.AuthenticateServer#62",),
        skip(_CHECKS, "chain_no_ca"),
    ),
    CardFault(
        "v3.chain.any-key-usage",
        "The key of a server's SubCA need not sign certificates.",
        ("ES10b.AuthenticateServer#63",),
        skip(_CHECKS, "chain_key_usage"),
    ),
    CardFault(
        "v3.chain.any-role",
        "A SubCA of an SM-DS may issue certificates of an SM-DP+.",
        ("ES10b.AuthenticateServer#64",),
        skip(_CHECKS, "chain_role"),
    ),
    CardFault(
        "v3.chain.any-signature",
        "The signature of a server's SubCA is not verified.",
        ("ES10b.AuthenticateServer#65",),
        skip(_CHECKS, "chain_signature"),
    ),
    CardFault(
        "v3.chain.always-flat",
        "The card sends its chain of Variant O whatever sessionContext names.",
        (
            "ES10b.AuthenticateServer#08",
            "ES10b.AuthenticateServer#110",
            "ES10b.AuthenticateServer#23",
            "ES10b.AuthenticateServer#29",
        ),
        swap(authenticate_server.CREDENTIAL, _always_flat),
    ),
    CardFault(
        "v3.chain.always-newer",
        "The card sends its chain of version 3 to each server of version 3.",
        ("ES10b.AuthenticateServer#95", "ES10b.AuthenticateServer#110"),
        swap(authenticate_server.CREDENTIAL, _always_newer),
    ),
    CardFault(
        "v3.chain.any-ci",
        "A CI in sessionContext that the card does not have gets its first chain of version 3.",
        ("ES10b.AuthenticateServer#111",),
        swap(authenticate_server.CREDENTIAL, _newer_of_any),
    ),
    CardFault(
        "v3.chain.empty-is-unknown",
        "An euiccCiPKIdToBeUsed of zero length is answered ciPKUnknown though sessionContext names "
        "a CI.",
        ("ES10b.AuthenticateServer#08",),
        swap(authenticate_server.CREDENTIAL, _first_when_empty),
    ),
    CardFault(
        "v3.chain.no-others",
        "The card leaves otherCertsInChain out of its answer.",
        ("ES10b.AuthenticateServer#31",),
        swap(authenticate_server.OTHER_CERTIFICATES, _no_further_certificate),
    ),
    CardFault(
        "v3.chain.with-root",
        "The card's otherCertsInChain ends with the certificate of the CI.",
        ("ES10b.AuthenticateServer#31",),
        swap(authenticate_server.OTHER_CERTIFICATES, _with_root),
    ),
    CardFault(
        "v3.chain.no-others-in-notifications",
        "Notifications of a card with a longer chain carry two certificates.",
        ("ES10b.RetrieveNotificationsList#13", "ES10b.RetrieveNotificationsList#20"),
        swap(notifications.OTHER_CERTIFICATES, _no_further_certificate),
    ),
    CardFault(
        "v3.chain.root-in-notifications",
        "Notifications of a card with a longer chain end with the certificate of the CI.",
        ("ES10b.RetrieveNotificationsList#13",),
        swap(notifications.OTHER_CERTIFICATES, _with_root),
    ),
    CardFault(
        "v3.chain.dppb-below-subca",
        "A CERT.DPpb of version 3 that a SubCA has issued is refused.",
        ("ES10b.PrepareDownload#35", "procedure.Download#09"),
        _refuses_dp_pb(flat=False),
    ),
    CardFault(
        "v3.chain.flat-dppb",
        "A CERT.DPpb of version 3 that the CI has issued is refused.",
        ("ES10b.PrepareDownload#36", "procedure.Download#09"),
        _refuses_dp_pb(flat=True),
    ),
    CardFault(
        "v3.chain.another-list",
        "The list for chains of version 3 has identifiers of no CI, in EUICCInfo1.",
        ("ES10b.GetEUICCInfo1#04", "ES10b.GetEUICCInfo2#22"),
        _info1(
            lambda info: replace(
                info,
                euicc_ci_pkid_list_for_signing_v3=_turned(info.euicc_ci_pkid_list_for_signing_v3),
            )
        ),
    ),
    CardFault(
        "v3.chain.another-list-in-info2",
        "The list for chains of version 3 in EUICCInfo2 is not that of EUICCInfo1.",
        ("ES10b.GetEUICCInfo2#22",),
        _info2(
            lambda info: replace(
                info,
                euicc_ci_pkid_list_for_signing_v3=_turned(info.euicc_ci_pkid_list_for_signing_v3),
            )
        ),
    ),
    CardFault(
        "v3.chain.v2-server-undefined",
        "A server of version 2 is answered undefinedError(127) by a card of version 3.",
        ("procedure.Download#10", "ES10b.AuthenticateServer#109"),
        adds(
            _CHECKS,
            Check(
                "of_version_3",
                lambda a: a.context is not None or not a.view.state.personality.version_3,
                _UNDEFINED,
            ),
        ),
    ),
    CardFault(
        "v3.crl.any-signature",
        "The signature of a stapled CRL is not verified.",
        ("ES10b.AuthenticateServer#67",),
        skip(_CHECKS, "crl_signature"),
    ),
    CardFault(
        "v3.crl.revoked-passes",
        "A server on a stapled CRL is authenticated.",
        ("ES10b.AuthenticateServer#68",),
        skip(_CHECKS, "crl_revoked"),
    ),
    CardFault(
        "v3.crl.issuers-alone",
        "The stapled CRLs are held against the SubCAs of a server, not against the server.",
        ("ES10b.AuthenticateServer#68",),
        decides(_CHECKS, "crl_revoked", _serial_of_the_issuer),
    ),
    CardFault(
        "v3.crl.signature-is-undefined",
        "A CRL that its issuer has not signed is answered undefinedError(127).",
        ("ES10b.AuthenticateServer#67", "ES10b.AuthenticateServer#97"),
        _answered("crl_signature"),
    ),
    CardFault(
        "v3.crl.revoked-is-undefined",
        "A server on a stapled CRL is answered undefinedError(127).",
        ("ES10b.AuthenticateServer#68",),
        _answered("crl_revoked"),
    ),
    CardFault(
        "v3.crl.required",
        "A server of version 3 with a flat chain that staples nothing is answered missingCrl.",
        ("ES10b.AuthenticateServer#99", "ES10b.AuthenticateServer#30"),
        adds(_CHECKS, Check("stapled", _nothing_unstapled, 9)),
    ),
    CardFault(
        "v3.push.services-refused",
        "A server that offers services for push is answered undefinedError(127).",
        ("ES10b.AuthenticateServer#96",),
        adds(_CHECKS, Check("no_push_services", _no_push_services, _UNDEFINED)),
    ),
    CardFault(
        "v3.push.registration-refused",
        "A registration for push is answered undefinedError(127).",
        ("ES10b.AuthenticateServer#79",),
        adds(_CHECKS, Check("no_push", _no_push, _UNDEFINED)),
    ),
    CardFault(
        "v3.smds.any-signature",
        "The signature of an SM-DS over a list of events is not verified.",
        ("ES10b.VerifySmdsResponse#04",),
        skip(_VERIFY, "smds_signature2"),
    ),
    CardFault(
        "v3.smds.any-transaction",
        "A list of events of another session is good.",
        ("ES10b.VerifySmdsResponse#06",),
        skip(_VERIFY, "transaction_id"),
    ),
    CardFault(
        "v3.smds.no-session-undefined",
        "A list of events without a session is answered undefinedError(127).",
        ("ES10b.VerifySmdsResponse#05",),
        begins_with(_VERIFY, Check("session", _no_session_is_undefined, _UNDEFINED)),
    ),
    CardFault(
        "v3.smds.any-server",
        "A list of events that an SM-DP+ has signed is good.",
        ("ES10b.VerifySmdsResponse#07",),
        allows(
            SessionEvent.SMDS_RESPONSE_VERIFIED, SessionState.IDLE, SessionState.AUTHENTICATED_DP
        ),
    ),
    CardFault(
        "v3.smds.no-ec-id",
        "A list of events with an ecId is answered undefinedError(127).",
        ("ES10b.VerifySmdsResponse#03",),
        adds(_VERIFY, Check("no_ec_id", _no_ec_id, _UNDEFINED)),
    ),
    CardFault(
        "v3.smds.one-event",
        "A list of more than one event is answered undefinedError(127).",
        ("ES10b.VerifySmdsResponse#08",),
        adds(_VERIFY, Check("one_event", _one_event, _UNDEFINED)),
    ),
    CardFault(
        "v3.smds.no-plain-event",
        "An event without hashes of ICCIDs is answered undefinedError(127).",
        ("ES10b.VerifySmdsResponse#01", "ES10b.VerifySmdsResponse#08"),
        adds(_VERIFY, Check("no_plain_event", _no_plain_event, _UNDEFINED)),
    ),
    CardFault(
        "v3.smds.no-registration",
        "The result of a registration for push is answered undefinedError(127).",
        ("ES10b.VerifySmdsResponse#02",),
        adds(_VERIFY, Check("no_registration", _no_registration, _UNDEFINED)),
    ),
)
