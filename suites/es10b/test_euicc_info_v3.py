"""ES10b.GetEUICCInfo of version 3: capability bits, versions, order of the elements."""

from rspcore.messages.es10b import GetEuiccInfo1Request, GetEuiccInfo2Request
from rspcore.messages.v3.capability_bits import EuiccRspCapability, LpaMode
from rspcore.messages.v3.card_and_device import EuiccInfo1, EuiccInfo2
from rspcore.status import StatusWord
from rspharness import testcase
from rspharness.card import declared_values, expect

ORDER_1 = (0x82, 0xA9, 0xAA, 0xB1, 0x88, 0x93)
ORDER_2 = tuple(
    bytes.fromhex("8182838485868788A9AA8B99040CAC8D8EAF90B19293B4"),
)
MANDATORY_2 = (0x81, 0x82, 0x83, 0x84, 0x85, 0x87, 0x88, 0xA9, 0xAA, 0x04, 0x0C, 0xAC, 0x90)
LISTS = (0xA9, 0xAA, 0xB1)
RECORDED = (
    EuiccRspCapability.crlStaplingV3Support,
    EuiccRspCapability.certChainV3VerificationSupport,
    EuiccRspCapability.signedSmdsResponseV3Support,
)


def ask(card, request):
    """Sends GetEUICCInfo, requires SW 9000, and returns the data object."""
    response = card.store(request.encode())
    expect.sw(response, StatusWord.OK)
    return expect.data_object(response.data, request.TAG)


def info1(card):
    """Returns EUICCInfo1 in the form of version 3."""
    return expect.message(EuiccInfo1, bytes(ask(card, GetEuiccInfo1Request()).raw))


def info2(card):
    """Returns EUICCInfo2 in the form of version 3."""
    return expect.message(EuiccInfo2, bytes(ask(card, GetEuiccInfo2Request()).raw))


def require_order(whole, order):
    """Requires the known elements of a data object in an order, each once."""
    found = [one.tag for one in whole.children() if one.tag in order]
    wanted = [tag for tag in order if tag in found]
    expect.equal(
        " ".join(f"{tag:02X}" for tag in found),
        " ".join(f"{tag:02X}" for tag in wanted),
        "order of the elements",
    )


@testcase("ES10b.GetEUICCInfo1#05", level="read-only")
def test_capability_is_in_both(card, step):
    """EUICCInfo1 has euiccRspCapability, equal to that of EUICCInfo2, with its own bit set."""
    with step("S_LPAd -> eUICC: GetEUICCInfo1, GetEUICCInfo2"):
        first, second = info1(card), info2(card)
    with step("Expected: tag 88, equal in both, bit euiccRspCapInInfo1"):
        bits = first.euicc_rsp_capability
        expect.that(holds=bits is not None, expected="euiccRspCapability (88)", actual="none")
        shown = declared_values.capability_names(bits)
        expect.that(
            holds=EuiccRspCapability.euiccRspCapInInfo1 in bits,
            expected="euiccRspCapInInfo1",
            actual=shown,
        )
        expect.equal(
            shown, declared_values.capability_names(second.rsp_capability), "bits in EUICCInfo1"
        )


@testcase("ES10b.GetEUICCInfo1#06", level="read-only")
def test_highest_version(card, declared, step):
    """The highestSvn is the highest version of SGP.22 declared."""
    with step("S_LPAd -> eUICC: GetEUICCInfo1"):
        highest = info1(card).highest_svn
    with step("Expected: tag 93 as declared, of version 3, not below lowestSvn"):
        expect.that(holds=highest is not None, expected="highestSvn (93)", actual="none")
        expect.equal(highest.octets[0], 3, "major version")
        declared_values.agrees(declared, "highest_svn", highest)


@testcase("ES10b.GetEUICCInfo1#10", level="read-only")
def test_order_of_info1(card, step):
    """The elements of EUICCInfo1 come in the order of the module; identifiers have 20 octets."""
    with step("S_LPAd -> eUICC: GetEUICCInfo1"):
        whole = ask(card, GetEuiccInfo1Request())
    with step("Expected: 82, A9, AA, B1 if present, 88, 93 if present"):
        require_order(whole, ORDER_1)
        tags = [one.tag for one in whole.children()]
        expect.that(
            holds={0x82, 0xA9, 0xAA, 0x88} <= set(tags),
            expected="82, A9, AA and 88",
            actual=" ".join(f"{tag:02X}" for tag in tags),
        )
    with step("Expected: each identifier of 20 octets"):
        for one in whole.children():
            if one.tag in LISTS:
                sizes = {len(key.value) for key in one.children()}
                expect.that(holds=sizes <= {20}, expected="20 octets each", actual=f"{sizes}")


@testcase("ES10b.GetEUICCInfo2#03", level="read-only")
def test_mandatory_elements_of_info2(card, step):
    """EUICCInfo2 has every element that is mandatory in version 3."""
    with step("S_LPAd -> eUICC: GetEUICCInfo2"):
        whole = ask(card, GetEuiccInfo2Request())
        info = expect.message(EuiccInfo2, bytes(whole.raw))
    with step("Expected: all mandatory elements; each element can be read"):
        tags = {one.tag for one in whole.children()}
        missing = [f"{tag:02X}" for tag in MANDATORY_2 if tag not in tags]
        expect.equal(missing, [], "mandatory elements missing")
        info.require_whole()


@testcase("ES10b.GetEUICCInfo2#21", level="read-only")
def test_lpa_mode(card, step):
    """The lpaMode is lpad(0) while the LPA of the device is in use."""
    with step("S_LPAd -> eUICC: GetEUICCInfo2"):
        mode = info2(card).lpa_mode
    with step("Expected: lpad(0)"):
        expect.equal(mode, LpaMode.lpad, "lpaMode")


@testcase("ISD-R.LpaeActivation#06", level="read-only")
def test_lpa_mode_with_lpad_announced(card, step):
    """With the bits of LPAd in TERMINAL CAPABILITY, lpaMode is lpad(0)."""
    with step("Initial conditions: TERMINAL CAPABILITY with the LPAd bits, ISD-R selected"):
        card.open()
    with step("S_LPAd -> eUICC: GetEUICCInfo2; expected: lpaMode lpad(0)"):
        expect.equal(info2(card).lpa_mode, LpaMode.lpad, "lpaMode")


@testcase("ES10b.GetEUICCInfo2#23", level="read-only")
def test_additional_information(card, note, step):
    """The element additionalEuiccInfo, where it is present, has at most 32 octets."""
    with step("S_LPAd -> eUICC: GetEUICCInfo2"):
        found = ask(card, GetEuiccInfo2Request()).find(0x92)
    with step("Expected: absent, or at most 32 octets"):
        note("additionalEuiccInfo: " + ("absent" if found is None else bytes(found.value).hex()))
        if found is not None:
            expect.one_of(len(found.value), range(33), "octets of additionalEuiccInfo")


@testcase("ES10b.GetEUICCInfo2#24", level="read-only")
def test_highest_version_is_the_same(card, step):
    """The highestSvn of EUICCInfo2 is that of EUICCInfo1."""
    with step("S_LPAd -> eUICC: GetEUICCInfo1, GetEUICCInfo2"):
        first, second = info1(card), info2(card)
    with step("Expected: the same"):
        expect.equal(second.highest_svn, first.highest_svn, "highestSvn")


@testcase("ES10b.GetEUICCInfo2#25", level="read-only")
def test_no_iot_information(card, step):
    """A consumer eUICC has no iotSpecificInfo."""
    with step("S_LPAd -> eUICC: GetEUICCInfo2"):
        whole = ask(card, GetEuiccInfo2Request())
    with step("Expected: no B4"):
        expect.equal(whole.find(0xB4), None, "iotSpecificInfo (B4)")


@testcase("ES10b.GetEUICCInfo2#30", level="read-only")
def test_order_of_info2(card, step):
    """The elements of EUICCInfo2 come in the order of the module of version 3."""
    with step("S_LPAd -> eUICC: GetEUICCInfo2"):
        whole = ask(card, GetEuiccInfo2Request())
    with step("Expected: the order of the module, absent ones left out"):
        require_order(whole, ORDER_2)


@testcase("ES10b.GetEUICCInfo2#31", level="read-only")
def test_mandatory_bits(card, note, step):
    """LoadCRL is gone, and the capability is in EUICCInfo1; three bits are recorded."""
    with step("S_LPAd -> eUICC: GetEUICCInfo2"):
        bits = info2(card).rsp_capability
        note(f"of bits 15, 16, 17: {[int(bit) for bit in RECORDED if bit in bits] or 'none'}")
    with step("Expected: bit 1 is 0, bit 18 is 1"):
        expect.that(
            holds=EuiccRspCapability.loadCrlSupport not in bits
            and EuiccRspCapability.euiccRspCapInInfo1 in bits,
            expected="euiccRspCapInInfo1, no loadCrlSupport",
            actual=declared_values.capability_names(bits),
        )


@testcase("ES10b.GetEUICCInfo2#32", level="read-only")
def test_range_of_versions(card, note, step):
    """The highest version of SGP.22 is not below the lowest; both have three octets."""
    with step("S_LPAd -> eUICC: GetEUICCInfo2"):
        whole = ask(card, GetEuiccInfo2Request())
    with step("Expected: 82 and 93 of three octets, 93 not below 82"):
        lowest, highest = (whole.find(tag) for tag in (0x82, 0x93))
        for name, one in (("lowestSvn (82)", lowest), ("highestSvn (93)", highest)):
            expect.that(holds=one is not None, expected=name, actual="none")
            expect.equal(len(one.value), 3, f"octets of {name}")
        note(f"{bytes(lowest.value).hex(' ')} to {bytes(highest.value).hex(' ')}")
        expect.that(
            holds=bytes(highest.value) >= bytes(lowest.value),
            expected=f"93 from {bytes(lowest.value).hex(' ')} on",
            actual=bytes(highest.value).hex(" "),
        )


@testcase("ES10b.GetEUICCInfo1#04", level="read-only")
def test_signing_list_of_version_3(card, declared, step):
    """The list for chains of version 3 has the CIs that the maker declares."""
    with step("S_LPAd -> eUICC: GetEUICCInfo1"):
        listed = info1(card).euicc_ci_pkid_list_for_signing_v3
    with step("Expected: tag B1 with the declared identifiers"):
        expect.that(holds=bool(listed), expected="B1 with identifiers", actual=f"{listed}")
        shown = " ".join(sorted(one.hex().upper() for one in listed))
        if "ci_pkids_v3" in declared:
            wanted = " ".join(sorted(str(declared["ci_pkids_v3"]).upper().split()))
            expect.equal(shown, wanted, "euiccCiPKIdListForSigningV3")


@testcase("ES10b.GetEUICCInfo2#22", level="read-only")
def test_signing_list_of_version_3_is_the_same(card, step):
    """The list for chains of version 3 is the same in both EUICCInfo."""
    with step("S_LPAd -> eUICC: GetEUICCInfo1, GetEUICCInfo2"):
        first = info1(card).euicc_ci_pkid_list_for_signing_v3
        second = info2(card).euicc_ci_pkid_list_for_signing_v3
    with step("Expected: tag B1, the same list"):
        expect.that(holds=bool(second), expected="B1 with identifiers", actual=f"{second}")
        expect.equal(second, first, "euiccCiPKIdListForSigningV3")
