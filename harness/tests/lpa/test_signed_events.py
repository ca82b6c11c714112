"""An SM-DS of version 3 and the LPA: signed lists, ecIds, registration for push, refusals."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from rspcore import tlv
from rspcore.errors import RemoteError
from rspcore.ids import Oid
from rspcore.messages.es11 import CHECK_EVENT_PATH
from rspcore.messages.v3.capability_bits import EuiccRspCapability as E
from rspcore.messages.v3.capability_bits import LpaRspCapability as L
from rspcore.messages.v3.event_lists import SmdsSigned2
from rspcore.pki.generate import make_pki
from rspharness.lpa.discovery import find_events, find_pending, register_for_push
from rspharness.lpa.download_steps import STANDARD_DEVICE, STANDARD_DEVICE_V3, CardRefusedError
from rspharness.lpa.es9p_client import Es11Client, HttpReply, ServerRefusedError
from rspharness.lpa.isdr_channel import IsdrChannel
from rspharness.simulated.direct_smds import DirectSmds
from rspharness.simulated.kept_in_process import OneCardLink
from rspsim.env import SeededRng
from rspsim.euicc.card import Euicc
from rspsim.euicc.personality import personality_named
from rspsim.personalise import personalise
from rspsim.stores.memory import MemoryStore

pytestmark = pytest.mark.once

PKI = make_pki()
STARTED = datetime(2026, 1, 1, tzinfo=UTC)
SERVICE, OTHER = Oid("2.999.77.1"), Oid("2.999.77.2")
EID = str(personalise(PKI).eid)
SERVER = "testsmdpplus1.example.com"


class Field:
    """A card, an SM-DS, and what goes between them; `change` changes an answer."""

    def __init__(self, *, version="3.1.0", without=(), personality="v3.1", change=None):
        kind = personality_named(personality)
        kind = replace(kind, rsp_capability=kind.rsp_capability - frozenset(without))
        state = personalise(PKI, personality=kind)
        self.card = Euicc(state, MemoryStore(state), SeededRng(b"events"))
        self.channel = IsdrChannel(OneCardLink(self.card))
        self.channel.open()
        self.smds = DirectSmds(PKI, STARTED, version=version, push_services=(SERVICE.dotted,))
        self.smds.register(EID, SERVER, "EVENT-1")
        self.said = []
        self.change = change

    def post(self, address, path, headers, body):
        if address != self.smds.address:
            return HttpReply(503, {}, b"")
        reply = self.smds.post(path, headers, body)
        answer = json.loads(reply.body)
        if self.change is not None:
            answer = self.change(answer)
        self.said.append(answer)
        return HttpReply(reply.status, reply.headers, json.dumps(answer).encode())

    def find(self, device=STANDARD_DEVICE_V3):
        return find_events(self.channel, self, self.smds.address, device=device)

    def client(self):
        return Es11Client(self, self.smds.address)

    def register(self, service=SERVICE):
        return register_for_push(self.channel, self, self.smds.address, service, "token")

    @property
    def signed(self):
        octets = next(one["smdsSigned2"] for one in self.said if "smdsSigned2" in one)
        return SmdsSigned2.decode(base64.b64decode(octets))


def test_signed_list_is_verified_by_the_card_and_read():
    field = Field()
    (code,) = field.find()
    assert (code.address, code.matching_id) == (SERVER, "EVENT-1")
    listed = field.signed.event_list
    assert [one.event_type for one in listed.event_entries] == [1]
    assert len(listed.ec_id) == 16


def test_signed_list_tells_rpm_from_downloads_and_has_the_ec_id():
    field = Field()
    field.smds.register(EID, SERVER, "PACKAGE", remote=True)
    found = find_pending(field.channel, field, field.smds.address, device=STANDARD_DEVICE_V3)
    kinds = [(one.code.matching_id, one.remote) for one in found.events]
    assert kinds == [("EVENT-1", False), ("PACKAGE", True)]
    assert field.client().check_event(found.ec_id) is True
    older = find_pending(field.channel, field, field.smds.address, device=STANDARD_DEVICE)
    assert [one.remote for one in older.events] == [False, False]
    assert older.ec_id is None


@pytest.mark.parametrize(
    ("field", "device"),
    [
        (lambda: Field(version="2.5.0"), STANDARD_DEVICE_V3),
        (lambda: Field(without=(E.signedSmdsResponseV3Support,)), STANDARD_DEVICE_V3),
        (lambda: Field(personality="v2.6"), STANDARD_DEVICE_V3),
        (Field, STANDARD_DEVICE),
        (
            Field,
            replace(
                STANDARD_DEVICE_V3,
                lpa_rsp_capability=STANDARD_DEVICE_V3.lpa_rsp_capability
                - {L.signedSmdsResponseV3Support},
            ),
        ),
    ],
)
def test_list_of_version_2_where_one_side_is_older(field, device):
    made = field()
    (code,) = made.find(device)
    assert code.matching_id == "EVENT-1"
    assert any("eventEntries" in one for one in made.said)
    assert not any("smdsSigned2" in one for one in made.said)


def altered_signature(answer):
    if "smdsSignature2" in answer:
        octets = bytearray(base64.b64decode(answer["smdsSignature2"]))
        octets[-1] ^= 1
        answer["smdsSignature2"] = base64.b64encode(bytes(octets)).decode()
    return answer


def no_object(answer):
    if "smdsSigned2" in answer:
        answer["smdsSigned2"] = base64.b64encode(b"\x04\x00").decode()
    return answer


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        (altered_signature, CardRefusedError, r"invalidSignature\(2\)"),
        (no_object, RemoteError, "smdsSigned2 cannot be read"),
    ],
)
def test_list_that_the_card_does_not_verify_is_not_used(change, error, text):
    with pytest.raises(error, match=text):
        Field(change=change).find()


def test_ec_id_says_whether_something_waits():
    field = Field()
    field.find()
    ec_id = field.signed.event_list.ec_id
    assert field.client().check_event(ec_id) is True
    field.smds.delete(EID, "EVENT-1")
    assert field.client().check_event(ec_id) is False


def test_device_that_checks_no_events_gets_no_ec_id():
    field = Field()
    bits = STANDARD_DEVICE_V3.lpa_rsp_capability - {L.eventCheckingSupport}
    field.find(replace(STANDARD_DEVICE_V3, lpa_rsp_capability=bits))
    assert field.signed.event_list.ec_id is None


@pytest.mark.parametrize(
    ("ask", "code", "integer"),
    [
        (lambda field: field.client().check_event(bytes(16)), "8.9.6/3.9", 4),
        (
            lambda field: (
                field.smds.wait(timedelta(days=31)),
                field.client().check_event(field.signed.event_list.ec_id),
            ),
            "8.9.6/6.3",
            3,
        ),
    ],
)
def test_ec_id_that_is_unknown_or_has_expired(ask, code, integer):
    field = Field()
    field.find()
    with pytest.raises(ServerRefusedError, match=code.replace(".", r"\.")):
        ask(field)
    known = field.signed.event_list.ec_id if integer == 3 else bytes(16)
    assert in_asn1(field, known) == bytes.fromhex(f"BF46038101{integer:02X}")


def in_asn1(field, ec_id, address=None):
    request = tlv.encode(
        0xBF46,
        tlv.encode(0x80, ec_id),
        tlv.encode(0x81, (address or field.smds.address).encode()),
    )
    headers = {"Content-Type": "application/x-gsma-rsp-asn1", "User-Agent": "gsma-rsp-lpad"}
    headers["X-Admin-Protocol"] = "gsma/rsp/v3.1.0"
    reply = field.smds.post("/gsma/rsp2/asn1", headers, tlv.encode(0xA2, request))
    return bytes(tlv.parse(reply.body).children()[0].raw)


def test_check_event_in_asn1_has_the_octets_of_the_module():
    field = Field()
    field.find()
    ec_id = field.signed.event_list.ec_id
    assert in_asn1(field, ec_id) == bytes.fromhex("BF4605A0038001FF")
    assert in_asn1(field, ec_id, "other.example") == bytes.fromhex("BF4603810101")
    older = Field(version="2.5.0")
    assert in_asn1(older, ec_id) == bytes.fromhex("BF4603810102")


def test_check_event_is_asked_without_a_card_at_its_own_path():
    field = Field()
    field.find()
    before = len(field.said)
    body = {"ecId": base64.b64encode(field.signed.event_list.ec_id).decode()}
    body["smdsAddress"] = field.smds.address
    headers = {"Content-Type": "application/json", "User-Agent": "gsma-rsp-lpad"}
    headers["X-Admin-Protocol"] = "gsma/rsp/v3.1.0"
    reply = field.smds.post(CHECK_EVENT_PATH, headers, json.dumps(body).encode())
    assert json.loads(reply.body)["isPendingEvent"] is True
    assert len(field.said) == before


def test_device_registers_for_push():
    field = Field()
    assert field.register() == STARTED + timedelta(days=30)
    assert field.smds.registrations == {EID: (SERVICE.dotted, "token")}


def test_service_that_is_not_offered_is_refused():
    field = Field()
    with pytest.raises(ServerRefusedError, match=r"8\.9\.7/3\.7"):
        field.register(OTHER)
    assert field.smds.registrations == {}


def test_sm_ds_of_version_2_registers_none():
    with pytest.raises(ServerRefusedError, match=r"8\.9\.7/1\.2"):
        Field(version="2.5.0").register()
