"""Downloads by an LPA: what a server may choose, faults of transport, activation codes."""

from rspharness import testcase
from rspharness.peers.server_answer import require


def installed(lpa_under_test, step, order, number=1):
    """Requires the Profile of an order on the card; other rows ask who heard of it."""
    with step("Expected: the Profile on the card, the order delivered"):
        lpa_under_test.require_profiles(number)
        lpa_under_test.require_state(order, "Downloaded", "Installed")


@testcase.each(
    "served, fault, ordered",
    {
        "LPA.Download#01": ({}, "", {}),
        "LPA.Download#03": ({}, "es9.answer.extra_members", {}),
        "LPA.Download#04": ({}, "", {"size": 20_000}),
        "LPA.Download#05": ({"replace_session_keys": True}, "", {}),
        "LPA.Download#06": ({"metadata_octets": 30}, "", {}),
        "LPA.Download#08": ({"host_id_octets": 1, "segment_octets": 500}, "", {"size": 4_000}),
        "LPA.Download#09": ({"vary": "1"}, "", {"size": 4_000}),
        "LPA.Download#10": ({"vary": "2"}, "", {"size": 4_000}),
        "LPA.Download#11": ({"vary": "3"}, "", {"size": 4_000}),
        "LPA.Download#12": ({}, "http.slow", {}),
        "LPA.Download#13": ({"host_id_octets": 16}, "", {}),
    },
)
def test_download(lpa_under_test, step, served, fault, ordered):
    """A Profile is downloaded, whatever a server may choose."""
    if served:
        lpa_under_test.serve(**served)
    order = lpa_under_test.smdpp.order(**ordered)
    if fault:
        lpa_under_test.smdpp.fault(fault)
    with step(f"LPA: download from a server of {served or fault or 'the usual kind'}"):
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
        "LPA.ActivationCode#09": "LPA:1${upper}${token}",
        "LPA.ActivationCode#10": "LPA:1${address}${token}$$0$X$Y",
    },
)
def test_form_that_is_taken(lpa_under_test, step, form):
    """Every form of an activation code is taken."""
    order = lpa_under_test.smdpp.order()
    address = lpa_under_test.smdpp.address
    code = form.format(address=address, upper=address.upper(), token=order.matching_id)
    with step(f"LPA: download by {form}"):
        outcome = lpa_under_test.call("download", code=code)
    with step("Expected: success"):
        outcome.succeeded()
    installed(lpa_under_test, step, order)


@testcase("LPA.ActivationCode#14")
def test_empty_token(lpa_under_test, step):
    """A code without a token asks for what is pending for the EID."""
    order = lpa_under_test.smdpp.order(eid=str(lpa_under_test.eid), matching_id="")
    with step("LPA: download by LPA:1$address$"):
        outcome = lpa_under_test.call("download", code=f"LPA:1${lpa_under_test.smdpp.address}$")
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
        "LPA.ActivationCode#11": "LPA:0${address}${token}",
        "LPA.ActivationCode#12": "LPA:1${address}/path${token}",
        "LPA.ActivationCode#13": "https://{address}/{token}",
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
