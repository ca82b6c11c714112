"""Card, LPA and SM-DP+ of version 3: chains of every variant and CRLs, as they go over the wire."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from rspcore import tlv
from rspcore.crypto.curves import Curve
from rspcore.messages.v3.capability_bits import EuiccRspCapability as E
from rspcore.messages.v3.capability_bits import LpaRspCapability as L
from rspcore.messages.v3.server_authentication import ServerSigned1
from rspcore.pki.certificate import Certificate
from rspcore.pki.crl import Crl
from rspcore.pki.generate import make_pki
from rspcore.pki.issue import Contents, sign
from rspcore.pki.names_and_extensions import Extension
from rspcore.pki.roles import Role
from rspcore.pki.variants import SERVER_VARIANTS, Variant, euicc_chain
from rspcore.profile_maker import make_profile, preset
from rspharness.lpa import Lpa
from rspharness.lpa.activation_code import ActivationCode
from rspharness.lpa.download_steps import STANDARD_DEVICE, STANDARD_DEVICE_V3
from rspharness.lpa.es9p_client import ServerRefusedError
from rspharness.simulated.direct_smdpp import DirectSmdpp
from rspharness.simulated.kept_in_process import OneCardLink
from rspsim.env import SeededRng
from rspsim.euicc.card import Euicc
from rspsim.euicc.personality import personality_named
from rspsim.personalise import personalise
from rspsim.stores.memory import MemoryStore

pytestmark = pytest.mark.once

PKI = make_pki()
NIST = Curve.NIST_P256
STARTED = datetime(2026, 1, 1, tzinfo=UTC)
CHAIN, CRLS = "otherCertsInChain", "crlList"


class Wire:
    """A card and a server; keeps what the server was asked and what it answered."""

    def __init__(self, *, server="A", card=Variant.OV3, without=(), version="3.1.0", pki=PKI):
        kind = personality_named("v3.1")
        kind = replace(kind, chain=card, rsp_capability=kind.rsp_capability - frozenset(without))
        state = personalise(PKI, personality=kind)
        self.card = Euicc(state, MemoryStore(state), SeededRng(b"chains"))
        self.link = OneCardLink(self.card)
        self.server = DirectSmdpp(pki, NIST, STARTED, version=version, chain=server)
        self.said = []

    def transmit(self, command):
        return self.link.transmit(command)

    def reset(self):
        return self.link.reset()

    def close(self):
        pass

    def post(self, _address, path, headers, body):
        body = self.changed(json.loads(body))
        reply = self.server.post(path, headers, json.dumps(body).encode())
        self.said.append((path.rpartition("/")[2], body, json.loads(reply.body or b"{}")))
        return reply

    def changed(self, body):
        return body

    def download(self, device=STANDARD_DEVICE_V3, what="PROFILE_OPERATIONAL1"):
        order = self.server.order(make_profile(preset(what)))
        with Lpa(self, port=self, device=device) as lpa:
            iccid = str(lpa.download(ActivationCode.parse(order.activation_code)).iccid)
            lpa.enable(iccid)
            lpa.deliver_notifications()
        return self.said[0][2]


def context(answer):
    signed = ServerSigned1.decode(base64.b64decode(answer["serverSigned1"]))
    return signed.session_context


def roles(answer):
    return [Certificate.from_der(base64.b64decode(one)).role for one in answer.get(CHAIN, ())]


@pytest.mark.parametrize("own", SERVER_VARIANTS)
@pytest.mark.parametrize("server", SERVER_VARIANTS)
def test_profile_comes_with_each_chain_on_each_side(server, own):
    wire = Wire(server=str(server), card=own)
    answer = wire.download()
    leaf = Certificate.from_der(base64.b64decode(answer["serverCertificate"]))
    assert leaf.policies == (Role.DP_AUTH.oid_v3.dotted,)
    expected = {"Ov3": [], "A": [Role.DP_SUBCA], "B": [Role.CI_SUBCA]}
    assert roles(answer) == expected.get(str(server), [Role.DP_SUBCA, Role.CI_SUBCA])
    assert (
        context(answer).euicc_ci_pkid_to_be_used_v3
        == PKI.ci(NIST).certificate.subject_key_identifier
    )
    assert [one.verdict for one in wire.server.receipts] == ["ACCEPTED"] * 3


@pytest.mark.parametrize(
    ("euicc", "lpa", "used"),
    [(True, True, True), (True, False, False), (False, True, False), (False, False, False)],
)
def test_crls_are_stapled_if_card_and_lpa_take_them(euicc, lpa, used):
    wire = Wire(without=() if euicc else (E.crlStaplingV3Support,))
    bits = STANDARD_DEVICE_V3.lpa_rsp_capability
    device = replace(
        STANDARD_DEVICE_V3,
        lpa_rsp_capability=bits if lpa else bits - {L.crlStaplingV3Support},
    )
    answer = wire.download(device)
    assert context(answer).crl_stapling_v3_used is used
    assert (CRLS in answer) is used
    if used:
        crls = [Crl.from_der(base64.b64decode(one)) for one in answer[CRLS]]
        assert [one.serial_numbers for one in crls] == [frozenset()] * 2


def test_lpa_of_version_2_gets_the_flat_chain():
    answer = Wire().download(STANDARD_DEVICE)
    assert CHAIN not in answer
    assert CRLS not in answer
    leaf = Certificate.from_der(base64.b64decode(answer["serverCertificate"]))
    assert leaf == PKI.dp_auth(NIST).certificate
    assert context(answer).euicc_ci_pkid_to_be_used_v3 is None


def test_card_without_a_chain_of_version_3_gets_the_flat_one():
    answer = Wire(card=None).download()
    assert CHAIN not in answer
    assert context(answer).euicc_ci_pkid_to_be_used_v3 is None


def test_server_of_version_2_sends_nothing_of_it():
    answer = Wire(version="2.5.0").download()
    assert CHAIN not in answer
    assert CRLS not in answer
    assert context(answer) is None


class ChangingWire(Wire):
    """A card and a server, and an LPA that says something else the second time."""

    def __init__(self, change, **fields):
        super().__init__(**fields)
        self.change = change

    def changed(self, body):
        return self.change(body)


def other_lpa_capability(body):
    """Announces bit 8 in InitiateAuthentication alone."""
    if "lpaRspCapability" in body:
        octets = tlv.parse(base64.b64decode(body["lpaRspCapability"]))
        value = bytes((7,)) + bytes(octets.value[1:]) + b"\x80"
        body["lpaRspCapability"] = base64.b64encode(tlv.encode(0x85, value)).decode()
    return body


def other_euicc_capability(body):
    """Takes a bit from EUICCInfo1 in InitiateAuthentication."""
    if "euiccInfo1" in body:
        octets = bytearray(base64.b64decode(body["euiccInfo1"]))
        at = octets.index(bytes.fromhex("880507")) + 3
        octets[at] ^= 0x10  # testProfileSupport
        body["euiccInfo1"] = base64.b64encode(bytes(octets)).decode()
    return body


def code_of(answer):
    data = answer["header"]["functionExecutionStatus"]["statusCodeData"]
    return f"{data['subjectCode']}/{data['reasonCode']}"


@pytest.mark.parametrize(
    ("change", "code"),
    [(other_lpa_capability, "8.7/3.11"), (other_euicc_capability, "8.1/3.11")],
)
def test_capability_that_has_changed_is_refused(change, code):
    wire = ChangingWire(change)
    with pytest.raises(ServerRefusedError, match="AuthenticateClient"):
        wire.download()
    assert code_of(wire.said[1][2]) == code


def test_eid_outside_of_permitted_eins_is_refused():
    """The EUM of the card is allowed another range; everything else of its chain is sound."""
    wire = Wire(card=Variant.C)
    state = wire.card.state
    chain = euicc_chain(PKI, Variant.C, NIST, state.eid)
    eum, ci_subca = chain.issuers[1:]
    contents = Contents.of(eum.certificate).with_extension(Extension.permitted_eins("89033023"))
    other = sign(contents, ci_subca.private_key)
    credentials = tuple(
        replace(one, newer_chain=(*one.newer_chain[:2], other, *one.newer_chain[3:]))
        if one.curve is NIST
        else one
        for one in state.credentials
    )
    wire.card = Euicc(
        replace(state, credentials=credentials), MemoryStore(state), SeededRng(b"chains")
    )
    wire.link = OneCardLink(wire.card)
    with pytest.raises(ServerRefusedError, match=r"8\.1\.4/6\.1"):
        wire.download()
    assert code_of(wire.said[1][2]) == "8.1.4/6.1"
