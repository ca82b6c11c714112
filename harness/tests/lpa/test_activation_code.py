"""Activation codes: every field, and precise refusals."""

import pytest

from rspcore.errors import DecodeError
from rspcore.ids import Oid
from rspharness.lpa.activation_code import ActivationCode, check_server_address


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("LPA:1$h.example$T-1", ActivationCode(address="h.example", matching_id="T-1")),
        ("1$h.example$T-1", ActivationCode(address="h.example", matching_id="T-1")),
        ("lpa:1$H.EXAMPLE$T", ActivationCode(address="H.EXAMPLE", matching_id="T")),
        ("1$h.example$", ActivationCode(address="h.example")),
        ("1$h.example", ActivationCode(address="h.example")),
        (" 1$h.example$\n", ActivationCode(address="h.example")),
        ("1$h.example:8443$T", ActivationCode(address="h.example:8443", matching_id="T")),
        (
            "1$h.example$T$2.999.10",
            ActivationCode(address="h.example", matching_id="T", smdp_oid=Oid("2.999.10")),
        ),
        (
            "1$h.example$T$$1",
            ActivationCode(address="h.example", matching_id="T", confirmation_code_required=True),
        ),
        ("1$h.example$T$$0", ActivationCode(address="h.example", matching_id="T")),
        ("1$h.example$T$$2", ActivationCode(address="h.example", matching_id="T")),
        ("1$h.example$T$$$future$fields", ActivationCode(address="h.example", matching_id="T")),
        (
            "1$h.example$$2.999.10$1",
            ActivationCode(
                address="h.example", smdp_oid=Oid("2.999.10"), confirmation_code_required=True
            ),
        ),
    ],
)
def test_activation_code_is_read(text, expected):
    assert ActivationCode.parse(text) == expected


@pytest.mark.parametrize(
    ("text", "offset", "match"),
    [
        ("", 0, "0 characters"),
        ("LPA:", 0, "0 characters"),
        ("LPA:0$h.example$T", 0, "format '0'"),
        ("2$h.example$T", 0, "format '2'"),
        ("h.example$T", 0, "format 'h.example'"),
        ("LPA:LPA:1$h.example$T", 0, "format 'LPA:1'"),
        ("1", 1, "field 2 is empty"),
        ("1$$T", 2, "field 2 is empty"),
        ("1$https://h.example$T", 8, "port '//h.example'.*no scheme"),
        ("1$h.example/path$T", 4, "label 'example/path'"),
        ("1$h_1.example$T", 2, "label 'h_1'"),
        ("1$h..example$T", 4, "label ''"),
        ("1$-h.example$T", 2, "label '-h'"),
        ("1$h.example:0$T", 12, "port '0'"),
        ("1$h.example:65536$T", 12, "port '65536'"),
        ("1$h.example:$T", 12, "port ''"),
        ("1$h.example$abc", 12, "character 'a'"),
        ("1$h.example$AB_C", 14, "character '_'"),
        ("1$h.example$A B", 13, "character ' '"),
        ("1$h.example$T$2.x", 14, "field 4"),
        ("1$h.example$T$3.1", 14, "field 4"),
        ("1$h.example$" + "T" * 244, 0, "256 characters"),
    ],
)
def test_text_that_is_no_activation_code_is_refused_with_the_position(text, offset, match):
    with pytest.raises(DecodeError, match=match) as caught:
        ActivationCode.parse(text)
    assert caught.value.offset == offset


def test_longest_code_is_read():
    code = ActivationCode.parse("LPA:1$h.example$" + "T" * 243)
    assert len(code.matching_id) == 243


@pytest.mark.parametrize(
    "text",
    [
        "LPA:1$h.example$T",
        "LPA:1$h.example$",
        "LPA:1$h.example$T$2.999.10",
        "LPA:1$h.example$T$$1",
        "LPA:1$h.example$T$2.999.10$1",
    ],
)
def test_written_form_is_read_again(text):
    assert str(ActivationCode.parse(text)) == text


def test_host_name_of_254_characters_is_refused():
    name = ".".join(["a" * 63] * 3 + ["b" * 62])
    assert len(name) == 254
    with pytest.raises(DecodeError, match="at most 253"):
        check_server_address(name)


@pytest.mark.parametrize(
    "text",
    [
        "LPA%3A1%24smdp.example.com%24ABC",
        "1%24smdp.example.com%24ABC",
        "https://esim.example.com/qr?carddata=LPA:1$smdp.example.com$ABC",
        "https://esim.example.com/qr?x=1&carddata=LPA%3A1%24smdp.example.com%24ABC",
    ],
)
def test_links_and_percent_encoded_codes_are_read(text):
    code = ActivationCode.parse(text)
    assert (code.address, code.matching_id) == ("smdp.example.com", "ABC")


def test_link_without_a_code_is_refused():
    with pytest.raises(DecodeError, match="carddata"):
        ActivationCode.parse("https://esim.example.com/qr")


def test_refused_token_names_the_way_round():
    with pytest.raises(DecodeError, match="--matching-id"):
        ActivationCode.parse("LPA:1$smdp.example.com$TS48v2_x1")
