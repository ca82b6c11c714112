"""The ASN.1 binding read by an independent reader: every request and answer of a whole flow.

The outer structure is written down here from annex H, in words of our own; the types inside are
those of the module that the ASN.1 library compiles.
"""

import pkgutil
import sys
from pathlib import Path

import asn1tools
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "servers"))
from code_pair_inputs import INPUTS  # beside the servers, in no package
from code_pair_rows import ROWS
from code_pair_world import World

OUTER = """
Binding DEFINITIONS IMPLICIT TAGS ::= BEGIN
IMPORTS EUICCInfo1, AuthenticateServerResponse, PrepareDownloadResponse, PendingNotification,
    ServerSigned1, StoreMetadataRequest, SmdpSigned2, BoundProfilePackage, Certificate
    FROM %s;
Number ::= [0] OCTET STRING (SIZE(1..16))
Signature ::= [APPLICATION 55] OCTET STRING (SIZE(64))
Request ::= [2] CHOICE {
    initiate [57] SEQUENCE {
        challenge [1] OCTET STRING (SIZE(16)), address [3] UTF8String, info EUICCInfo1 },
    authenticate [59] SEQUENCE { number Number, response AuthenticateServerResponse },
    package [58] SEQUENCE { number Number, response PrepareDownloadResponse },
    cancel [65] SEQUENCE { number Number, response [1] Cancelled },
    notification [61] SEQUENCE { pending [0] PendingNotification } }
Cancelled ::= CHOICE {
    ok [0] SEQUENCE { signed SEQUENCE {
        number Number, oid [1] OBJECT IDENTIFIER, reason [2] INTEGER }, signature Signature },
    error [1] INTEGER }
Answer ::= [2] CHOICE {
    initiate [57] CHOICE { ok [0] SEQUENCE { number Number, signed ServerSigned1,
        signature Signature, pkid OCTET STRING, certificate Certificate }, error [1] INTEGER },
    authenticate [59] CHOICE { ok [0] SEQUENCE { number Number, metadata StoreMetadataRequest,
        signed SmdpSigned2, signature Signature, certificate Certificate }, error [1] INTEGER },
    package [58] CHOICE { ok [0] SEQUENCE { number Number, bpp BoundProfilePackage },
        error [1] INTEGER },
    cancel [65] CHOICE { ok [0] SEQUENCE {}, error [1] INTEGER },
    events [64] CHOICE { ok [0] SEQUENCE { number Number, entries [1] SEQUENCE OF SEQUENCE {
        event [0] UTF8String, address [1] UTF8String } }, error [1] INTEGER } }
END
"""


@pytest.fixture(scope="module")
def reader():
    inner = pkgutil.get_data("rspcore.asn1", "rsp_v2.asn").decode()
    (name,) = asn1tools.parse_string(inner)
    return asn1tools.compile_string(inner + OUTER % name, "ber")


def read(reader, world):
    """Returns what the other reader finds in the requests and answers of an LPA."""
    return [
        (reader.decode("Request", asked), reader.decode("Answer", got) if got else None)
        for asked, got in world.lpa.wire
    ]


def test_whole_flow_is_read_by_the_other_reader(reader):
    world = World("ES9+", asn1=True)
    lpa = world.lpa
    lpa.download("M-1")
    lpa.notify(lpa.card.result(lpa.transaction_id, world.dp.orders.all()[0].iccid))
    lpa.initiate()
    lpa.cancel(0)
    found = read(reader, world)
    assert [asked[0] for asked, _ in found] == [
        "initiate", "authenticate", "package", "notification", "initiate", "cancel",
    ]  # fmt: skip
    initiated, authenticated, packaged = (answer for _, answer in found[:3])
    number = bytes.fromhex(lpa.authenticated["transactionId"])
    for name, (kind, (choice, content)) in zip(
        ("initiate", "authenticate", "package"), (initiated, authenticated, packaged), strict=True
    ):
        assert (kind, choice, content["number"]) == (name, "ok", number)
    assert initiated[1][1]["signed"]["serverAddress"] == lpa.address
    assert authenticated[1][1]["signed"]["ccRequiredFlag"] is False
    assert found[3][1] is None
    assert found[5][1] == ("cancel", ("error", 2)), "the card was not authenticated in this session"


@pytest.mark.parametrize(
    "row",
    [one for one in ROWS if isinstance(one.integer, int) and not one.reason],
    ids=str,
)
def test_integer_of_each_pair_is_read_by_the_other_reader(reader, row):
    world = World(row.function.partition(".")[0], asn1=True)
    INPUTS[row.key](world)
    *_, (_, (_, answer)) = read(reader, world)
    assert answer == ("error", row.integer)
