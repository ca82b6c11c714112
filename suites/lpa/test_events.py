"""Discovery by an LPA: what waits at the default SM-DP+ and at an SM-DS, and what may go wrong."""

from rspharness import testcase
from rspharness.peers.server_answer import require


def card_with_events(lpa_under_test, *profiles, **words):
    """Takes a card whose root SM-DS has an event for each Profile; returns the orders."""
    lpa_under_test.insert(root_ds=lpa_under_test.smds.address, **words)
    eid = str(lpa_under_test.eid)
    orders = [lpa_under_test.smdpp.order(one, eid=eid) for one in profiles]
    for one in orders:
        lpa_under_test.smds.event(eid, lpa_under_test.smdpp.address, one.matching_id)
    return orders


@testcase.each(
    "profiles",
    {
        "LPA.Discovery#01": ["PROFILE_OPERATIONAL1"],
        "LPA.Discovery#02": ["PROFILE_OPERATIONAL1", "PROFILE_OPERATIONAL2"],
    },
)
def test_events(lpa_under_test, step, profiles):
    """What the events of the root SM-DS stand for is downloaded."""
    orders = card_with_events(lpa_under_test, *profiles)
    with step(f"LPA: discover, {len(orders)} events wait"):
        lpa_under_test.call("discover").succeeded()
    with step("Expected: each order delivered"):
        lpa_under_test.require_profiles(len(orders))
        for one in orders:
            lpa_under_test.require_state(one, "Downloaded", "Installed")


@testcase("LPA.Discovery#03")
def test_no_event(lpa_under_test, step):
    """Where nothing waits, that is no failure, and nothing is downloaded."""
    card_with_events(lpa_under_test)
    with step("LPA: discover, no event waits"):
        lpa_under_test.call("discover").succeeded()
    with step("Expected: the SM-DS was asked, no Profile"):
        asked = list(lpa_under_test.asked("authenticateClient", lpa_under_test.smds))
        require(asked, "AuthenticateClient at the SM-DS", "none")
        lpa_under_test.require_profiles(0)


@testcase("LPA.Discovery#04")
def test_cascade(lpa_under_test, step):
    """An event whose server is another SM-DS is asked for there."""
    root, other = lpa_under_test.smds, lpa_under_test.another_smds()
    lpa_under_test.insert(root_ds=root.address)
    eid = str(lpa_under_test.eid)
    order = lpa_under_test.smdpp.order(eid=eid)
    other.event(eid, lpa_under_test.smdpp.address, order.matching_id, forwarded_as="FORWARDED-1")
    root.event(eid, other.address, "FORWARDED-1")
    with step("LPA: discover; the event of the root SM-DS leads to another SM-DS"):
        lpa_under_test.call("discover").succeeded()
    with step("Expected: the order delivered"):
        lpa_under_test.require_profiles(1)
        lpa_under_test.require_state(order, "Downloaded", "Installed")


@testcase("LPA.Discovery#05")
def test_one_event_that_leads_nowhere(lpa_under_test, step):
    """An event whose server does not answer does not keep the others from their download."""
    lpa_under_test.insert(root_ds=lpa_under_test.smds.address)
    eid = str(lpa_under_test.eid)
    gone = lpa_under_test.another_server()
    gone.fault("tcp.refuse")
    lpa_under_test.smds.event(eid, gone.address, "NOWHERE-1")
    order = lpa_under_test.smdpp.order(eid=eid)
    lpa_under_test.smds.event(eid, lpa_under_test.smdpp.address, order.matching_id)
    with step("LPA: discover; the server of the first of two events is not there"):
        outcome = lpa_under_test.call("discover")
    with step("Expected: the other order delivered, the user hears of the first"):
        outcome.failed()
        lpa_under_test.require_profiles(1)
        lpa_under_test.require_state(order, "Downloaded", "Installed")


@testcase.each(
    "fault",
    {
        "LPA.Discovery#06": "tls.unknown_ci",
        "LPA.Discovery#07": "tls.certificate.expired",
        "LPA.Discovery#08": "tls.wrong_role",
    },
)
def test_sm_ds_that_is_not_trusted(lpa_under_test, step, fault):
    """To an SM-DS that cannot be trusted nothing is sent."""
    card_with_events(lpa_under_test, "PROFILE_OPERATIONAL1")
    lpa_under_test.smds.fault(fault)
    with step(f"LPA: discover at an SM-DS with {fault}"):
        outcome = lpa_under_test.call("discover")
    with step("Expected: nothing sent, no Profile, the user hears of it"):
        lpa_under_test.require_untouched("initiateAuthentication", lpa_under_test.smds)
        lpa_under_test.require_profiles(0)
        outcome.failed()


@testcase.each(
    "fault, words",
    {
        "LPA.Discovery#09": ("es9.server_signed1.server_address", {}),
        "LPA.Discovery#10": ("http.refuse", {"function": "authenticateClient"}),
        "LPA.Discovery#11": ("json.syntax", {"function": "authenticateClient"}),
        "LPA.Discovery#12": ("es9.server_signature1.flip_bit", {}),
    },
)
def test_sm_ds_that_fails(lpa_under_test, step, fault, words):
    """An SM-DS that fails is reported, and asked again later the events are there."""
    orders = card_with_events(lpa_under_test, "PROFILE_OPERATIONAL1")
    wrong = lpa_under_test.smds.fault(fault, **words)
    with step(f"LPA: discover at an SM-DS with {fault}"):
        lpa_under_test.call("discover").failed()
        lpa_under_test.require_profiles(0)
        wrong.off()
    with step("LPA: discover again"):
        lpa_under_test.call("discover").succeeded()
        lpa_under_test.require_profiles(1)
        lpa_under_test.require_state(orders[0], "Downloaded", "Installed")


@testcase("LPA.Default#02")
def test_nothing_at_the_default_server(lpa_under_test, step):
    """Where nothing waits at the default SM-DP+, the user hears that, and no Profile is there."""
    lpa_under_test.insert(default_dp=lpa_under_test.smdpp.address)
    with step("LPA: download from the default SM-DP+, no order waits"):
        outcome = lpa_under_test.call("download_default").ended()
    with step("Expected: it was asked, no Profile, a word of it"):
        require(list(lpa_under_test.asked("authenticateClient")), "AuthenticateClient", "none")
        lpa_under_test.require_profiles(0)
        require(outcome.output.strip(), "a word to the user", "none")


@testcase("LPA.Default#03")
def test_no_default_server(lpa_under_test, step):
    """A card without a default SM-DP+ is no reason to ask another server."""
    with step("LPA: download from the default SM-DP+ of a card that has none"):
        outcome = lpa_under_test.call("download_default")
    with step("Expected: no request, the user hears of it"):
        lpa_under_test.require_untouched("initiateAuthentication")
        outcome.failed()


@testcase("LPA.Default#04")
def test_default_server_is_stored(lpa_under_test, step):
    """An address that the user gives is stored, and asked from then on."""
    address = lpa_under_test.smdpp.address
    order = lpa_under_test.smdpp.order(eid=str(lpa_under_test.eid), matching_id="")
    with step("LPA: set_default"):
        lpa_under_test.call("set_default", address=address).succeeded()
        found = lpa_under_test.default_address
        require(found == address, address, found)
    with step("LPA: download from the default SM-DP+"):
        lpa_under_test.call("download_default").succeeded()
        lpa_under_test.require_profiles(1)
        lpa_under_test.require_state(order, "Downloaded", "Installed")
