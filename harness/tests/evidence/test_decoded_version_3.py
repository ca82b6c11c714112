"""Messages of version 3 are decoded by their names, those of version 2 as before."""

import json
from base64 import b64encode

import pytest

from rspcore.ids import Iccid, TransactionId
from rspcore.messages.event_type import EventType
from rspcore.messages.v3.device_change import RetryData, SmdpSigned4, SmdpSigned6
from rspcore.messages.v3.event_lists import EventList, EventRecordV3, SmdsSigned2
from rspcore.messages.v3.rpm_package import LoadRpmPackageRequest, SmdpSigned3
from rspharness.evidence.fields import named
from rspharness.evidence.http_exchanges import HttpMessage
from rspharness.evidence.members import members
from rspharness.servers import rpm_packages

pytestmark = pytest.mark.once

ID = TransactionId(bytes(16))
ICCID = Iccid.from_digits("8999901000000000005")
PACKAGE = SmdpSigned3(transaction_id=ID, rpm_package=(rpm_packages.enable(ICCID),))
OFFER = SmdpSigned4(transaction_id=ID, cc_required_flag=True)
RETRY = RetryData(retry_delay=5, dc_session_id=b"\x01\x02")
EVENT = EventRecordV3(
    event_id="EVENT-1", rsp_server_address="smdp.example.com", event_type=EventType.rpmEvent
)


@pytest.mark.parametrize(
    ("kind", "message", "lines"),
    [
        ("SmdpSigned3", PACKAGE, ["rpmPackage: 1 of them", "enable", "8999901000000000005"]),
        (
            "LoadRpmPackageRequest",
            LoadRpmPackageRequest(smdp_signed3=PACKAGE, smdp_signature3=bytes(64)),
            ["smdpSignature3: 0000", "enable"],
        ),
        ("SmdpSigned4", OFFER, ["ccRequiredFlag: True"]),
        (
            "SmdpSigned6",
            SmdpSigned6(transaction_id=ID, request_specific_data=RETRY.encode()),
            ["retryDelay: 5", "dcSessionId: 0102"],
        ),
        (
            "SmdsSigned2",
            SmdsSigned2(
                transaction_id=ID,
                request_specific_data=EventList(event_entries=(EVENT,)).encode(),
            ),
            ["eventType: ", "'smdp.example.com'"],
        ),
    ],
)
def test_message_of_version_3_has_its_names(kind, message, lines):
    text = "\n".join(named(kind, message.encode()))
    for line in lines:
        assert line in text
    assert "not in the module" not in text


def test_answer_over_http_has_its_names():
    body = {"smdpSigned4": b64encode(OFFER.encode()).decode(), "dcSessionId": "AQI="}
    said = HttpMessage("<", "200 ; 1.00 ms")
    said.lines.append(json.dumps(body))
    text = "\n".join(said.decoded())
    assert "ccRequiredFlag: True" in text
    assert "dcSessionId: 0102" in text


def test_members_of_an_answer_of_version_3_have_their_names():
    found = members(bytes.fromhex("BF4D0FA10D8008000102030405060702010" + "2"))
    assert found["PrepareDeviceChangeResponse.prepareDeviceChangeResponseError.transactionId"]
