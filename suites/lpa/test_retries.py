"""Servers that fail by their transport: the order survives, and a second try works."""

from datetime import timedelta
from itertools import pairwise

from rspharness import testcase
from rspharness.peers.server_answer import require


def require_installed(lpa_under_test, order):
    """Requires the Profile of an order on the card, and the order delivered."""
    lpa_under_test.require_profiles(1)
    lpa_under_test.require_state(order, "Downloaded", "Installed")


@testcase.each(
    "fault, function, words",
    {
        "LPA.Retry#06": ("tcp.reset_before", "authenticateClient", {}),
        "LPA.Retry#07": ("tcp.reset_during", "initiateAuthentication", {"octets": 150}),
        "LPA.Retry#08": ("tcp.half_close", "getBoundProfilePackage", {"octets": 300}),
        "LPA.Retry#09": ("http.error_page", "authenticateClient", {}),
        "LPA.Retry#10": ("http.length", "getBoundProfilePackage", {}),
        "LPA.Retry#11": ("tcp.silence", "getBoundProfilePackage", {"milliseconds": 4000}),
        "LPA.Retry#12": ("tcp.garbage", "authenticateClient", {}),
        "LPA.Retry#13": ("http.not_http", "getBoundProfilePackage", {}),
        "LPA.Retry#14": ("http.headers", "initiateAuthentication", {}),
        "LPA.Retry#15": ("json.utf16", "authenticateClient", {}),
    },
)
def test_order_survives(lpa_under_test, step, fault, function, words):
    """After an answer that is none the order can be downloaded, by the same or a second call."""
    order = lpa_under_test.smdpp.order()
    lpa_under_test.smdpp.fault(fault, function=function, times=1, **words)
    with step(f"LPA: download from a server with {fault} at {function}, once"):
        first = lpa_under_test.download(order).ended()
    with step("Expected: the Profile, or the user hears of it and the order survives"):
        if not first.said_success:
            first.failed()
            lpa_under_test.require_profiles(0)
            lpa_under_test.require_state(order, "Released", "Downloaded")
            lpa_under_test.download(order).succeeded()
        require_installed(lpa_under_test, order)


@testcase.each(
    "fault, words",
    {
        "LPA.Retry#16": ("tcp.refuse", {}),
        "LPA.Retry#17": ("tls.hang", {"milliseconds": 4000}),
        "LPA.Retry#18": ("tls.alert", {}),
    },
)
def test_server_that_is_not_there(lpa_under_test, step, fault, words):
    """A server that is not reached is reported; once it is there, the order can be downloaded."""
    order = lpa_under_test.smdpp.order()
    wrong = lpa_under_test.smdpp.fault(fault, **words)
    with step(f"LPA: download from a server with {fault}"):
        lpa_under_test.download(order).failed()
        lpa_under_test.require_profiles(0)
        wrong.off()
    with step("LPA: download again"):
        lpa_under_test.download(order).succeeded()
        require_installed(lpa_under_test, order)


@testcase("LPA.Retry#19")
def test_retry_after(lpa_under_test, step):
    """A server that asks to wait is not asked again before that time is over."""
    order = lpa_under_test.smdpp.order()
    lpa_under_test.smdpp.fault("http.refuse", function="initiateAuthentication", times=3)
    with step("LPA: download from a server that answers 503 with Retry-After: 1, three times"):
        lpa_under_test.download(order).ended()
    with step("Expected: a second or more between two tries"):
        times = [
            one.at
            for one in lpa_under_test.smdpp.history
            if one.function == "initiateAuthentication"
        ]
        pauses = [later - earlier for earlier, later in pairwise(times)]
        early = [one for one in pauses if one < timedelta(seconds=0.9)]
        require(not early, "1 s between two tries", early)


@testcase("LPA.Retry#20")
def test_session_is_forgotten(lpa_under_test, step):
    """A server that has forgotten the session is reported, and a new session works."""
    order = lpa_under_test.smdpp.order()
    lpa_under_test.smdpp.fault("order.session_lost", function="getBoundProfilePackage", times=1)
    with step("LPA: download from a server that answers 8.10.1/3.9, once"):
        first = lpa_under_test.download(order).ended()
    with step("Expected: the user hears of it, a second download installs"):
        if not first.said_success:
            first.failed()
            lpa_under_test.require_profiles(0)
            lpa_under_test.download(order).succeeded()
        require_installed(lpa_under_test, order)


@testcase.each(
    "code",
    {"LPA.OneTimeKey#01": "", "LPA.OneTimeKey#02": "12345678"},
)
def test_one_time_key_is_used_again(lpa_under_test, step, code):
    """After a lost package the second try has the same one-time key, and installs."""
    given = {"confirmation_code": code} if code else {}
    order = lpa_under_test.smdpp.order(**given)
    lpa_under_test.smdpp.fault("tcp.reset_before", function="getBoundProfilePackage", times=1)
    name, words = ("download_with_code", {"confirmation_code": code}) if code else ("download", {})
    with step("LPA: download; the package is lost with the connection"):
        first = lpa_under_test.call(name, code=order.activation_code, **words).ended()
    with step("LPA: download again"):
        if not first.said_success:
            lpa_under_test.call(name, code=order.activation_code, **words).succeeded()
        require_installed(lpa_under_test, order)
    with step("Expected: the key that the server offered"):
        keys = lpa_under_test.one_time_keys()
        require(len(keys) == 2, "two requests for the package", len(keys))
        require(keys[0] == keys[1], keys[0].hex().upper(), keys[1].hex().upper())


@testcase("LPA.OneTimeKey#03")
def test_one_time_key_that_the_card_never_made(lpa_under_test, step):
    """A key that the server offers and the card never made is passed on; the card makes another."""
    order = lpa_under_test.smdpp.order()
    lpa_under_test.smdpp.fault("es9.smdp_signed2.bpp_euicc_otpk")
    with step("LPA: download from a server that offers a key of no session"):
        lpa_under_test.download(order).succeeded()
    with step("Expected: the Profile on the card"):
        require_installed(lpa_under_test, order)


@testcase("LPA.OneTimeKey#04")
def test_other_key_in_another_session(lpa_under_test, step):
    """Two downloads have two one-time keys."""
    orders = [lpa_under_test.smdpp.order(f"PROFILE_OPERATIONAL{one}") for one in (1, 2)]
    with step("LPA: download, twice"):
        for one in orders:
            lpa_under_test.download(one).succeeded()
    with step("Expected: two keys"):
        keys = lpa_under_test.one_time_keys()
        require(len(keys) == 2, "two requests for a package", len(keys))
        require(keys[0] != keys[1], "two keys", "the same")


@testcase.each(
    "function",
    {
        "LPA.Cancel#05": "cancelSession",
        "LPA.Cancel#06": "handleNotification",
    },
)
def test_last_word_that_nobody_takes(lpa_under_test, step, function):
    """Where the server does not take a cancellation or a result, nothing hangs or is lost."""
    order = lpa_under_test.smdpp.order()
    last = lpa_under_test.smdpp.order("PROFILE_OPERATIONAL2")
    refuses = lpa_under_test.smdpp.fault("http.refuse", function=function)
    if function == "cancelSession":
        wrong = lpa_under_test.smdpp.fault("es8.store_metadata.profile_name")
    else:
        wrong = lpa_under_test.smdpp.fault("es8.profile_elements.flip_bit")
    with step(f"LPA: download of a wrong package; {function} is answered with 503"):
        lpa_under_test.download(order).failed()
        lpa_under_test.require_profiles(0)
    with step("LPA: download of another order, deliver"):
        wrong.off()
        refuses.off()
        lpa_under_test.download(last).succeeded()
        lpa_under_test.deliver_rest()
    with step("Expected: one Profile, no Notification left"):
        require_installed(lpa_under_test, last)
        left = len(lpa_under_test.notifications)
        require(not left, "no Notification on the card", left)
