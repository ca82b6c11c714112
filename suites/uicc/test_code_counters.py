"""UICC PIN counters: the commands, channels and resets that share one, and both ends of it."""

from rspharness import testcase
from rspharness.card import expect
from rspharness.suite.codes import code
from rspharness.suite.logical_channels import opened

PIN, WRONG, NEW = code("pin1"), "39393939FFFFFFFF", "31323334FFFFFFFF"
PUK, PIN2 = code("puk1"), code("pin2")


def enabled(own):
    """Enables PIN1, which comes disabled, and resets."""
    expect.success(own(f"0028000108{PIN}"), "ENABLE PIN")
    own.card.reset()


def tries(own, left, reference=0x01):
    """Requires the number of tries left."""
    expect.sw(own(f"002000{reference:02X}"), 0x63C0 | left if left else 0x6983)


@testcase("UICC.VerifyPin#05")
def test_right_value_at_the_last_try(own, step):
    """With one try left the right value is accepted and all tries are back."""
    with step("Initial conditions: PIN1 enabled, two wrong tries, reset"):
        enabled(own)
        own(f"0020000108{WRONG}")
        own(f"0020000108{WRONG}")
        own.card.reset()
        tries(own, 1)
    with step("Terminal -> UICC: VERIFY PIN, right value"):
        own.verify()
    with step("Expected: three tries"):
        own.card.reset()
        tries(own, 3)


@testcase("UICC.VerifyPin#06")
def test_last_wrong_try(own, step):
    """The try that exhausts the counter says so, and the PIN is blocked over a reset."""
    with step("Initial conditions: PIN1 enabled, two wrong tries"):
        enabled(own)
        own(f"0020000108{WRONG}")
        own(f"0020000108{WRONG}")
    with step("Terminal -> UICC: VERIFY PIN, wrong value"):
        expect.sw(own(f"0020000108{WRONG}"), 0x63C0, 0x6983)
    with step("Expected: blocked after a reset"):
        own.card.reset()
        own.refused(f"0020000108{PIN}", 0x6983)


@testcase("UICC.VerifyPin#07")
def test_length_is_eight(own, step):
    """A value of seven or nine octets is refused and costs no try."""
    with step("Initial conditions: PIN1 enabled"):
        enabled(own)
    with step("Terminal -> UICC: VERIFY PIN with 7 and 9 octets"):
        own.refused(f"0020000107{PIN[:14]}", 0x6700)
        own.refused(f"0020000109{PIN}FF", 0x6700)
    with step("Expected: three tries"):
        tries(own, 3)


@testcase("UICC.VerifyPin#08")
def test_unknown_reference(own, step):
    """A key reference that the Profile does not have is not found."""
    with step("Terminal -> UICC: VERIFY PIN of reference 05"):
        own.refused(f"0020000508{PIN}", 0x6A88)


@testcase("UICC.VerifyPin#09")
def test_counter_is_the_same_on_every_channel(own, step):
    """A wrong value on another channel costs a try of the same counter."""
    with step("Initial conditions: PIN1 enabled, another channel open"):
        enabled(own)
        channel = opened(own.card)
    with step("Terminal -> UICC: VERIFY PIN, wrong value, on the other channel and on channel 0"):
        expect.sw(own(f"{channel:02X}20000108{WRONG}"), 0x63C2)
        expect.sw(own(f"0020000108{WRONG}"), 0x63C1)
    with step("Expected: one try left, on both"):
        expect.sw(own(f"{channel:02X}200001"), 0x63C1)


@testcase("UICC.VerifyPin#10")
def test_codes_have_counters_of_their_own(own, step):
    """A wrong PIN2 costs PIN1 nothing; PIN2 is a code of the USIM and unknown in the MF."""
    with step("Initial conditions: PIN1 enabled"):
        enabled(own)
    with step("Terminal -> UICC: VERIFY PIN of PIN2, wrong value, in ADF.USIM"):
        own.select_usim()
        expect.sw(own(f"0020008108{PIN}"), 0x63C2)
    with step("Expected: PIN1 with three tries, PIN2 with two; not found in the MF"):
        tries(own, 3)
        tries(own, 2, 0x81)
        own.select(0x3F00)
        own.refused("00200081", 0x6A88)


@testcase("UICC.ChangePin#02")
def test_change_shares_the_counter(own, step):
    """A wrong old value of CHANGE PIN costs a try of VERIFY PIN, and changes nothing."""
    with step("Initial conditions: PIN1 enabled"):
        enabled(own)
    with step("Terminal -> UICC: CHANGE PIN with a wrong old value"):
        expect.sw(own(f"0024000110{WRONG}{NEW}"), 0x63C2)
    with step("Expected: two tries, also after a reset; the old value verifies"):
        own.card.reset()
        tries(own, 2)
        own.verify()


@testcase("UICC.ChangePin#03")
def test_blocked_code_is_not_changed(own, step):
    """A blocked PIN is changed by nobody who knows it."""
    with step("Initial conditions: PIN1 enabled, blocked by CHANGE PIN"):
        enabled(own)
        for _ in range(3):
            own(f"0024000110{WRONG}{NEW}")
    with step("Terminal -> UICC: CHANGE PIN with the right old value; VERIFY PIN"):
        own.refused(f"0024000110{PIN}{NEW}", 0x6983)
        own.refused(f"0020000108{NEW}", 0x6983)


@testcase("UICC.ChangePin#04")
def test_change_verifies_and_gives_the_tries_back(own, step):
    """A right old value counts as verified, and gives all tries back."""
    with step("Initial conditions: PIN1 enabled, one wrong try"):
        enabled(own)
        own(f"0020000108{WRONG}")
    with step("Terminal -> UICC: CHANGE PIN"):
        expect.success(own(f"0024000110{PIN}{NEW}"), "CHANGE PIN")
    with step("Expected: its files are open; three tries after a reset"):
        expect.equal(own.read(0x2F20, 16), own.content[0x2F20], "content")
        own.card.reset()
        tries(own, 3)


@testcase("UICC.DisablePin#02")
def test_disable_shares_the_counter(own, step):
    """A wrong value of DISABLE PIN costs a try, and the PIN goes on guarding its files."""
    with step("Initial conditions: PIN1 enabled"):
        enabled(own)
    with step("Terminal -> UICC: DISABLE PIN, wrong value"):
        expect.sw(own(f"0026000108{WRONG}"), 0x63C2)
    with step("Expected: two tries, file closed"):
        tries(own, 2)
        own.select(0x2F20)
        own.refused("00B0000001", 0x6982)


@testcase("UICC.DisablePin#03")
def test_blocked_code_is_not_disabled(own, step):
    """A blocked PIN cannot be disabled, and its files stay closed."""
    with step("Initial conditions: PIN1 enabled and blocked"):
        enabled(own)
        for _ in range(3):
            own(f"0020000108{WRONG}")
    with step("Terminal -> UICC: DISABLE PIN, right value"):
        own.refused(f"0026000108{PIN}", 0x6983)
    with step("Expected: file closed"):
        own.select(0x2F20)
        own.refused("00B0000001", 0x6982)


@testcase("UICC.EnablePin#01")
def test_enable_shares_the_counter(own, step):
    """A wrong value of ENABLE PIN costs a try, and the PIN stays disabled."""
    with step("Terminal -> UICC: ENABLE PIN, wrong value"):
        expect.sw(own(f"0028000108{WRONG}"), 0x63C2)
    with step("Expected: the file is open; enabled, it has all tries again"):
        expect.equal(own.read(0x2F20, 16), own.content[0x2F20], "content")
        enabled(own)
        tries(own, 3)


@testcase("UICC.EnablePin#02")
def test_fcp_shows_what_is_enabled(own, step):
    """The PIN status in the FCP of the MF follows ENABLE PIN and DISABLE PIN."""
    with step("Terminal -> UICC: ENABLE PIN, SELECT 3F00, DISABLE PIN, SELECT 3F00"):
        expect.success(own(f"0028000108{PIN}"), "ENABLE PIN")
        on = own.select(0x3F00).get(0xC6, b"")
        expect.success(own(f"0026000108{PIN}"), "DISABLE PIN")
        off = own.select(0x3F00).get(0xC6, b"")
    with step("Expected: E0, then 60: the first of three bits"):
        expect.equal(on[:3].hex(), "9001e0", "PIN status when enabled")
        expect.equal(off[:3].hex(), "900160", "PIN status when disabled")


@testcase("UICC.UnblockPin#03")
def test_puk_has_ten_tries(own, step):
    """After ten wrong PUKs the right one is refused, over a reset too."""
    with step("Initial conditions: ten wrong PUKs"):
        words = [own(f"002C000110{WRONG}{NEW}").sw for _ in range(10)]
        expect.equal(words[:9], [0x63C0 | left for left in range(9, 0, -1)], "status words")
        own.card.reset()
    with step("Terminal -> UICC: UNBLOCK PIN with the right PUK"):
        own.refused(f"002C000110{PUK}{NEW}", 0x6983)


@testcase("UICC.UnblockPin#04")
def test_right_puk_gives_its_tries_back(own, step):
    """A right PUK restores its own counter, and enables and verifies the PIN."""
    with step("Initial conditions: nine wrong PUKs, reset"):
        for _ in range(9):
            own(f"002C000110{WRONG}{NEW}")
        own.card.reset()
        expect.sw(own("002C0001"), 0x63C1)
    with step("Terminal -> UICC: UNBLOCK PIN with the right PUK"):
        expect.success(own(f"002C000110{PUK}{NEW}"), "UNBLOCK PIN")
    with step("Expected: ten tries of the PUK; PIN1 is enabled, and verified until a reset"):
        expect.sw(own("002C0001"), 0x63CA)
        expect.equal(own.read(0x2F20, 16), own.content[0x2F20], "content")
        own.card.reset()
        own.select(0x2F20)
        own.refused("00B0000001", 0x6982)


@testcase("UICC.UnblockPin#05")
def test_puk_of_another_code(own, step):
    """The PUK of PIN2 does not unblock PIN1."""
    with step("Terminal -> UICC: UNBLOCK PIN of PIN1 with the PUK of PIN2"):
        expect.sw(own(f"002C000110{code('puk2')}{NEW}"), 0x63C9)
    with step("Expected: PIN1 has its old value"):
        enabled(own)
        own.verify()


@testcase("UICC.VerifyPin#12")
def test_file_commands_leave_the_counters(own, step):
    """Commands about files, carried out and refused, cost no try and give none back."""
    with step("Initial conditions: PIN1 enabled"):
        enabled(own)
    with step("Terminal -> UICC: one wrong value of PIN1, and one of PIN2"):
        expect.sw(own(f"0020000108{WRONG}"), 0x63C2)
        own.select_usim()
        expect.sw(own(f"0020008108{WRONG}"), 0x63C2)
    with step("Terminal -> UICC: STATUS, SELECT, READ BINARY, READ and SEARCH RECORD, refused too"):
        expect.success(own("80F2000000"), "STATUS")
        own.select(0x3F00)
        own.select(0x2F24)
        expect.success(own("00B0000004"), "READ BINARY of 2F24")
        own.refused("00D600000100", 0x6982)
        own.select(0x2F20)
        own.refused("00B0000001", 0x6982)
        own.select(0x2F2B)
        expect.success(own("00B2010403"), "READ RECORD of 2F2B")
        own.select(0x2F21)
        own.refused("00A201040122", 0x6982)
        own.refused("00B2010404", 0x6982)
    with step("Expected: two tries of each"):
        tries(own, 2)
        own.select_usim()
        tries(own, 2, 0x81)


@testcase("UICC.UnblockPin#06")
def test_wrong_puk_sets_no_value(own, step):
    """UNBLOCK PIN with a wrong PUK leaves the value of the PIN."""
    with step("Initial conditions: PIN1 enabled"):
        enabled(own)
    with step("Terminal -> UICC: UNBLOCK PIN, a wrong PUK and a new value"):
        expect.sw(own(f"002C000110{WRONG}{NEW}"), 0x63C9)
    with step("Expected: the new value does not verify, the old one does"):
        expect.sw(own(f"0020000108{NEW}"), 0x63C2)
        own.verify()


@testcase("UICC.UnblockPin#07")
def test_query_of_the_puk_costs_nothing(own, step):
    """UNBLOCK PIN without data says the tries of the PUK, as often as it is asked."""
    with step("Terminal -> UICC: UNBLOCK PIN without data, three times, and after a reset"):
        words = [own("002C0001").sw for _ in range(3)]
        own.card.reset()
        words.append(own("002C0001").sw)
    with step("Expected: ten tries each time"):
        expect.equal(words, [0x63CA] * 4, "status words")
