"""Download: whole sessions, from the first question to the removal of the result."""

from dataclasses import replace
from hashlib import sha256

from rspcore import tlv
from rspcore.crypto.curves import Curve
from rspcore.ids import Iccid
from rspcore.messages.es10b import (
    AuthenticateServerResponse,
    GetEuiccInfo1Request,
    NotificationSentRequest,
)
from rspcore.messages.es10c import ProfileState
from rspcore.messages.notifications import BppCommandId, ErrorReason
from rspcore.profile_maker import preset
from rspharness import testcase
from rspharness.card import expect, tlv_edit
from rspharness.card.free_memory import free_memory
from rspharness.card.signed_content import same_content
from rspharness.servers.card_signatures import verify_authentication, verify_pir, verify_preparation
from rspharness.servers.load_result import described, ended, installed
from rspharness.servers.rsp_server import profile

NIST, BRP, FRP = Curve.NIST_P256, Curve.BRAINPOOL_P256R1, "frp256v1"
SILENT = replace(preset("PROFILE_OPERATIONAL1"), notification_configuration=())
TWO = "PROFILE_OPERATIONAL2"


def numbered(number, **fields):
    """Returns parameters of a Profile that differs from others by its ICCID."""
    iccid = Iccid.from_digits(f"89299090{number:011d}")
    return replace(SILENT, iccid=iccid, imsi=f"00101{number:010d}", **fields)


def whole_session(session, what):
    """Takes an open session through AuthenticateServer, PrepareDownload and the load.

    Each answer of the card is verified as a server does; returns what the load came to.
    """
    verify_authentication(session, session.authenticate())
    verify_preparation(session, session.prepare())
    loaded = session.install(profile(what))
    verify_pir(session, loaded.pir)
    installed(session, loaded)
    return loaded


@testcase.each(
    "on",
    {"procedure.Download#01": NIST, "procedure.Download#02": BRP, "procedure.Download#03": FRP},
)
def test_complete_session(card, given, make_server, step, on):
    """From GetEUICCInfo1 to the removal of the PIR, under one curve."""
    server = make_server(curve=on)
    given.none()
    with step("S_LPAd -> eUICC: GetEUICCInfo1; expected: the CI of the server in both lists"):
        info = card.send(GetEuiccInfo1Request())
        for name in ("verification", "signing"):
            known = getattr(info, f"euicc_ci_pkid_list_for_{name}")
            expect.one_of(server.ci_pkid, known, f"CI keys for {name}")
    with step("S_LPAd -> eUICC: the session; expected: PIR successResult"):
        loaded = whole_session(server.open(card), SILENT)
    with step("Expected: the Profile listed, Disabled"):
        states = [(one.iccid, one.profile_state) for one in card.listed_profiles()]
        expect.equal(states, [(SILENT.iccid, ProfileState.disabled)], "Profiles listed")
    with step("S_LPAd -> eUICC: RetrieveNotificationsList; RemoveNotificationFromList"):
        same_content(card.pending_notifications(), (loaded.last.data,), "Notifications")
        number = loaded.pir.data.notification_metadata.seq_number
        expect.ok(card.send(NotificationSentRequest(seq_number=number)))
    with step("Expected: no Notification"):
        expect.notifications(card.notifications())


def listed_iccids(card):
    """Returns the ICCIDs listed, in their own order: that of the list is the card's choice."""
    return sorted(str(one.iccid) for one in card.listed_profiles())


@testcase("procedure.Download#04")
def test_profiles_under_two_curves(card, given, make_server, step):
    """Two Profiles come under two CIs, each PIR signed under its own."""
    given.none()
    for number, (curve, what) in enumerate(((NIST, SILENT), (BRP, TWO)), 1):
        server = make_server(number, curve=curve)
        with step(f"S_LPAd -> eUICC: the session under {curve}; expected: PIR successResult"):
            session = server.open(card)
            whole_session(session, what)
        with step(f"Expected: signed under the CI of {curve}"):
            issuer = session.eum_certificate.authority_key_identifier
            expect.equal(issuer, server.ci_pkid, "CI of the card's chain")
    with step("Expected: both Profiles listed"):
        wanted = [SILENT.iccid, preset(TWO).iccid]
        expect.equal(listed_iccids(card), sorted(map(str, wanted)), "Profiles listed")


@testcase("procedure.Download#05")
def test_event_then_download(card, given, server, smds, step):
    """A session with the SM-DS for the event, then one with the SM-DP+ it names."""
    given.none()
    with step("S_SM-DS -> eUICC: AuthenticateServer; expected: authenticateResponseOk"):
        session = smds.open(card)
        verify_authentication(session, session.authenticate(matching_id=""))
    with step("S_SM-DP+ -> eUICC: the session with the EventID; expected: PIR successResult"):
        session = server.open(card)
        verify_authentication(session, session.authenticate(matching_id="EVENT-0001"))
        verify_preparation(session, session.prepare())
        installed(session, session.install(profile(SILENT)))


@testcase("procedure.Download#06")
def test_confirmation_code(card, given, server, step):
    """The hash of the confirmation code comes back signed, and the Profile is installed."""
    code = "12345678"
    given.none()
    with step("S_LPAd -> eUICC: AuthenticateServer, PrepareDownload with hashCc"):
        session = server.open(card)
        verify_authentication(session, session.authenticate())
        response = session.prepare(confirmation_code=code)
        verify_preparation(session, response)
    with step("Expected: hashCc = SHA-256 of SHA-256(code) and transactionId"):
        wanted = sha256(sha256(code.encode()).digest() + session.transaction_id.octets).digest()
        expect.equal(response.download_response_ok.euicc_signed2.hash_cc, wanted, "hashCc")
    with step("S_SM-DP+ -> eUICC: the load; expected: PIR successResult"):
        installed(session, session.install(profile(SILENT)))


@testcase("procedure.Download#07")
def test_until_memory_is_full(card, given, server, note, step):
    """Profiles are installed until one does not fit; those before stay as they were."""
    card.options = replace(card.options, block_size=255)
    given.none()
    room = free_memory(card)
    size = max(room // 3, 10_000)
    loaded, before, session, number = None, card.observe(), None, 0
    while loaded is None or loaded.pir.data.final_result.error_result is None:
        number += 1
        before = card.observe()
        with step(f"S_SM-DP+ -> eUICC: Profile {number}, of {size:,} octets"):
            session = server.prepared(card)
            loaded = session.install(profile(numbered(number, size=size)))
            expect.that(holds=loaded.pir is not None, expected="a PIR", actual=described(loaded))
            expect.that(holds=number < 10, expected="the memory full", actual=f"{number} Profiles")
    note(f"{number - 1} Profiles of {size:,} octets fit into {room:,}")
    with step("Expected: each before with success, the last with InsufficientMemory(10)"):
        expect.that(holds=number > 1, expected="one Profile at least", actual="none")
        where = BppCommandId(loaded.pir.data.final_result.error_result.bpp_command_id)
        full = ErrorReason.installFailedDueToInsufficientMemoryForProfile
        ended(session, loaded, before, where, full)
    with step("Expected: the first Profile can be enabled"):
        given.enable(numbered(1).iccid)
        expect.equal(card.enabled(), (numbered(1).iccid,), "Profiles Enabled")


@testcase("procedure.Download#08")
def test_ten_sessions_in_a_row(card, given, server, step):
    """Ten sessions without a reset succeed, each with a larger seqNumber."""
    given.none()
    given.room_for(*map(numbered, range(1, 11)))
    last = -1
    for number in range(1, 11):
        with step(f"S_LPAd -> eUICC: session {number}; expected: PIR, a larger seqNumber"):
            loaded = whole_session(server.open(card), numbered(number))
            now = loaded.pir.data.notification_metadata.seq_number
            expect.that(holds=now > last, expected=f"more than {last}", actual=str(now))
            last = now
    with step("Expected: ten Profiles listed"):
        wanted = [numbered(number).iccid for number in range(1, 11)]
        expect.equal(listed_iccids(card), sorted(map(str, wanted)), "Profiles listed")


NULL = 0x05
V3_SERVER_SIGNED1 = bytes.fromhex("A5 08 80 03 030100 81 01 00 86 02 0780")
"""sessionContext with serverSvn 3.1.0 and without stapled CRLs, and serverRspCapability."""
V3_CTX_PARAMS1 = bytes.fromhex("82 02 0780 A3 02 8100")
"""operationType profileDownload, and matchingIdSource activationCode."""
V3_METADATA = bytes.fromhex("9F1F 02 06C0 9F21 02 2000")
"""serviceDescription, and estimatedProfileSize."""


@testcase("procedure.Download#11")
def test_elements_of_v3(card, given, server, note, step):
    """Elements that only v3 defines are passed over, or end the session with a code or SW of v2."""
    given.none()
    with step("S_LPAd -> eUICC: the session with sessionContext, rpmPending and others of v3"):
        came_to = "; ".join(v3_session(card, server))
        note(came_to)
    with step("Expected: PIR successResult, or a code of AuthenticateServer or PrepareDownload"):
        allowed = ("PIR successResult", "error", "SW 6A80")
        expect.that(
            holds=any(word in came_to for word in allowed),
            expected=" or ".join(allowed),
            actual=came_to,
        )


def v3_session(card, server):
    """Yields what each step of a session with elements of v3 came to, up to the first refusal."""
    session = server.open(card)
    plain = tlv_edit.at(session.authenticate_request(), 0xA0)
    signed = tlv_edit.appended(session.server_signed1(), V3_SERVER_SIGNED1)
    request = session.authenticate_request(
        server_signed1=signed, ctx_params1=tlv_edit.appended(plain, V3_CTX_PARAMS1)
    )
    answer = card.store(request)
    if not answer.data:
        yield f"AuthenticateServer: SW {answer.sw:04X}"
        return
    session.authentication = AuthenticateServerResponse.decode(answer.data)
    code = expect.code_of(session.authentication)
    yield f"AuthenticateServer: {'ok' if code is None else f'error {code}'}"
    if code is None:
        signed = tlv_edit.appended(session.smdp_signed2(), tlv.encode(NULL, b""))
        code = expect.code_of(session.prepare(smdp_signed2=signed))
        yield f"PrepareDownload: {'ok' if code is None else f'error {code}'}"
    if code is None:
        what = profile(SILENT)
        yield described(
            session.install(what, metadata=tlv_edit.appended(what.metadata.encode(), V3_METADATA))
        )
