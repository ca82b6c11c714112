"""Servers that an LPA may not trust, sessions that have to stop, refusals that it passes on."""

from rspharness import testcase

TLS = {
    "LPA.TLS#01": "tls.unknown_ci",
    "LPA.TLS#02": "tls.wrong_name",
    "LPA.TLS#03": "tls.wrong_role",
    "LPA.TLS#04": "tls.certificate.expired",
    "LPA.TLS#05": "tls.certificate.bad_signature",
    "LPA.TLS#06": "tls.certificate.no_extended_key_usage",
    "LPA.TLS#07": "tls.certificate.ca_leaf",
    "LPA.TLS#09": "tls.plain",
    "LPA.TLS#10": "tls.certificate.not_yet_valid",
    "LPA.TLS#11": "tls.certificate.critical_extension",
    "LPA.TLS#12": "tls.certificate.client_only",
    "LPA.TLS#13": "tls.certificate.tls_with_auth_policy",
    "LPA.TLS#14": "tls.certificate.no_key_usage",
    "LPA.TLS#15": "tls.certificate.under_other_root",
    "LPA.TLS#16": "tls.version",
}
INITIATE, AUTHENTICATE, PACKAGE = (
    "initiateAuthentication",
    "authenticateClient",
    "getBoundProfilePackage",
)
STOPS = {
    "LPA.Session#02": ("es9.answer.transaction_id", INITIATE, PACKAGE),
    "LPA.Session#03": ("es9.answer.transaction_id", AUTHENTICATE, PACKAGE),
    "LPA.Session#04": ("es9.answer.drop_member", INITIATE, AUTHENTICATE),
    "LPA.Session#05": ("json.syntax", INITIATE, AUTHENTICATE),
    "LPA.Session#06": ("es9.server_signature1.flip_bit", INITIATE, PACKAGE),
    "LPA.Session#07": ("es9.smdp_signature2.flip_bit", AUTHENTICATE, PACKAGE),
    "LPA.Session#08": ("http.chunks", INITIATE, AUTHENTICATE),
    "LPA.Session#09": ("es9.server_signed1.euicc_challenge", INITIATE, PACKAGE),
    "LPA.Session#10": ("es9.server_certificate.role", INITIATE, PACKAGE),
    "LPA.Session#11": ("es9.server_certificate.flaw.bad_signature", INITIATE, PACKAGE),
    "LPA.Session#12": ("es9.smdp_certificate.other_server", AUTHENTICATE, PACKAGE),
    "LPA.Session#13": ("es9.server_signed1.transaction_id", INITIATE, PACKAGE),
    "LPA.Session#14": ("es9.smdp_signed2.transaction_id", AUTHENTICATE, PACKAGE),
    "LPA.Session#15": ("es9.euicc_ci_pkid.other", INITIATE, PACKAGE),
    "LPA.Session#16": ("es9.answer.null_member", AUTHENTICATE, PACKAGE),
    "LPA.Session#17": ("json.wrong_type", INITIATE, AUTHENTICATE),
    "LPA.Session#18": ("json.array", INITIATE, AUTHENTICATE),
    "LPA.Session#19": ("json.deep", AUTHENTICATE, PACKAGE),
    "LPA.Session#21": ("json.trailing", AUTHENTICATE, PACKAGE),
    "LPA.Session#22": ("es9.server_signature1.short", INITIATE, PACKAGE),
}


@testcase.each("fault", TLS)
def test_server_that_is_not_trusted(lpa_under_test, step, fault):
    """To a server that cannot be trusted nothing is sent."""
    order = lpa_under_test.smdpp.order()
    lpa_under_test.smdpp.fault(fault)
    with step(f"LPA: download from a server with {fault}"):
        outcome = lpa_under_test.download(order)
    with step("Expected: nothing sent, no Profile, the user hears of it"):
        lpa_under_test.require_untouched(INITIATE)
        lpa_under_test.require_profiles(0)
        outcome.failed()


@testcase.each(
    "fault",
    {
        "LPA.TLS#08": "tls.other_server",
        "LPA.Session#01": "es9.server_signed1.server_address",
    },
)
def test_server_that_is_another(lpa_under_test, step, fault):
    """The card and its order are not shown to a server that says it is another one."""
    order = lpa_under_test.smdpp.order()
    lpa_under_test.smdpp.fault(fault)
    with step(f"LPA: download from a server with {fault}"):
        outcome = lpa_under_test.download(order)
    with step("Expected: no AuthenticateClient, no Profile, the user hears of it"):
        lpa_under_test.require_untouched(AUTHENTICATE)
        lpa_under_test.require_profiles(0)
        outcome.failed()


@testcase.each("fault, function, never", STOPS)
def test_session_stops(lpa_under_test, step, fault, function, never):
    """An answer that is none of the session ends the download, without a crash."""
    order = lpa_under_test.smdpp.order()
    lpa_under_test.smdpp.fault(fault, function=function)
    with step(f"LPA: download from a server with {fault} at {function}"):
        outcome = lpa_under_test.download(order)
    with step(f"Expected: no {never} that succeeds, no Profile, the user hears of it"):
        lpa_under_test.require_never_done(never)
        lpa_under_test.require_profiles(0)
        outcome.failed()


@testcase("LPA.Session#20")
def test_very_long_answer(lpa_under_test, step):
    """An LPA may take an answer of nine million octets or stop at it; it does what it says."""
    order = lpa_under_test.smdpp.order()
    lpa_under_test.smdpp.fault("http.too_long", function=INITIATE)
    with step("LPA: download from a server with http.too_long at initiateAuthentication"):
        outcome = lpa_under_test.download(order).ended()
    if outcome.said_success:
        with step("Expected: the Profile on the card"):
            lpa_under_test.require_profiles(1)
    else:
        with step("Expected: no Profile, the user hears of it"):
            lpa_under_test.require_profiles(0)
            outcome.failed()


@testcase.each(
    "fault, function",
    {
        "LPA.Refusal#01": ("order.unknown", AUTHENTICATE),
        "LPA.Refusal#02": ("order.of_another_card", AUTHENTICATE),
        "LPA.Refusal#03": ("order.not_released", AUTHENTICATE),
        "LPA.Refusal#04": ("order.expired", AUTHENTICATE),
        "LPA.Refusal#05": ("order.not_eligible", AUTHENTICATE),
        "LPA.Refusal#06": ("order.tried_too_often", AUTHENTICATE),
        "LPA.Refusal#07": ("order.gone", PACKAGE),
        "LPA.Refusal#08": ("es9.answer.fail", INITIATE),
    },
)
def test_refusal_is_reported(lpa_under_test, step, fault, function):
    """A refusal is reported to the user, and the card can be used afterwards."""
    order = lpa_under_test.smdpp.order()
    lpa_under_test.smdpp.fault(fault, function=function, times=1)
    with step(f"LPA: download from a server with {fault}, once"):
        outcome = lpa_under_test.download(order)
    with step("Expected: no Profile, the user hears of it"):
        lpa_under_test.require_profiles(0)
        outcome.failed()
    with step("LPA: download again"):
        lpa_under_test.download(order).succeeded()
    with step("Expected: the Profile on the card, the order delivered"):
        lpa_under_test.require_profiles(1)
        lpa_under_test.require_state(order, "Downloaded", "Installed")
