"""ES10c.GetEID: the card returns its EID, whatever the state of its Profiles."""

from dataclasses import replace

from rspcore.messages.isdr import LpaeActivationRequest, LpaeSupport
from rspharness import testcase
from rspharness.card import declared_values, expect

NO_LPAD = bytes.fromhex("A903830100")
"""TERMINAL CAPABILITY of a device without LPAd."""


@testcase("ES10c.GetEID#01", level="read-only")
def test_eid_is_the_declared_one(card, declared, step):
    """GetEID gives 16 octets: the declared EID."""
    with step("S_LPAd -> eUICC: GetEID"):
        eid = card.eid()
    with step("Expected: the declared EID"):
        declared_values.agrees(declared, "eid", eid)


@testcase("ES10c.GetEID#02", level="read-only")
def test_check_digits_fit(card, declared, step):
    """The 32 digits modulo 97 are 1, and begin with the declared EIN."""
    with step("S_LPAd -> eUICC: GetEID"):
        eid = card.eid()
    with step("Expected: check digits that fit, and the declared EIN"):
        expect.that(holds=eid.check_digits_fit, expected="modulo 97 is 1", actual=str(eid))
        declared_values.agrees(declared, "ein", str(eid)[:8])


@testcase("ES10c.GetEID#03", level="read-only")
def test_eid_is_the_serial_number_of_cert_euicc(card, server, step):
    """The serialNumber in the subject of CERT.EUICC is the EID."""
    with step("Initial conditions: CERT.EUICC known from AuthenticateServer"):
        certificate = server.authenticated(card).euicc_certificate
    with step("S_LPAd -> eUICC: GetEID"):
        eid = card.eid()
    with step("Expected: the same 32 digits"):
        expect.equal(certificate.subject.serial_number, str(eid), "serialNumber")


@testcase("ES10c.GetEID#04", level="read-only")
def test_other_tag_list_is_refused(card, step):
    """A tag list that does not ask for 5A is refused."""
    with step("S_LPAd -> eUICC: GetEID, tag list 4F"):
        response = card.store(bytes.fromhex("BF3E035C014F"))
    with step("Expected: SW 6A80 or 6A88"):
        expect.refused(response, 0x6A80, 0x6A88)


@testcase("ES10c.GetEID#05")
def test_profile_operations_leave_the_eid(card, given, step):
    """The EID is the same before and after a Profile was disabled, enabled and disabled."""
    (one,) = given.profiles("PROFILE_OPERATIONAL1", enabled="PROFILE_OPERATIONAL1")
    with step("S_LPAd -> eUICC: GetEID"):
        before = card.eid()
    with step("Initial conditions: Profile disabled, enabled, disabled"):
        given.disable(one.iccid)
        given.enable(one.iccid)
        given.disable(one.iccid)
    with step("S_LPAd -> eUICC: GetEID; expected: as before"):
        expect.equal(card.eid(), before, "EID")


@testcase("ES10c.GetEID#06")
def test_active_lpae_leaves_the_eid(card, options, step):
    """With the LPAe active the EID is the same."""
    with step("S_LPAd -> eUICC: GetEID"):
        before = card.eid()
    with step("Initial conditions: a device without LPAd; LpaeActivation"):
        card.reset()
        card.options = replace(card.options, terminal_capability=NO_LPAD)
        by_cat = options.get("LPAE_CAT")
        interface = LpaeSupport.lpaeUsingCat if by_cat else LpaeSupport.lpaeUsingScws
        request = LpaeActivationRequest(lpae_option=frozenset({interface}))
        expect.success(card.store(request.encode()), "LpaeActivation")
    with step("S_LPAd -> eUICC: GetEID; expected: as before"):
        expect.equal(card.eid(), before, "EID")
