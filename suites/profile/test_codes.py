"""Profile package, PE-PINCodes and PE-PUKCodes: every key named is there, in its place."""

from rspcore.messages.euicc_response import PeStatusCode
from rspcore.profile_maker.editing import edited, inserted, replaced, with_component
from rspcore.profile_maker.elements import pin, pin_codes, shared_pin_codes, telecom
from rspcore.profile_reader import decode_element, encode_element, split
from rspharness import testcase
from rspharness.card import expect
from rspharness.suite import file_access
from rspharness.suite.profile_packages import ICCID, UPP, ends_with_processing_error, is_installed

BAD, WRONG = PeStatusCode.bad_values, PeStatusCode.invalid_parameter
FORMAT, MISSING = PeStatusCode.invalid_request_format, PeStatusCode.pin_code_missing
PIN1_AND_PIN2 = b"\x01\x81"


def of_mf(number, name, value):
    """Returns the package with one component of a PIN of the MF otherwise."""
    return edited(UPP, "pinCodes", with_component(f"pinCodes/1/{number}/{name}", value))


def of_usim(*listed):
    """Returns the package with these PINs of the USIM."""
    return replaced(UPP, "pinCodes", pin_codes(*listed), number=1)


def with_telecom(*more):
    """Returns the package with DF.TELECOM, which reports PIN2, and more behind it."""
    return inserted(UPP, telecom(status=PIN1_AND_PIN2) + b"".join(more), before="usim")


def second_puk_codes():
    """Returns the package with PE-PUKCodes once more, under a number of its own."""
    value = decode_element(split(UPP)[2]).value
    again = value | {"puk-Header": {"mandated": None, "identification": 90}}
    return inserted(UPP, encode_element("pukCodes", again), before="usim")


OF_TELECOM = pin_codes(pin(0x81, b"1111\xff\xff\xff\xff"), number=71)


@testcase("Profile.PIN#01")
def test_pin_is_enabled_with_the_tries_it_was_loaded_with(card, given, server, step):
    """A PIN loaded as enabled with two tries of three left asks for itself."""
    given.none()
    upp = edited(
        UPP,
        "pinCodes",
        with_component("pinCodes/1/0/pinAttributes", 7),
        with_component("pinCodes/1/0/maxNumOfAttemps-retryNumLeft", 0x32),
    )
    is_installed(card, server, step, upp)
    with step("S_LPAd -> eUICC: EnableProfile"):
        given.enable(ICCID)
    with step("Terminal -> eUICC: VERIFY PIN without data; expected: SW 63C2"):
        expect.success(file_access.select_file(card, file_access.MF), "SELECT MF")
        expect.sw(file_access.verify_pin(card), 0x63C2, about="VERIFY PIN")


@testcase.each(
    "upp",
    {
        "Profile.PIN#02": with_telecom(OF_TELECOM),
        "Profile.PIN#03": replaced(
            with_telecom(OF_TELECOM), "pinCodes", shared_pin_codes(b"\x7f\x10"), number=2
        ),
    },
)
def test_local_pins_may_differ_or_be_shared(card, given, server, step, upp):
    """A local PIN belongs to its directory, unless another one shares it."""
    given.none()
    is_installed(card, server, step, upp)


@testcase.each(
    "upp, codes",
    {
        "Profile.PIN#04": (of_mf(0, "keyReference", 2), (MISSING,)),
        "Profile.PIN#05": (of_mf(1, "keyReference", 12), (MISSING,)),
        "Profile.PIN#06": (with_telecom(), (MISSING,)),
        "Profile.PIN#07": (of_mf(0, "keyReference", 0x81), (BAD, WRONG)),
        "Profile.PIN#08": (of_usim(pin(0x81), pin(0x02)), (BAD, WRONG)),
        "Profile.PIN#09": (of_usim(pin(0x81, unblockingPINReference=2)), ()),
        "Profile.PIN#10": (
            inserted(UPP, pin_codes(pin(0x82), number=71), before="akaParameter"),
            (),
        ),
        "Profile.PIN#11": (
            replaced(UPP, "pinCodes", shared_pin_codes(b"\x7f\x20"), number=1),
            (),
        ),
        "Profile.PIN#12": (of_usim(pin(0x81, b"1234567")), (FORMAT, BAD, WRONG)),
        "Profile.PIN#14": (second_puk_codes(), ()),
    },
)
def test_invalid_codes_end_the_load(card, given, server, step, upp, codes):
    """A key that is missing, out of its place or out of bounds ends the load."""
    given.none()
    ends_with_processing_error(card, server, step, upp, *codes)


@testcase.each(
    "upp, codes",
    {
        "Profile.PIN#13": (of_usim(pin(0x81, tries=0x34)), (BAD, WRONG)),
        "Profile.PIN#15": (
            edited(UPP, "pukCodes", with_component("pukCodes/1/keyReference", 1)),
            (),
        ),
    },
)
def test_codes_the_format_leaves_open(card, given, server, step, upp, codes):
    """More tries left than allowed, and a PUK twice, end the load; recorded."""
    given.none()
    ends_with_processing_error(card, server, step, upp, *codes)
