"""Consent by an LPA: what it shows, what its user answers, and rules that the RAT allows or not."""

import base64

from rspharness import testcase
from rspharness.peers.server_answer import require

ICON = base64.b64encode(bytes.fromhex("89504E470D0A1A0A") + bytes(1016)).decode()
"""What an LPA may take for a PNG, as long as an icon may be."""
REJECTED, POSTPONED, TIMED_OUT, NOT_ALLOWED, MISMATCH = 0, 1, 2, 3, 4


def require_reasons(lpa_under_test, *allowed):
    """Requires one session, cancelled with one of these reasons."""
    reasons = lpa_under_test.cancel_reasons()
    wanted = " or ".join(map(str, allowed))
    require(len(reasons) == 1 and reasons[0] in allowed, f"CancelSession, reason {wanted}", reasons)


def require_installed(lpa_under_test, order, number=1):
    """Requires the Profile of an order on the card, and the order delivered."""
    lpa_under_test.require_profiles(number)
    lpa_under_test.require_state(order, "Downloaded", "Installed")


@testcase("LPA.Consent#01")
def test_user_rejects(lpa_under_test, step):
    """A Profile that the user rejects is not downloaded; the server hears of it."""
    order = lpa_under_test.smdpp.order()
    with step("LPA: download, the user says no"):
        lpa_under_test.call("reject", code=order.activation_code).ended()
    with step("Expected: CancelSession with endUserRejection, no package, no Profile"):
        lpa_under_test.require_untouched("getBoundProfilePackage")
        lpa_under_test.require_profiles(0)
        require_reasons(lpa_under_test, REJECTED)


@testcase("LPA.Consent#02")
def test_user_postpones(lpa_under_test, step):
    """A Profile that the user postpones can be downloaded later."""
    order = lpa_under_test.smdpp.order()
    with step("LPA: download, the user says later"):
        lpa_under_test.call("postpone", code=order.activation_code).ended()
    with step("Expected: CancelSession with postponed or timeout, no package"):
        lpa_under_test.require_untouched("getBoundProfilePackage")
        require_reasons(lpa_under_test, POSTPONED, TIMED_OUT)
        lpa_under_test.require_state(order, "Released")
    with step("LPA: download again"):
        lpa_under_test.download(order).succeeded()
        require_installed(lpa_under_test, order)


@testcase("LPA.Consent#03")
def test_another_download_after_a_rejection(lpa_under_test, step):
    """After a rejection the card is free for another download."""
    orders = [lpa_under_test.smdpp.order(f"PROFILE_OPERATIONAL{one}") for one in (1, 2)]
    with step("LPA: download, the user says no"):
        lpa_under_test.call("reject", code=orders[0].activation_code).ended()
    with step("LPA: download of another order"):
        lpa_under_test.download(orders[1]).succeeded()
        require_installed(lpa_under_test, orders[1])


@testcase("LPA.Metadata#01")
def test_names_are_shown(lpa_under_test, step, note):
    """The user is shown whose Profile it is, or which."""
    order = lpa_under_test.smdpp.order(spn="Harbour Mobile", profile_name="Harbour Travel 30")
    with step("LPA: download, the user says no"):
        outcome = lpa_under_test.call("reject", code=order.activation_code).ended()
    with step("Expected: serviceProviderName or profileName in what it shows"):
        names = ("Harbour Mobile", "Harbour Travel 30")
        shown = [one for one in names if one in outcome.output]
        require(shown, f"one of {', '.join(names)}", outcome.output[-200:])
        note(f"shown: {', '.join(shown)}")


@testcase("LPA.Metadata#02")
def test_installed_names_are_listed(lpa_under_test, step, note):
    """A list of the Profiles has ICCID or name of each."""
    lpa_under_test.insert(profiles=["PROFILE_OPERATIONAL1", "PROFILE_OPERATIONAL2"])
    with step("LPA: list"):
        outcome = lpa_under_test.call("list").succeeded()
    with step("Expected: each ICCID or profileName"):
        for one in lpa_under_test.profiles:
            names = (str(one.iccid), one.profile_name or "")
            listed = [text for text in names if text and text in outcome.output]
            require(listed, f"one of {', '.join(names)}", outcome.output[-300:])
            note(f"listed: {', '.join(listed)}")


@testcase.each(
    "words",
    {
        "LPA.Metadata#03": {"spn": "Łódź-Mobil 東京", "profile_name": "Ünïcode ✓ профиль"},
        "LPA.Metadata#04": {"spn": "s" * 32, "profile_name": "ß" * 64},
        "LPA.Metadata#05": {"icon": ICON},
        "LPA.Metadata#06": {"profile_class": "provisioning"},
    },
)
def test_metadata_of_any_form(lpa_under_test, step, words):
    """Metadata at the limits of their form are shown and installed."""
    order = lpa_under_test.smdpp.order(**words)
    with step("LPA: download"):
        lpa_under_test.download(order).succeeded()
    with step("Expected: the Profile on the card"):
        require_installed(lpa_under_test, order)


@testcase.each(
    "fault",
    {
        "LPA.Metadata#07": "order.another_profile",
        "LPA.Metadata#08": "es8.store_metadata.iccid",
        "LPA.Metadata#09": "es9.profile_metadata.profile_name",
    },
)
def test_other_metadata_in_the_package(lpa_under_test, step, fault):
    """A package with other metadata than were shown is not loaded."""
    order = lpa_under_test.smdpp.order()
    lpa_under_test.smdpp.fault(fault)
    with step(f"LPA: download from a server with {fault}"):
        outcome = lpa_under_test.download(order)
    with step("Expected: CancelSession with metadataMismatch, no Profile"):
        lpa_under_test.require_profiles(0)
        require_reasons(lpa_under_test, MISMATCH)
        outcome.failed()


def careless_order(lpa_under_test, rat, profile, **words):
    """Returns an order at a server that leaves the rules to the LPA, for a card with this RAT."""
    profiles = words.pop("profiles", [])
    lpa_under_test.insert(rat=rat, profiles=profiles)
    lpa_under_test.serve(skipped_checks=["card_is_eligible"])
    return lpa_under_test.smdpp.order(profile, **words)


@testcase.each(
    "rat, profile",
    {
        "LPA.Rules#01": ("any-operator", "PROFILE_OPERATIONAL4"),
        "LPA.Rules#02": ("ppr2-only", "PROFILE_OPERATIONAL1.1"),
        "LPA.Rules#03": ("split", "PROFILE_OPERATIONAL5"),
        "LPA.Rules#04": ("wildcard-digits", "PROFILE_OPERATIONAL5"),
    },
)
def test_rules_that_the_rat_allows(lpa_under_test, step, rat, profile):
    """Rules that the RAT allows to the operator are installed, whichever rule allows them."""
    order = careless_order(lpa_under_test, rat, profile)
    with step(f"LPA: download of {profile}, the RAT is {rat}"):
        lpa_under_test.download(order).succeeded()
    with step("Expected: the Profile on the card"):
        require_installed(lpa_under_test, order)


@testcase.each(
    "rat, profile, words",
    {
        "LPA.Rules#05": ("ppr2-only", "PROFILE_OPERATIONAL4", {}),
        "LPA.Rules#06": ("ppr1-only", "PROFILE_OPERATIONAL1.1", {}),
        "LPA.Rules#07": ("ppr1-only", "PROFILE_OPERATIONAL5", {}),
        "LPA.Rules#08": ("one-operator", "PROFILE_OPERATIONAL4", {"owner": "26201"}),
        "LPA.Rules#09": ("one-gid", "PROFILE_OPERATIONAL4", {}),
        "LPA.Rules#10": (
            "any-operator",
            "PROFILE_OPERATIONAL4",
            {"profiles": ["PROFILE_OPERATIONAL1"]},
        ),
    },
)
def test_rules_that_are_not_allowed(lpa_under_test, step, rat, profile, words):
    """Rules that are not allowed end the download before the package is asked for."""
    order = careless_order(lpa_under_test, rat, profile, **words)
    before = len(lpa_under_test.profiles)
    with step(f"LPA: download of {profile}, the RAT is {rat}"):
        outcome = lpa_under_test.download(order)
    with step("Expected: CancelSession with pprNotAllowed, no package, the user hears of it"):
        lpa_under_test.require_untouched("getBoundProfilePackage")
        lpa_under_test.require_profiles(before)
        require_reasons(lpa_under_test, NOT_ALLOWED)
        outcome.failed()


@testcase("LPA.Rules#11")
def test_consent_to_a_rule(lpa_under_test, step):
    """Where the RAT asks for consent, the user is shown more than for another Profile."""
    shown = {}
    for profile in ("PROFILE_OPERATIONAL1", "PROFILE_OPERATIONAL4"):
        order = lpa_under_test.smdpp.order(profile, spn="Harbour", profile_name="Travel")
        with step(f"LPA: download of {profile}, the user says no"):
            said = lpa_under_test.call("reject", code=order.activation_code).ended().output
            shown[profile] = [one for one in said.splitlines() if order.iccid not in one]
    with step("Expected: the second has lines that the first has not"):
        plain, with_rule = shown.values()
        more = set(with_rule) - set(plain)
        require(more, "a word of the rule", with_rule[-3:])


@testcase.each(
    "code",
    {"LPA.ConfirmationCode#04": "00000001", "LPA.ConfirmationCode#05": "Straße 7"},
)
def test_code_of_any_form(lpa_under_test, step, code):
    """A Confirmation Code is a text, hashed as it was typed."""
    order = lpa_under_test.smdpp.order(confirmation_code=code)
    with step(f"LPA: download with the Confirmation Code {code}"):
        lpa_under_test.call(
            "download_with_code", code=order.activation_code, confirmation_code=code
        ).succeeded()
    with step("Expected: the Profile on the card"):
        require_installed(lpa_under_test, order)


@testcase("LPA.ConfirmationCode#06")
def test_flag_of_the_activation_code_alone(lpa_under_test, step):
    """What the server says of a Confirmation Code rules, not the flag of the activation code."""
    order = lpa_under_test.smdpp.order()
    with step("LPA: download by a code with the flag; the order has no Confirmation Code"):
        lpa_under_test.call(
            "download_with_code", code=f"{order.activation_code}$$1", confirmation_code="1234"
        ).succeeded()
    with step("Expected: the Profile on the card"):
        require_installed(lpa_under_test, order)


@testcase("LPA.ConfirmationCode#07")
def test_last_wrong_code(lpa_under_test, step):
    """When the last try is used up, the user hears that too."""
    order = lpa_under_test.smdpp.order(confirmation_code="12345678", wrong_codes=1)
    with step("LPA: download with a wrong Confirmation Code"):
        outcome = lpa_under_test.call(
            "download_with_code", code=order.activation_code, confirmation_code="1"
        )
    with step("Expected: 8.2.7/6.4 at the server, no Profile, the user hears of it"):
        answers = list(lpa_under_test.asked("getBoundProfilePackage"))
        require(any("8.2.7/6.4" in one for one in answers), "8.2.7/6.4", answers)
        lpa_under_test.require_profiles(0)
        outcome.failed()
