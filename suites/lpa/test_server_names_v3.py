"""Under which name an LPA of version 3 reaches an SM-DP+ (SGP.22 v3.1, 2.6.6.2)."""

from rspharness import testcase
from rspharness.peers.server_answer import require

INITIATE = "initiateAuthentication"
VERSION = "3.1.0"


def downloaded(lpa_under_test, step, names):
    """Has a Profile downloaded from a server under names of its own; returns what came of it."""
    order = lpa_under_test.smdpp.order()
    code = f"LPA:1${names.address}${order.matching_id}"
    with step("LPA: download by an activation code with an FQDN"):
        return lpa_under_test.call("download_by_name", code=code, hosts=str(names.hosts))


@testcase("LPA.Tls#01")
def test_name_of_version_3_first(lpa_under_test, step, note):
    """The ClientHello has the name of version 3, the message the FQDN of the activation code."""
    lpa_under_test.serve(version=VERSION)
    names = lpa_under_test.reached_by_name(newer=True)
    downloaded(lpa_under_test, step, names).succeeded()
    note(f"names in ClientHello: {', '.join(dict.fromkeys(names.said))}")
    with step(f"Expected: {names.newer_name} in the first ClientHello"):
        require(names.said[:1] == [names.newer_name], names.newer_name, names.said[:1])
    with step("Expected: smdpAddress as in the activation code"):
        sent = [one["smdpAddress"] for one in lpa_under_test.members(INITIATE)]
        require(set(sent) == {names.address}, names.address, sent)


@testcase("LPA.Tls#02")
def test_name_of_version_3_without_an_address(lpa_under_test, step):
    """Where DNS does not know the name of version 3, the LPA connects to the FQDN."""
    lpa_under_test.serve(version=VERSION)
    names = lpa_under_test.reached_by_name(newer=False)
    outcome = downloaded(lpa_under_test, step, names)
    with step("Expected: the Profile on the card, the FQDN or no name in each ClientHello"):
        outcome.succeeded()
        lpa_under_test.require_profiles(1)
        other = [one for one in names.said if one not in ("", names.address.partition(":")[0])]
        require(not other, "the FQDN", other)


@testcase("LPA.Tls#03")
def test_fatal_alert_on_the_name_of_version_3(lpa_under_test, step):
    """After a fatal alert on the name of version 3 the LPA tries again without a name."""
    lpa_under_test.serve(version=VERSION)
    names = lpa_under_test.reached_by_name(newer=True, refuses=True)
    outcome = downloaded(lpa_under_test, step, names)
    with step("Expected: the Profile on the card, no name in the ClientHello after the alert"):
        outcome.succeeded()
        lpa_under_test.require_profiles(1)
        require(names.newer_name in names.said, f"{names.newer_name} first", names.said)
        after = names.said[names.said.index(names.newer_name) + 1 :]
        require(after[:1] == [""], "no name", after[:1])
