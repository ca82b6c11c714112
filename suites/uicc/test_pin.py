"""UICC PIN cases, on a Profile of these suites alone: no other card loses a try."""

from rspharness import testcase
from rspharness.card import expect
from rspharness.suite.codes import code

PIN, WRONG, NEW = code("pin1"), "39393939FFFFFFFF", "31323334FFFFFFFF"
PUK, ADM = code("puk1"), code("adm1")


def enabled(own):
    """Enables PIN1, which comes disabled, and resets."""
    expect.success(own(f"0028000108{PIN}"), "ENABLE PIN")
    own.card.reset()


def tries(own, left, reference=0x01):
    """Requires the number of tries left."""
    expect.sw(own(f"002000{reference:02X}"), 0x63C0 | left if left else 0x6983)


@testcase("UICC.VerifyPin#01")
def test_query_costs_nothing(own, step):
    """VERIFY PIN without data returns the tries left and uses none."""
    with step("Initial conditions: PIN1 enabled"):
        enabled(own)
    with step("Expected: 63C3, twice"):
        tries(own, 3)
        tries(own, 3)


@testcase("UICC.VerifyPin#02")
def test_wrong_value_costs_a_try(own, step):
    """A wrong value is answered 63C2 and the counter keeps it over a reset."""
    with step("Initial conditions: PIN1 enabled"):
        enabled(own)
    with step("Terminal -> UICC: VERIFY PIN, wrong value"):
        expect.sw(own(f"0020000108{WRONG}"), 0x63C2)
    with step("Expected: two tries left, also after a reset"):
        own.card.reset()
        tries(own, 2)


@testcase("UICC.VerifyPin#11")
def test_longer_value_is_another(own, step):
    """The PIN with one digit more in the place of a fill octet is a wrong value."""
    with step("Initial conditions: PIN1 enabled"):
        enabled(own)
    with step("Terminal -> UICC: VERIFY PIN, the four digits and a fifth; expected: 63C2"):
        expect.sw(own(f"0020000108{PIN[:-2]}30"), 0x63C2)
    with step("Expected: the PIN is not verified, two tries left"):
        tries(own, 2)


@testcase("UICC.VerifyPin#03")
def test_right_value_gives_the_tries_back(own, step):
    """A right value verifies and restores the counter."""
    with step("Initial conditions: PIN1 enabled, one wrong try"):
        enabled(own)
        own(f"0020000108{WRONG}")
    with step("Terminal -> UICC: VERIFY PIN, right value"):
        own.verify()
    with step("Expected: verified now; three tries after a reset"):
        expect.sw(own("00200001"), 0x9000)
        own.card.reset()
        tries(own, 3)


@testcase("UICC.VerifyPin#04")
def test_last_try_blocks(own, step):
    """After three wrong values even the right one is refused."""
    with step("Initial conditions: PIN1 enabled, three wrong tries"):
        enabled(own)
        for _ in range(3):
            own(f"0020000108{WRONG}")
    with step("Terminal -> UICC: VERIFY PIN, right value"):
        own.refused(f"0020000108{PIN}", 0x6983)


@testcase("UICC.ChangePin#01")
def test_value_is_replaced(own, step):
    """CHANGE PIN: the new value verifies, the old one does not."""
    with step("Initial conditions: PIN1 enabled"):
        enabled(own)
    with step("Terminal -> UICC: CHANGE PIN"):
        expect.success(own(f"0024000110{PIN}{NEW}"))
    with step("Expected: the new value, and not the old one"):
        own.card.reset()
        expect.sw(own(f"0020000108{PIN}"), 0x63C2)
        own.verify(0x01, NEW)


@testcase("UICC.DisablePin#01")
def test_disabled_pin_protects_nothing(own, step):
    """Files that need a disabled PIN are open, over a reset too."""
    with step("Initial conditions: PIN1 enabled"):
        enabled(own)
    with step("Terminal -> UICC: DISABLE PIN"):
        expect.success(own(f"0026000108{PIN}"))
        own.card.reset()
    with step("Expected: the file is read"):
        expect.equal(own.read(0x2F20, 16), own.content[0x2F20], "content")


@testcase("UICC.UnblockPin#01")
def test_blocked_pin_comes_back(own, step):
    """UNBLOCK PIN gives a blocked PIN its tries and the new value."""
    with step("Initial conditions: PIN1 enabled and blocked"):
        enabled(own)
        for _ in range(3):
            own(f"0020000108{WRONG}")
    with step("Terminal -> UICC: UNBLOCK PIN"):
        expect.success(own(f"002C000110{PUK}{NEW}"))
    with step("Expected: three tries, the new value verifies"):
        own.card.reset()
        tries(own, 3)
        own.verify(0x01, NEW)


@testcase("UICC.UnblockPin#02")
def test_wrong_puk_costs_a_try(own, step):
    """A wrong PUK is counted, and the PIN stays as it is."""
    with step("Terminal -> UICC: UNBLOCK PIN with a wrong PUK"):
        expect.sw(own(f"002C000110{WRONG}{NEW}"), 0x63C9)
    with step("Expected: nine tries of the PUK left"):
        expect.sw(own("002C0001"), 0x63C9)


@testcase("UICC.Access#01")
def test_administrative_file_needs_its_key(own, step):
    """A file of rule 3 is read after ADM1 and not before."""
    with step("Terminal -> UICC: READ BINARY without and with ADM1"):
        own.select(0x2F26)
        own.refused("00B0000004", 0x6982)
        own.verify(0x0A, ADM)
        answer = own("00B0000004")
    with step("Expected: content"):
        expect.success(answer)
        expect.equal(answer.data, own.content[0x2F26], "content")


@testcase("UICC.Access#02")
def test_read_access_does_not_include_update(own, step):
    """Reading is free, updating needs ADM1 or is always forbidden."""
    with step("Terminal -> UICC: UPDATE BINARY without the right"):
        for fid in (0x2F24, 0x2F25):
            own.select(fid)
            own.refused("00D600000100", 0x6982)
    with step("Terminal -> UICC: UPDATE BINARY with ADM1"):
        own.verify(0x0A, ADM)
        own.refused("00D600000100", 0x6982)
        own.select(0x2F24)
        expect.success(own("00D600000100"))
    with step("Expected: the one is written, the other is not"):
        expect.equal(own.read(0x2F24, 4).hex(), "00242424", "2F24")
        expect.equal(own.read(0x2F25, 4), own.content[0x2F25], "2F25")


@testcase("UICC.Access#03")
def test_enabled_pin_protects_its_files(own, step):
    """Once PIN1 is enabled, its files need it, on every channel alike."""
    with step("Initial conditions: PIN1 enabled"):
        enabled(own)
    with step("Expected: no reading before, reading after VERIFY PIN"):
        own.select(0x2F20)
        own.refused("00B0000001", 0x6982)
        own.verify()
        expect.equal(own.read(0x2F20, 16), own.content[0x2F20], "content")


@testcase("UICC.Access#04")
def test_verification_ends_with_the_session(own, step):
    """A reset forgets what was verified."""
    with step("Initial conditions: ADM1 verified, reset"):
        own.verify(0x0A, ADM)
        own.card.reset()
    with step("Expected: no reading"):
        own.select(0x2F26)
        own.refused("00B0000004", 0x6982)
