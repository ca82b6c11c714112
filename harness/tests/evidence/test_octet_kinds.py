"""Octets of any kind, known by their first tag or their form; their secrets are not shown."""

import json
from base64 import b64encode

import pytest

from rspcore.pki.generate import make_pki
from rspcore.profile_maker import make_profile, preset
from rspharness.cli.main import main
from rspharness.evidence.octet_kinds import octet_lines, octets_of_text

PARAMETERS = preset("PROFILE_OPERATIONAL1")
CERTIFICATE = make_pki().ci(make_pki().curves[0]).certificate.der


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("9000", ["status word 9000 (OK)"]),
        ("6A82", ["status word 6A82 (file not found)"]),
        ("BF3E035C015A", ["ES10c.GetEID", "  GetEuiccDataRequest", "    tagList: 5A"]),
        ("BF2E00", ["ES10b.GetEUICCChallenge", "  GetEuiccChallengeRequest"]),
        ("00 A4 00 0C 02 3F 00", ["command  channel 0  SELECT", "  > 3F00"]),
        ("81E2910006BF3E035C015A", ["command  channel 1  ES10c.GetEID"]),
        ("6F0584 03A00000", ["6F FCI template", "  84: A00000"]),
        ("D009810301240082028182", ["SELECT ITEM, qualifier 00", "D0: 810301240082028182"]),
        ("AE80220700A4000C023F000000", ["command script, 1 command", "  SELECT  00A4000C02 3F00"]),
        ("AB0780010123029000", ["response script, 1 command executed", "  9000 (OK)"]),
        ("DF1F0101", ["DF1F: 01"]),
        ("308201", ["308201"]),
    ],
)
def test_kinds_are_known_from_octets(text, lines):
    shown = list(octet_lines(octets_of_text(text)))
    assert shown[: len(lines)] == lines


def test_response_is_no_request_of_the_same_tag():
    shown = list(octet_lines(bytes.fromhex("BF3E125A1089049032123451234512345678901235")))
    assert shown[1:2] == ["  GetEuiccDataResponse"]
    assert "(89049032123451234512345678901235)" in shown[2]


def test_profile_package_is_shown_by_elements_without_its_secrets():
    shown = list(octet_lines(make_profile(PARAMETERS).upp))
    heads = [line.split(",")[0] for line in shown if line[:1] != " "]
    assert heads[0] == "header"
    assert {"akaParameter", "pinCodes", "securityDomain", "end"} <= set(heads)
    assert f"  iccid: {str(PARAMETERS.iccid)!r}" in shown
    text = "\n".join(shown)
    assert "key: '16 octets masked'" in text
    for secret in (PARAMETERS.ki, PARAMETERS.operator_constant, PARAMETERS.kic, PARAMETERS.kid):
        assert secret.hex().upper() not in text
    assert PARAMETERS.pin1.ljust(8, b"\xff").hex().upper() not in text


@pytest.mark.parametrize("form", ["der", "pem", "hex", "upper"])
def test_certificate_in_each_form(form, tmp_path, capsys):
    file = tmp_path / "one"
    pem = b"-----BEGIN CERTIFICATE-----\n" + b64encode(CERTIFICATE) + b"\n-----END CERTIFICATE-----"
    key = b"\n-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
    forms = {"der": CERTIFICATE, "pem": pem + key, "hex": CERTIFICATE.hex(" ").encode()}
    file.write_bytes(forms.get(form, CERTIFICATE.hex().upper().encode() + b"\n"))
    assert main(["decode", str(file)]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("certificate of CN=Test CI,")
    assert ("private key, not shown" in shown) is (form == "pem")


def test_body_of_an_http_message_is_shown_by_its_members(tmp_path, capsys):
    info = bytes.fromhex("BF2E12801000112233445566778899AABBCCDDEEFF")[4:]
    file = tmp_path / "body.json"
    body = {"smdpAddress": "dp.example.com", "euiccChallenge": b64encode(info).decode()}
    file.write_text(json.dumps(body, indent=2))
    assert main(["decode", str(file)]) == 0
    shown = capsys.readouterr().out
    assert "smdpAddress: dp.example.com" in shown
    assert f"euiccChallenge: {info.hex().upper()}" in shown


def test_what_is_nothing_is_refused_with_what_is_expected(tmp_path, capsys):
    for what in ("zz", "12345"):
        assert main(["decode", what]) == 3
        assert f"{what}: No such file or directory, and no hexadecimal" in capsys.readouterr().err
    (tmp_path / "empty").write_text("")
    assert main(["decode", str(tmp_path / "empty")]) == 3
    (tmp_path / "upp").write_bytes(make_profile(PARAMETERS).upp)
    assert main(["decode", str(tmp_path / "upp"), "--pcapng", str(tmp_path / "x")]) == 3
    assert "a capture is made of one" in capsys.readouterr().err


def test_digits_may_be_parted_and_nothing_is_none():
    assert octets_of_text(" 90:00\n") == b"\x90\x00"
    assert octets_of_text("") is octets_of_text("9") is octets_of_text("no") is None


def test_value_that_is_not_what_its_name_says_is_shown_in_octets():
    shown = list(octet_lines(bytes.fromhex("BF3E125A10890490321234512345123456789012FF")))
    assert shown[-1] == "    eidValue: 890490321234512345123456789012FF"


@pytest.mark.parametrize("begin", ["30", "BF3E", "BF25", "D0", "AE80", "A0", "00A4", "81E2", "62"])
def test_no_octets_are_refused(begin):
    head = bytes.fromhex(begin)
    for length in range(24):
        assert list(octet_lines(head + bytes((length,)) + bytes(range(0x70, 0x70 + length))))
