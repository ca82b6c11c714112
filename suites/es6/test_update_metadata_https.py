"""ES6.UpdateMetadata over HTTPS: after a push the card itself fetches the operator's script."""

from dataclasses import replace

from rspcore.messages.metadata import UpdateMetadataRequest
from rspcore.ota.packet import ResponseStatus
from rspcore.status import StatusWord
from rspharness import testcase
from rspharness.card import expect
from rspharness.servers.https_ota_server import PskKeys, with_psk
from rspharness.servers.ota_server import personalisation_script
from rspharness.servers.rsp_server import profile

KEYS = PskKeys()
RENAMED = UpdateMetadataRequest(service_provider_name="New SP", profile_name="New Name")


def info(card, one):
    """Returns what GetProfilesInfo returns for a Profile, without its octets."""
    return replace(next(info for info in card.profiles() if info.iccid == one.iccid))


@testcase("ES6.UpdateMetadata#31")
def test_update_over_https(card, given, make_ota, make_https_ota, declared, step, note):
    """An update in a session of HTTPS, secured by the PSK in the MNO-SD, is done as over SMS-PP."""
    with step("Initial conditions: S_OTA ready for TLS 1.2 with pre-shared keys"):
        https = make_https_ota(KEYS, templated=declared.get("scp81_push", "81") == "AA")
    made = with_psk(profile("PROFILE_OPERATIONAL1"), KEYS)
    (one,) = given.profiles(made, enabled=made)
    before = info(card, one)
    session = https.session(card, personalisation_script(RENAMED.encode()))
    with step("S_OTA -> eUICC: short message with administration session triggering parameters"):
        receipt = session.push(make_ota(one.profile.parameters))
        note(f"push: {receipt.describe()}")
    with step("Expected: status 00, or no proof of receipt"):
        expect.one_of(receipt.status, (ResponseStatus.POR_OK, None), "status of the push")
    with step("eUICC -> S_OTA: OPEN CHANNEL, TLS, POST; S_OTA -> eUICC: script; eUICC: POST"):
        outcome = session.run()
        note(f"session: {outcome.describe()}")
    with step("Expected: X-Admin-Script-Status ok, SW 9000 of each command"):
        expect.that(
            holds=outcome.accepted,
            expected="a session to its end with SW 9000 of each command",
            actual=outcome.describe(),
        )
        expect.equal(outcome.sw, StatusWord.OK, "SW of STORE DATA")
    with step("Expected: GetProfilesInfo returns the new names, all else as before"):
        expected = replace(before, service_provider_name="New SP", profile_name="New Name")
        expect.equal(info(card, one), expected, "ProfileInfo")
