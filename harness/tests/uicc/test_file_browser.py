"""The browser and its decoders, against a published profile on the simulated card."""

import sys
from pathlib import Path

import pytest

from rspcore.crypto.curves import Curve
from rspcore.errors import LocalError, RemoteError
from rspcore.messages.es10c import EnableProfileRequest, ProfileIdentifier
from rspcore.messages.metadata import StoreMetadataRequest
from rspcore.profile_maker import ProfileParameters, TestProfile
from rspcore.profile_reader import ProfileFacts
from rspharness.card.card_under_test import Card
from rspharness.run.run import Run, RunOptions
from rspharness.servers.rsp_server import server_maker
from rspharness.uicc.decoders import decoded
from rspharness.uicc.file_browser import FileBrowser, Structure
from rspharness.uicc.file_names import fid_of

sys.path.insert(0, str(Path(__file__).parents[3] / "simulator" / "tests"))
from evidence import place


@pytest.fixture(scope="module")
def browser():
    """Browses a card with a published profile enabled."""
    octets = place("ts48/TS48v5_SAIP2.3_BERTLV_SUCI.der").read_bytes()
    run = Run(RunOptions())
    card = Card(run.target.open())
    card.reset()
    iccid = ProfileFacts.of_package(octets).iccid
    metadata = StoreMetadataRequest(iccid=iccid, service_provider_name="T", profile_name="T")
    what = TestProfile(ProfileParameters(iccid=iccid, imsi=None), octets, metadata)
    server_maker(run.pki, Curve.NIST_P256, "test", run.options.started)().install(card, what)
    named = ProfileIdentifier(iccid=iccid)
    card.send(EnableProfileRequest(profile_identifier=named, refresh_flag=False))
    card.reset()
    return FileBrowser(card)


def words(browser, path):
    """Returns the decoded form of each part of a file."""
    found = browser.select(browser.place_of(path))
    content = browser.read(found)
    assert content.refused is None
    return [decoded(found.place.directory, found.place.name, part) for part in content.parts]


@pytest.mark.parametrize(
    ("path", "first"),
    [
        ("MF/EF.ICCID", "89000123456789012341"),
        ("3F00/2FE2", "89000123456789012341"),
        ("2FE2", "89000123456789012341"),
        ("EF.PL", "en"),
        ("MF/DIR", "A0000000871002FF49FF0589 'USIM'"),
        ("USIM/EF.IMSI", "001010123456063"),
        ("ADF.USIM/6F07", "001010123456063"),
        ("A0000000871002/6F07", "001010123456063"),
        ("USIM/SPN", "'GSMA_TEST', display 01"),
        ("USIM/ACC", "classes 0"),
        ("USIM/AD", "type approval, MNC of 2 digits"),
        ("USIM/ECC", "112 'Euro Emer', category 00"),
        ("USIM/PLMNwAcT", "empty"),
        ("USIM/MSISDN", "empty"),
        ("USIM/SMSP", "empty"),
        (
            "USIM/ARR",
            "read: PIN1; update: PIN2; deactivate, activate, delete: ADM1",
        ),
    ],
)
def test_well_known_files_are_decoded(browser, path, first):
    assert words(browser, path)[0] == first


def test_service_table_lists_its_numbers(browser):
    (text,) = words(browser, "USIM/UST")
    # 9EFFBF1D...7E39: bits 2 to 5 and 8 of the first octet; 122 and on in the last two
    assert text.startswith("services 2 3 4 5 8 9 10")
    assert text.endswith("122 123 124 125 126 127 129 132 133 134")


def test_loci_shows_area_and_status(browser):
    assert words(browser, "USIM/LOCI") == ["TMSI FFFFFFFF, 246-81 area FFFE, not updated"]


@pytest.mark.parametrize(
    ("name", "octets", "text"),
    [
        ("FPLMN", "62F21000F110FFFFFF", "262-01, 001-01"),
        ("HPLMNwAcT", "62F2108000FFFFFF0000", "262-01 (8000)"),
        ("MSISDN", "4D65" + "FF" * 8 + "0791947132547698" + "FF" * 6, "'Me' +491723456789"),
        ("SPN", "00800410043BFFFF", "'\u0410\u043b', display 00"),
        ("ARR", "800101A010A406830101950108A40683010A950108FFFF", "read: PIN1 or ADM1"),
        ("ARR", "840132A40683018A9501088001029700", "command 32: ADM6; update: never"),
        ("IMSI", "FF" * 9, ""),
        ("ECC", "FFFFFF00", "empty"),
        ("UNKNOWN", "00", ""),
        ("ARR", "80", ""),
    ],
)
def test_decoder_returns_the_meaning_of_the_octets(name, octets, text):
    assert decoded("USIM", f"EF.{name}", bytes.fromhex(octets)) == text


def test_tree_finds_every_application_and_its_files(browser):
    found = {one.place.shown: one for _, one in browser.tree()}
    for path in ("3F00", "3F00/2FE2", "3F00/7F10/5F3A", "ADF.USIM/6F07", "ADF.ISIM/6F02"):
        assert path in found
    assert found["ADF.USIM/5FC0"].structure is Structure.DIRECTORY
    assert found["ADF.USIM/6F3C"].record_length == 176
    assert len(found) > 200


def test_ber_tlv_file_is_read_object_by_object(browser):
    found = [one for _, one in browser.tree() if one.structure is Structure.BER_TLV]
    assert found
    contents = [browser.read(browser.select(one.place)) for one in found]
    assert {content.refused for content in contents} <= {None, 0x6982}


def test_file_without_the_access_right_is_shown_as_refused(browser):
    content = browser.read(browser.select(browser.place_of("USIM/5FD0/4F01")))
    assert content.refused in (None, 0x6982)


def test_absent_file_is_refused(browser):
    with pytest.raises(RemoteError, match="6A82"):
        browser.select(browser.place_of("MF/2FFF"))


@pytest.mark.parametrize("path", ["NOBODY/6F07", "USIM/EF.NOTHING", "GSM"])
def test_path_without_a_file_is_explained(browser, path):
    with pytest.raises(LocalError, match=r"expected|neither"):
        browser.place_of(path)


def test_names_are_found_with_and_without_prefix():
    assert fid_of("USIM", "ef.imsi") == fid_of("USIM", "IMSI") == 0x6F07
    assert fid_of("USIM", "DF.5GS") == 0x5FC0
    assert fid_of("USIM", "EF.NONE") is None
