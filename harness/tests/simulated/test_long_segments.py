"""Packages as the usual open server cuts them: 86 of 1,036 octets, on the card and in a reader."""

import base64
import json
import logging
from dataclasses import replace

import pytest

from rspcore import tlv
from rspcore.crypto.curves import Curve
from rspcore.profile_maker import make_profile, preset
from rspharness.lpa import Lpa
from rspharness.lpa.download import InstallationFailedError
from rspharness.lpa.https_arguments import read_ci_certificates
from rspharness.lpa.https_port import HttpsOptions

SEGMENTS = 86
PLAINTEXT = 1008
"""Octets of plaintext in a segment; padding makes 1,024 of payload, MAC and header 1,036."""


class Link:
    """The link to a card in this process."""

    def __init__(self, euicc):
        self.transmit = euicc.transmit
        self.reset = euicc.reset

    def close(self):
        pass


@pytest.fixture(params=list(Curve), ids=str)
def ordered(request, smdpp):
    """Returns a server that cuts long segments, and the order of a Profile of 86 of them."""
    server = smdpp(curve=request.param, vary="", segment_octets=PLAINTEXT)
    content = preset("PROFILE_OPERATIONAL1")
    made = make_profile(replace(content, size=(SEGMENTS - 1) * PLAINTEXT + 500))
    return server, server.order(upp=made.upp, metadata=made.metadata)


def trusting(server):
    return HttpsOptions(ca_certificates=read_ci_certificates(server.ca_file))


def segments_of(server):
    (answer,) = server.expect("getBoundProfilePackage")
    octets = base64.b64decode(json.loads(answer.response.body)["boundProfilePackage"])
    return [len(one.raw) for one in tlv.parse(octets).find(0xA3).children()]


def test_default_card_installs_86_segments_of_1036_octets(ordered, simulated_card):
    server, order = ordered
    with Lpa(Link(simulated_card()), https=trusting(server)) as lpa:
        lpa.download(order.activation_code)
        assert [str(one.iccid) for one in lpa.profiles()] == [order.iccid]
    lengths = segments_of(server)
    assert len(lengths) == SEGMENTS
    assert set(lengths[:-1]) == {1036}
    assert order.state == "Installed"


@pytest.mark.vpcd
def test_default_card_in_a_reader_installs_them_too(ordered, card_in_reader):
    server, order = ordered
    reader = card_in_reader()
    with Lpa.in_reader(reader, _eid_of(reader), https=trusting(server)) as lpa:
        lpa.download(order.activation_code)
        assert [str(one.iccid) for one in lpa.profiles()] == [order.iccid]
    assert order.state == "Installed"


def _eid_of(reader):
    from rspharness.targets.reader import ReaderLink, find_reader  # noqa: PLC0415  needs pyscard

    with Lpa(ReaderLink(find_reader(reader))) as lpa:
        return lpa.eid()


def test_strict_card_says_why_it_refuses_them(ordered, simulated_card, caplog):
    server, order = ordered
    strict = simulated_card("strict-segments")
    with (
        caplog.at_level(logging.WARNING),
        Lpa(Link(strict), https=trusting(server)) as lpa,
        pytest.raises(InstallationFailedError, match="scp03tStructureError"),
    ):
        lpa.download(order.activation_code)
    said = [one.getMessage() for one in caplog.records if one.name == "rspsim.euicc.load.step"]
    assert said == [
        (
            "a segment 86 of 1036 octets is refused: option segment-limit is 1020; "
            "--option segment-limit=1036 takes longer ones, as some servers make them"
        )
    ]


@pytest.mark.parametrize(
    ("payload", "installs"),
    [(1020, True), (1021, True), (1023, True), (1024, False), (1025, False)],
)
def test_length_of_plaintext_decides_by_its_padded_length(smdpp, simulated_card, payload, installs):
    server = smdpp(vary="", segment_octets=payload)
    made = make_profile(replace(preset("PROFILE_OPERATIONAL1"), size=4000))
    order = server.order(upp=made.upp, metadata=made.metadata)
    with Lpa(Link(simulated_card()), https=trusting(server)) as lpa:
        if installs:
            lpa.download(order.activation_code)
        else:
            with pytest.raises(InstallationFailedError, match="scp03tStructureError"):
                lpa.download(order.activation_code)
        assert len(lpa.profiles()) == installs
