"""Downloads by an LPA: what a conforming server may answer, and sessions that have to stop."""

from rspharness import testcase
from rspharness.peers.server_answer import require


def installed(lpa_under_test, step, order, number=1):
    """Requires the Profile of an order on the card; other rows ask who heard of it."""
    with step("Expected: the Profile on the card, the order delivered"):
        lpa_under_test.require_profiles(number)
        lpa_under_test.require_state(order, "Downloaded", "Installed")


@testcase("LPA.Download#01")
def test_download(lpa_under_test, step):
    """A Profile is downloaded by an activation code."""
    order = lpa_under_test.smdpp.order()
    with step("LPA: download"):
        outcome = lpa_under_test.download(order)
    with step("Expected: success"):
        outcome.succeeded()
    installed(lpa_under_test, step, order)


@testcase("LPA.Download#02")
def test_second_profile(lpa_under_test, step):
    """A second Profile is installed beside the first."""
    orders = [
        lpa_under_test.smdpp.order(name)
        for name in ("PROFILE_OPERATIONAL1", "PROFILE_OPERATIONAL2")
    ]
    with step("LPA: download, twice"):
        for order in orders:
            lpa_under_test.download(order).succeeded()
    installed(lpa_under_test, step, orders[1], 2)


@testcase("LPA.Download#03")
def test_unknown_members(lpa_under_test, step):
    """Members that the LPA does not know are ignored."""
    order = lpa_under_test.smdpp.order()
    lpa_under_test.smdpp.fault("es9.answer.extra_members")
    with step("LPA: download from a server whose answers have unknown members"):
        outcome = lpa_under_test.download(order)
    with step("Expected: success"):
        outcome.succeeded()
    installed(lpa_under_test, step, order)


@testcase("LPA.Download#04")
def test_long_package(lpa_under_test, step):
    """A package of 20,000 octets is installed."""
    order = lpa_under_test.smdpp.order(size=20_000)
    with step("LPA: download"):
        outcome = lpa_under_test.download(order)
    with step("Expected: success"):
        outcome.succeeded()
    installed(lpa_under_test, step, order)


@testcase.each(
    "policy",
    {
        "LPA.Download#05": {"replace_session_keys": True},
        "LPA.Download#06": {"metadata_octets": 30},
    },
)
def test_other_protection(lpa_under_test, step, policy):
    """Packages under their own keys, and metadata in several segments, are installed."""
    lpa_under_test.serve(**policy)
    order = lpa_under_test.smdpp.order()
    with step("LPA: download"):
        outcome = lpa_under_test.download(order)
    with step("Expected: success"):
        outcome.succeeded()
    installed(lpa_under_test, step, order)


@testcase.each(
    "code",
    {"LPA.Download#07": None, "LPA.ConfirmationCode#01": "12345678"},
)
def test_right_code(lpa_under_test, step, code):
    """With the right Confirmation Code, or one that nobody asked for, the Profile is installed."""
    given = {} if code is None else {"confirmation_code": code}
    order = lpa_under_test.smdpp.order(**given)
    with step("LPA: download with a Confirmation Code"):
        outcome = lpa_under_test.call(
            "download_with_code", code=order.activation_code, confirmation_code="12345678"
        )
    with step("Expected: success"):
        outcome.succeeded()
    installed(lpa_under_test, step, order)


@testcase("LPA.ConfirmationCode#02")
def test_wrong_code(lpa_under_test, step):
    """A wrong code is reported, and the right one works afterwards."""
    order = lpa_under_test.smdpp.order(confirmation_code="12345678")
    with step("LPA: download with a wrong Confirmation Code"):
        words = {"code": order.activation_code}
        lpa_under_test.call("download_with_code", confirmation_code="1", **words).failed()
        lpa_under_test.require_profiles(0)
    with step("LPA: download with the right one"):
        lpa_under_test.call("download_with_code", confirmation_code="12345678", **words).succeeded()
    installed(lpa_under_test, step, order)


@testcase("LPA.ConfirmationCode#03")
def test_code_missing(lpa_under_test, step):
    """Where a code is required and none is given, the order survives."""
    order = lpa_under_test.smdpp.order(confirmation_code="12345678")
    with step("LPA: download without a Confirmation Code"):
        lpa_under_test.download(order).failed()
    with step("Expected: no Profile, the order can be downloaded"):
        lpa_under_test.require_profiles(0)
        lpa_under_test.require_state(order, "Released", "Downloaded")


@testcase("LPA.Default#01")
def test_default_server(lpa_under_test, step):
    """The default SM-DP+ of the card is asked for what is pending for the EID."""
    lpa_under_test.insert(default_dp=lpa_under_test.smdpp.address)
    order = lpa_under_test.smdpp.order(eid=str(lpa_under_test.eid), matching_id="")
    with step("LPA: download from the default SM-DP+"):
        outcome = lpa_under_test.call("download_default")
    with step("Expected: success"):
        outcome.succeeded()
    installed(lpa_under_test, step, order)


@testcase.each(
    "fault",
    {
        "LPA.TLS#01": "tls.unknown_ci",
        "LPA.TLS#02": "tls.wrong_name",
        "LPA.TLS#03": "tls.wrong_role",
        "LPA.TLS#04": "tls.certificate.expired",
        "LPA.TLS#05": "tls.certificate.bad_signature",
        "LPA.TLS#06": "tls.certificate.no_extended_key_usage",
        "LPA.TLS#07": "tls.certificate.ca_leaf",
        "LPA.TLS#09": "tls.plain",
    },
)
def test_server_that_is_not_trusted(lpa_under_test, step, fault):
    """To a server that cannot be trusted nothing is sent."""
    order = lpa_under_test.smdpp.order()
    lpa_under_test.smdpp.fault(fault)
    with step(f"LPA: download from a server with {fault}"):
        outcome = lpa_under_test.download(order)
    with step("Expected: nothing sent, no Profile, the user hears of it"):
        lpa_under_test.require_untouched("initiateAuthentication")
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
        lpa_under_test.require_untouched("authenticateClient")
        lpa_under_test.require_profiles(0)
        outcome.failed()


@testcase.each(
    "fault, function, never",
    {
        "LPA.Session#02": (
            "es9.answer.transaction_id",
            "initiateAuthentication",
            "getBoundProfilePackage",
        ),
        "LPA.Session#03": (
            "es9.answer.transaction_id",
            "authenticateClient",
            "getBoundProfilePackage",
        ),
        "LPA.Session#04": (
            "es9.answer.drop_member",
            "initiateAuthentication",
            "authenticateClient",
        ),
        "LPA.Session#05": ("json.syntax", "initiateAuthentication", "authenticateClient"),
        "LPA.Session#08": ("http.chunks", "initiateAuthentication", "authenticateClient"),
        "LPA.Session#06": (
            "es9.server_signature1.flip_bit",
            "initiateAuthentication",
            "getBoundProfilePackage",
        ),
        "LPA.Session#07": (
            "es9.smdp_signature2.flip_bit",
            "authenticateClient",
            "getBoundProfilePackage",
        ),
    },
)
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


@testcase.each(
    "fault",
    {
        "LPA.Refusal#01": "order.unknown",
        "LPA.Refusal#02": "order.of_another_card",
        "LPA.Refusal#03": "order.not_released",
        "LPA.Refusal#04": "order.expired",
        "LPA.Refusal#05": "order.not_eligible",
    },
)
def test_refusal_is_reported(lpa_under_test, step, fault):
    """A refusal is reported to the user, and the card can be used afterwards."""
    order = lpa_under_test.smdpp.order()
    lpa_under_test.smdpp.fault(fault, times=1)
    with step(f"LPA: download from a server with {fault}, once"):
        outcome = lpa_under_test.download(order)
    with step("Expected: no Profile, the user hears of it"):
        lpa_under_test.require_profiles(0)
        outcome.failed()
    with step("LPA: download again"):
        lpa_under_test.download(order).succeeded()
    installed(lpa_under_test, step, order)


@testcase.each(
    "fault, function",
    {
        "LPA.Retry#01": ("http.refuse", "initiateAuthentication"),
        "LPA.Retry#02": ("http.refuse", "authenticateClient"),
        "LPA.Retry#03": ("http.status", "getBoundProfilePackage"),
        "LPA.Retry#04": ("tcp.reset_before", "getBoundProfilePackage"),
        "LPA.Retry#05": ("http.truncate_body", "getBoundProfilePackage"),
    },
)
def test_order_survives_the_transport(lpa_under_test, step, fault, function):
    """After a fault of the transport the order can be downloaded, by the same or a second call."""
    order = lpa_under_test.smdpp.order()
    lpa_under_test.smdpp.fault(fault, function=function, times=1)
    with step(f"LPA: download from a server with {fault} at {function}, once"):
        first = lpa_under_test.download(order).ended()
        if first.code:
            first.failed()
            lpa_under_test.require_profiles(0)
            lpa_under_test.require_state(order, "Released", "Downloaded")
            lpa_under_test.download(order).succeeded()
    installed(lpa_under_test, step, order)


@testcase("LPA.Cancel#01")
def test_other_metadata(lpa_under_test, step):
    """A package with other metadata than those shown is not loaded."""
    order = lpa_under_test.smdpp.order()
    lpa_under_test.smdpp.fault("es8.store_metadata.profile_name")
    with step("LPA: download of a package with another profileName"):
        outcome = lpa_under_test.download(order)
    with step("Expected: CancelSession with metadataMismatch, no Profile"):
        lpa_under_test.require_profiles(0)
        reasons = lpa_under_test.cancel_reasons()
        require(reasons == [4], "CancelSession with metadataMismatch(4)", reasons)
        outcome.failed()


@testcase("LPA.Cancel#02")
def test_wrong_mac(lpa_under_test, step):
    """A package that the card refuses is reported to the server."""
    order = lpa_under_test.smdpp.order()
    lpa_under_test.smdpp.fault("es8.profile_elements.flip_bit")
    with step("LPA: download of a package with a wrong MAC"):
        outcome = lpa_under_test.download(order)
    if not list(lpa_under_test.asked("cancelSession")):
        lpa_under_test.deliver_rest()
    with step("Expected: the result or a cancellation at the server, no Profile"):
        lpa_under_test.require_profiles(0)
        found = [
            *lpa_under_test.asked("handleNotification"),
            *lpa_under_test.asked("cancelSession"),
        ]
        require(found, "HandleNotification or CancelSession", "neither")
        outcome.failed()


@testcase("LPA.Cancel#03")
def test_rule_that_is_not_allowed(lpa_under_test, step):
    """A Profile with PPR1, which the RAT does not allow, is refused before it is loaded."""
    lpa_under_test.insert(rat="empty")
    lpa_under_test.serve(skipped_checks=["card_is_eligible"])  # the LPA has to notice
    order = lpa_under_test.smdpp.order("PROFILE_OPERATIONAL4")
    with step("LPA: download of a Profile with PPR1"):
        outcome = lpa_under_test.download(order)
    with step("Expected: CancelSession with pprNotAllowed, no package, no Profile"):
        lpa_under_test.require_profiles(0)
        lpa_under_test.require_untouched("getBoundProfilePackage")
        reasons = lpa_under_test.cancel_reasons()
        require(reasons == [3], "CancelSession with pprNotAllowed(3)", reasons)
        outcome.failed()


@testcase("LPA.Cancel#04")
def test_session_of_the_card_is_over(lpa_under_test, step):
    """After a lost package another order can be downloaded."""
    first, second = (
        lpa_under_test.smdpp.order(name)
        for name in ("PROFILE_OPERATIONAL1", "PROFILE_OPERATIONAL2")
    )
    fault = lpa_under_test.smdpp.fault("http.status", function="getBoundProfilePackage")
    with step("LPA: download from a server that answers 500"):
        lpa_under_test.download(first).failed()
        fault.off()
    with step("LPA: download of another order"):
        lpa_under_test.download(second).succeeded()
    installed(lpa_under_test, step, second)


@testcase.each(
    "form",
    {
        "LPA.ActivationCode#01": "1${address}${token}",
        "LPA.ActivationCode#02": "lpa:1${address}${token}",
        "LPA.ActivationCode#03": "LPA:1${address}${token}$$",
        "LPA.ActivationCode#04": "LPA:1${address}${token}$2.999.10",
    },
)
def test_form_that_is_taken(lpa_under_test, step, form):
    """Every form of an activation code is taken."""
    order = lpa_under_test.smdpp.order()
    code = form.format(address=lpa_under_test.smdpp.address, token=order.matching_id)
    with step(f"LPA: download by {form}"):
        outcome = lpa_under_test.call("download", code=code)
    with step("Expected: success"):
        outcome.succeeded()
    installed(lpa_under_test, step, order)


@testcase("LPA.ActivationCode#05")
def test_oid_of_another_server(lpa_under_test, step):
    """A server with another OID than that of the activation code is not shown the card."""
    order = lpa_under_test.smdpp.order()
    code = f"LPA:1${lpa_under_test.smdpp.address}${order.matching_id}$2.999.99"
    with step("LPA: download by a code with another OID"):
        outcome = lpa_under_test.call("download", code=code)
    with step("Expected: no AuthenticateClient, no Profile"):
        lpa_under_test.require_untouched("authenticateClient")
        lpa_under_test.require_profiles(0)
        outcome.failed()


@testcase.each(
    "form",
    {
        "LPA.ActivationCode#06": "LPA:2${address}${token}",
        "LPA.ActivationCode#07": "LPA:1$${token}",
        "LPA.ActivationCode#08": "LPA:",
    },
)
def test_text_that_is_no_code(lpa_under_test, step, form):
    """A text that is no activation code is refused, and no server contacted."""
    order = lpa_under_test.smdpp.order()
    code = form.format(address=lpa_under_test.smdpp.address, token=order.matching_id)
    with step(f"LPA: download by {form}"):
        outcome = lpa_under_test.call("download", code=code)
    with step("Expected: no request, no Profile, the user hears of it"):
        lpa_under_test.require_untouched("initiateAuthentication")
        lpa_under_test.require_profiles(0)
        outcome.failed()
