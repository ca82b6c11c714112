"""A download against replayed octets of the worked example: order, clean-up, what counts as done.

Card and server only replay and verify nothing. The paired tests use the real ones.
"""

import base64
import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from rspcore import tlv
from rspcore.crypto.curves import Curve
from rspcore.errors import DecodeError, RemoteError
from rspcore.ids import Oid
from rspcore.messages.es10b import CancelSessionReason
from rspcore.pki.generate import make_pki
from rspharness.lpa.activation_code import ActivationCode
from rspharness.lpa.checks import DownloadStoppedError
from rspharness.lpa.download import (
    AutomaticUser,
    DownloadStep,
    InstallationFailedError,
    download,
)
from rspharness.lpa.download_steps import CardRefusedError, LoadRefusedError, load_package
from rspharness.lpa.es9p_client import HttpReply, ServerRefusedError, ServerUnreachableError
from rspharness.record.verdicts import TargetLost

VECTORS = Path(__file__).parents[3] / "fixtures" / "vectors"
WORKED = json.loads((VECTORS / "bsp-nistP256.json").read_text())
INPUTS = json.loads((VECTORS / "bsp-inputs.json").read_text())
SESSION = WORKED["rsp_session"]
HOST = "smdp.example.com"
CODE = ActivationCode(address=HOST, matching_id="T-1")
TRANSACTION_ID = INPUTS["transaction_id"]
AUTH_CERTIFICATE = make_pki().dp_auth(Curve.NIST_P256).certificate.der
BPP = bytes.fromhex(WORKED["bpp"]["a"])
RESULT = bytes.fromhex(SESSION["pir"])
METADATA = bytes.fromhex(INPUTS["store_metadata"])
LISTED = bytes.fromhex(
    "BF2D26A024E3225A0A980010325476981032144F10A0000005591010FFFFFFFF89000010009F700100"
)
SIGNATURE = tlv.encode(0x5F37, bytes(64))
INFO2 = tlv.encode(
    0xBF22,
    bytes.fromhex(
        "8103020301 8203020500 8303010203 840D8101008204000A000083020800 85020640 88020780"
        "A900 AA00 0403010000 0C00"
    ),
)


def b64(octets):
    return base64.b64encode(octets).decode()


def failure_result():
    data = bytes.fromhex(SESSION["error_pir_data"])
    return tlv.encode(0xBF37, data, SIGNATURE)


def signed1(address=HOST):
    return tlv.encode(
        0x30,
        tlv.encode(0x80, bytes.fromhex(TRANSACTION_ID)),
        tlv.encode(0x81, bytes(16)),
        tlv.encode(0x83, address.encode()),
        tlv.encode(0x84, bytes(16)),
    )


def authenticated(request):
    """Answers AuthenticateServer with the content of the request, unsigned."""
    parts = tlv.parse(request).children()
    context = bytes(parts[-1].raw)
    server = {child.tag: bytes(child.raw) for child in parts[0].children()}
    body = tlv.encode(0x30, server[0x80], server[0x83], server[0x84], INFO2, context)
    return tlv.encode(0xBF38, tlv.encode(0xA0, body, SIGNATURE, tlv.encode(0x30), tlv.encode(0x30)))


def cancelled(request):
    parts = {child.tag: bytes(child.value) for child in tlv.parse(request).children()}
    body = tlv.encode(
        0x30,
        tlv.encode(0x80, parts[0x80]),
        tlv.encode(0x81, Oid("2.999.10").content),
        tlv.encode(0x82, parts[0x81]),
    )
    return tlv.encode(0xBF41, tlv.encode(0xA0, body, SIGNATURE))


@dataclass
class Peers:
    """A replaying card and server, and the order in which they were called."""

    card_answers: dict[int, object]
    server_answers: dict[str, object]
    events: list[str] = field(default_factory=list)
    bodies: dict[str, dict[str, str]] = field(default_factory=dict)

    def post(self, _address, path, _headers, body):
        function = path.rpartition("/")[2]
        self.events.append(function)
        self.bodies[function] = json.loads(body)
        answer = self.server_answers[function]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, HttpReply):
            return answer
        return HttpReply(200, {"Content-Type": "application/json"}, json.dumps(answer).encode())


@pytest.fixture
def peers(tlv_card):
    answers = {
        0xBF2E: bytes.fromhex("BF2E128010") + bytes(16),
        0xBF20: bytes.fromhex("BF20098203020500A900AA00"),
        0xBF38: authenticated,
        0xBF21: tlv.encode(
            0xBF21, tlv.encode(0xA0, bytes.fromhex(SESSION["euicc_signed2"]), SIGNATURE)
        ),
        0xBF36: b"",
        0xA0: b"",
        0xA1: b"",
        0x88: b"",
        0xA3: b"",
        0x86: lambda octets: RESULT if bytes(octets) == last_segment() else b"",
        0xBF2D: LISTED,
        0xBF30: bytes.fromhex("BF3003800100"),
        0xBF41: cancelled,
    }
    success = {"functionExecutionStatus": {"status": "Executed-Success"}}
    server = {
        "initiateAuthentication": {
            "transactionId": TRANSACTION_ID,
            "serverSigned1": b64(signed1()),
            "serverSignature1": b64(SIGNATURE),
            "euiccCiPKIdToBeUsed": b64(tlv.encode(0x04, bytes(20))),
            "serverCertificate": b64(AUTH_CERTIFICATE),
        },
        "authenticateClient": {
            "transactionId": TRANSACTION_ID,
            "profileMetadata": b64(METADATA),
            "smdpSigned2": b64(bytes.fromhex(SESSION["smdp_signed2"])),
            "smdpSignature2": b64(SIGNATURE),
            "smdpCertificate": b64(AUTH_CERTIFICATE),
        },
        "getBoundProfilePackage": {
            "transactionId": TRANSACTION_ID,
            "boundProfilePackage": b64(BPP),
        },
        "cancelSession": {"header": success},
        "handleNotification": HttpReply(204, {}, b""),
    }
    made = Peers(answers, server)
    card, channel = tlv_card(answers)
    answer = card._answer

    def watched(octets):
        made.events.append(f"{tlv.read_header(octets)[0]:02X}")
        return answer(octets)

    card._answer = watched
    made.card, made.channel = card, channel
    return made


def last_segment():
    group = tlv.parse(BPP).children()[-1]
    return bytes(group.children()[-1].raw)


LOAD = ["BF36", "A0", "A1", "88", "A3", "86", "86", "86"]
BEGIN = ["BF2E", "BF20", "initiateAuthentication"]
AUTHENTICATE = [*BEGIN, "BF38", "authenticateClient"]
PACKAGE = [*AUTHENTICATE, "BF21", "getBoundProfilePackage"]
CANCEL = ["BF41", "cancelSession"]
USER = AutomaticUser(code="4711")


def run(peers, code=CODE, user=USER, **more):
    return download(peers.channel, peers, code, user=user, **more)


def failing(subject, reason):
    data = {"subjectCode": subject, "reasonCode": reason}
    return {"header": {"functionExecutionStatus": {"status": "Failed", "statusCodeData": data}}}


def reason_of(peers):
    request = next(octets for octets in peers.card.seen if octets.startswith(b"\xbf\x41"))
    return tlv.parse(request).children()[1].value[0]


def test_download_runs_the_steps_in_order(peers):
    done = run(peers)
    assert peers.events == [*PACKAGE, *LOAD, "handleNotification", "BF30", "BF2D"]
    assert str(done.iccid) == INPUTS["iccid_digits"]
    assert str(done.aid) == "A0000005591010FFFFFFFF8900001000"
    assert done.unreported is None
    assert done.result.raw == RESULT


def test_octets_pass_unchanged_in_both_directions(peers):
    run(peers)
    request = tlv.parse(next(o for o in peers.card.seen if o.startswith(b"\xbf\x38")))
    assert bytes(request.children()[0].raw) == signed1()
    assert bytes(request.children()[3].raw) == AUTH_CERTIFICATE
    sent = peers.bodies["handleNotification"]["pendingNotification"]
    assert base64.b64decode(sent) == RESULT


def test_matching_id_and_hash_of_the_confirmation_code_are_sent(peers):
    run(peers)
    authenticate, prepare = (
        tlv.parse(next(o for o in peers.card.seen if o.startswith(tag)))
        for tag in (b"\xbf\x38", b"\xbf\x21")
    )
    context = authenticate.children()[-1]
    assert bytes(context.children()[0].raw) == b"\x80\x03T-1"
    hashed = prepare.find(0x04)
    assert hashed is not None
    assert hashed.value.hex().upper() == INPUTS["confirmation_code"]["hash_cc"]


def test_progress_names_each_step_and_counts_the_load(peers):
    calls = []
    run(peers, progress=lambda *step: calls.append(step))
    steps = [step for step, _, total in calls if not total]
    assert steps == [
        DownloadStep.INITIATE,
        DownloadStep.AUTHENTICATE,
        DownloadStep.CONFIRM,
        DownloadStep.PREPARE,
        DownloadStep.PACKAGE,
        DownloadStep.LOAD,
        DownloadStep.NOTIFY,
        DownloadStep.VERIFY,
    ]
    counted = [done for _, done, total in calls if total]
    assert counted[-1] == len(BPP)
    assert counted == sorted(counted)
    assert len(counted) == len(LOAD)


def test_segments_are_sent_as_the_store_data_of_the_worked_example(scripted_link):
    from rspharness.lpa.isdr_channel import ChannelOptions, IsdrChannel  # noqa: PLC0415  this test alone

    store = WORKED["store_data"]
    link = scripted_link(*((one["apdu"], "9000") for one in store["commands"]))
    channel = IsdrChannel(link, ChannelOptions(block_size=store["block_size"]))
    channel.number = store["channel"]
    with pytest.raises(AssertionError, match="unexpected command 81 E2 91 00 54 88"):
        load_package(channel, BPP)
    assert not link.script


@pytest.mark.parametrize("bpp", ["a", "b"])
def test_every_segment_has_the_length_of_the_worked_example(peers, bpp):
    octets = bytes.fromhex(WORKED["bpp"][bpp])
    peers.card_answers |= {0xA2: b"", 0x86: b""}
    lengths = []
    before = [0]

    def progress(done, _all):
        lengths.append(done - before[0])
        before[0] = done

    with pytest.raises(LoadRefusedError, match="no ProfileInstallationResult"):
        load_package(peers.channel, octets, progress)
    assert lengths[: len(WORKED["segment_lengths"][bpp])] == WORKED["segment_lengths"][bpp]


@pytest.mark.parametrize(
    ("address", "accepted"),
    [(HOST.upper(), True), (f"{HOST}:8443", True), ("other.example.com", False)],
)
def test_server_address_is_compared_before_anything_is_shown(peers, address, accepted):
    answer = peers.server_answers["initiateAuthentication"]
    answer["serverSigned1"] = b64(signed1(address))
    if accepted:
        run(peers)
        return
    with pytest.raises(DownloadStoppedError, match=r"other\.example\.com"):
        run(peers)
    assert peers.events == [*BEGIN, *CANCEL]


def test_matching_oid_of_the_code_continues_the_download(peers):
    run(peers, ActivationCode(address=HOST, matching_id="T-1", smdp_oid=Oid("2.999.10")))


def test_other_oid_stops_before_the_card_and_the_matching_id_are_shown(peers):
    peers.card_answers[0xBF41] = bytes.fromhex("BF4103810105")
    with pytest.raises(DownloadStoppedError, match=r"OID 2\.999\.12.*2\.999\.10"):
        run(peers, ActivationCode(address=HOST, smdp_oid=Oid("2.999.12")))
    assert peers.events == [*BEGIN, "BF41"]


def test_card_that_refuses_the_server_is_reported_to_it(peers):
    peers.card_answers[0xBF38] = tlv.encode(
        0xBF38, tlv.encode(0xA1, tlv.encode(0x80, b"\x01"), b"\x02\x01\x02")
    )
    peers.server_answers["authenticateClient"] = failing("8.1", "6.1")
    with pytest.raises(CardRefusedError) as caught:
        run(peers)
    assert caught.value.code == "invalidSignature(2)"
    assert peers.events == [*AUTHENTICATE, "BF41"]


def test_server_that_refuses_is_not_asked_to_cancel_the_session(peers):
    peers.server_answers["authenticateClient"] = failing("8.2.6", "3.8")
    with pytest.raises(ServerRefusedError, match="MatchingID") as caught:
        run(peers)
    assert caught.value.code == "8.2.6/3.8"
    assert peers.events == [*AUTHENTICATE, "BF41"]
    assert reason_of(peers) == CancelSessionReason.postponed


@pytest.mark.parametrize(
    "reason",
    [
        CancelSessionReason.endUserRejection,
        CancelSessionReason.postponed,
        CancelSessionReason.timeout,
    ],
)
def test_user_who_does_not_agree_cancels_at_card_then_server(peers, reason):
    with pytest.raises(DownloadStoppedError, match=reason.name):
        run(peers, user=AutomaticUser(refusal=reason))
    assert peers.events == [*AUTHENTICATE, *CANCEL]
    assert reason_of(peers) == reason
    sent = base64.b64decode(peers.bodies["cancelSession"]["cancelSessionResponse"])
    assert sent == cancelled(peers.card.seen[-1])


def test_missing_confirmation_code_postpones(peers):
    with pytest.raises(DownloadStoppedError, match="Confirmation Code"):
        run(peers, user=AutomaticUser())
    assert reason_of(peers) == CancelSessionReason.postponed
    assert peers.events == [*AUTHENTICATE, *CANCEL]


def test_code_that_is_not_asked_for_is_not_sent(peers):
    without = bytes.fromhex(SESSION["smdp_signed2"])[:-1] + b"\x00"
    peers.server_answers["authenticateClient"]["smdpSigned2"] = b64(without)
    run(peers)
    prepare = tlv.parse(next(o for o in peers.card.seen if o.startswith(b"\xbf\x21")))
    assert prepare.find(0x04) is None


def test_policy_rule_the_rat_does_not_allow_is_cancelled(peers):
    content = bytes(tlv.parse(METADATA).value) + bytes.fromhex("B7058003 32F451 99020520")
    peers.server_answers["authenticateClient"]["profileMetadata"] = b64(tlv.encode(0xBF25, content))
    peers.card_answers[0xBF43] = bytes.fromhex("BF4302A000")
    with pytest.raises(DownloadStoppedError, match="PPR2"):
        run(peers)
    assert peers.events == [*AUTHENTICATE, "BF43", "BF2D", *CANCEL]
    assert reason_of(peers) == CancelSessionReason.pprNotAllowed


def test_card_that_refuses_to_prepare_is_reported_to_the_server(peers):
    peers.card_answers[0xBF21] = tlv.encode(
        0xBF21, tlv.encode(0xA1, tlv.encode(0x80, b"\x01"), b"\x02\x01\x01")
    )
    peers.server_answers["getBoundProfilePackage"] = failing("8.1", "6.1")
    with pytest.raises(CardRefusedError) as caught:
        run(peers)
    assert caught.value.code == "invalidCertificate(1)"
    assert peers.events == [*PACKAGE, "BF41"]


def test_other_metadata_in_the_package_is_cancelled_unloaded(peers):
    announced = METADATA.replace(b"Example MNO", b"Example XYZ")
    peers.server_answers["authenticateClient"]["profileMetadata"] = b64(announced)
    with pytest.raises(DownloadStoppedError, match="other metadata"):
        run(peers)
    assert peers.events == [*PACKAGE, *CANCEL]
    assert reason_of(peers) == CancelSessionReason.metadataMismatch


def test_refused_segment_is_cancelled(peers):
    peers.card_answers[0x88] = 0x6985
    with pytest.raises(LoadRefusedError, match=r"segment 4 of 8.*6985") as caught:
        run(peers)
    assert (caught.value.segment, caught.value.code) == (4, "6985")
    assert peers.events == [*PACKAGE, *LOAD[:4], *CANCEL]
    assert reason_of(peers) == CancelSessionReason.loadBppExecutionError


def test_load_without_result_is_an_error(peers):
    peers.card_answers[0x86] = b""
    with pytest.raises(LoadRefusedError, match="no ProfileInstallationResult"):
        run(peers)
    assert peers.events == [*PACKAGE, *LOAD, *CANCEL]


def test_answer_that_is_no_result_is_cancelled(peers):
    peers.card_answers[0xA1] = b"\x04\x00"
    with pytest.raises(DecodeError):
        run(peers)
    assert peers.events[-2:] == CANCEL
    assert reason_of(peers) == CancelSessionReason.undefinedReason


def test_failed_installation_stops_loading_reports_and_is_not_cancelled(peers):
    peers.card_answers[0x88] = failure_result()
    with pytest.raises(InstallationFailedError, match=r"storeMetadata\(2\)") as caught:
        run(peers)
    assert caught.value.code == "installFailedDueToIccidAlreadyExistsOnEuicc(9)"
    assert peers.events == [*PACKAGE, *LOAD[:4], "handleNotification", "BF30"]


def test_failed_installation_that_cannot_be_reported_names_both_errors(peers):
    peers.card_answers[0x88] = failure_result()
    peers.server_answers["handleNotification"] = ServerUnreachableError("gone")
    with pytest.raises(InstallationFailedError) as caught:
        run(peers)
    assert caught.value.__notes__ == ["the result waits on the card: gone"]


def test_installed_profile_that_is_not_listed_is_an_error(peers):
    peers.card_answers[0xBF2D] = bytes.fromhex("BF2D02A000")
    with pytest.raises(RemoteError, match="lists no such Profile"):
        run(peers)


def test_installed_profile_under_another_aid_is_an_error(peers):
    peers.card_answers[0xBF2D] = LISTED.replace(b"\x10\x00\x9f\x70", b"\x11\x00\x9f\x70")
    with pytest.raises(RemoteError, match=r"lists AID .*1100"):
        run(peers)


@pytest.mark.parametrize(
    "answer", [HttpReply(500, {}, b""), ServerUnreachableError("gone")], ids=["500", "gone"]
)
def test_result_the_server_has_not_taken_stays_and_the_download_is_incomplete(peers, answer):
    peers.server_answers["handleNotification"] = answer
    done = run(peers)
    assert done.unreported
    assert "BF30" not in peers.events


def test_lost_connection_cancels_and_leaves_the_order_open(peers):
    peers.server_answers["getBoundProfilePackage"] = ServerUnreachableError("gone")
    peers.server_answers["cancelSession"] = ServerUnreachableError("still gone")
    with pytest.raises(ServerUnreachableError) as caught:
        run(peers)
    assert peers.events == [*PACKAGE, *CANCEL]
    assert reason_of(peers) == CancelSessionReason.postponed
    assert caught.value.__notes__ == ["CancelSession: still gone"]


def test_interrupt_by_the_user_cancels(peers):
    class Impatient(AutomaticUser):
        def agrees(self, *_, **__):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(peers, user=Impatient())
    assert peers.events == [*AUTHENTICATE, *CANCEL]
    assert reason_of(peers) == CancelSessionReason.postponed


def test_card_that_was_gone_leaves_the_order_open(peers):
    class Unplugged(AutomaticUser):
        def agrees(self, *_, **__):
            raise TargetLost("the modem has no card that works")

    with pytest.raises(TargetLost):
        run(peers, user=Unplugged())
    assert reason_of(peers) == CancelSessionReason.postponed


def test_card_lost_while_cancelling_is_noted_and_the_first_error_stays(peers):
    peers.card_answers |= {0x88: 0x6985, 0xBF41: 0x6F00}
    with pytest.raises(LoadRefusedError) as caught:
        run(peers)
    assert "6F00" in caught.value.__notes__[0]


@pytest.mark.parametrize("member", ["serverSigned1", "serverSignature1", "serverCertificate"])
def test_octets_that_are_no_request_are_an_error_of_the_server(peers, member):
    peers.server_answers["initiateAuthentication"][member] = b64(b"\x04\x00")
    with pytest.raises(RemoteError, match="InitiateAuthentication"):
        run(peers)


@pytest.mark.parametrize("member", ["profileMetadata", "smdpSigned2", "smdpCertificate"])
def test_answer_of_authenticate_client_that_cannot_be_read_is_cancelled(peers, member):
    peers.server_answers["authenticateClient"][member] = b64(b"\x04\x00")
    with pytest.raises(RemoteError, match="AuthenticateClient"):
        run(peers)
    assert peers.events[-2:] == CANCEL
