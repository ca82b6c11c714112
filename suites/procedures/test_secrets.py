"""What the card answers holds no secret, whichever function, file or session is asked.

Every other case is searched in the same way: what is found there fails this requirement too.
"""

from rspcore.messages.es10a import EuiccConfiguredAddressesRequest
from rspcore.messages.es10b import (
    GetEuiccChallengeRequest,
    GetEuiccInfo1Request,
    GetEuiccInfo2Request,
    GetRatRequest,
    ListNotificationRequest,
    RetrieveNotificationsListRequest,
)
from rspcore.messages.es10c import GetEuiccDataRequest, ProfileInfoListRequest
from rspcore.messages.metadata import UpdateMetadataRequest
from rspcore.messages.notifications import BppCommandId
from rspharness import testcase
from rspharness.card import expect
from rspharness.card.asking import ALL_TAGS
from rspharness.servers.rsp_server import profile
from rspharness.suite import file_access

ONE, TWO, THREE = "PROFILE_OPERATIONAL1", "PROFILE_OPERATIONAL2", "PROFILE_OPERATIONAL3"
READING = tuple(
    request.encode()
    for request in (
        GetEuiccDataRequest(),
        GetEuiccInfo1Request(),
        GetEuiccInfo2Request(),
        GetRatRequest(),
        EuiccConfiguredAddressesRequest(),
        ListNotificationRequest(),
        RetrieveNotificationsListRequest(),
        ProfileInfoListRequest(),
        ProfileInfoListRequest(tag_list=ALL_TAGS),
    )
)
"""Requests that read; whether they are answered is a matter of other requirements."""


def read_everything(card):
    """Sends every request that reads; a challenge, which ends a session, is not among them."""
    for request in READING:
        card.store(request)


@testcase("procedure.Secrets#01")
def test_no_answer_holds_a_secret(card, given, server, make_ota, leaks, step):
    """No answer holds a key: outside a session, within one, of the USIM, over the air."""
    one, _ = given.profiles(ONE, TWO, enabled=ONE, notifications=True)
    with step("S_LPAd -> eUICC: everything that reads"):
        read_everything(card)
    with step("Terminal -> eUICC: USIM selected, AUTHENTICATE with a MAC that is wrong, STATUS"):
        file_access.select_application(card)
        card.apdu("0088008122" + "10" + "5A" * 16 + "10" + "A5" * 16 + "00")
        card.apdu("80F2000000")
    with step("S_OTA -> eUICC: UpdateMetadata, with proof of receipt"):
        ota = make_ota(one.profile.parameters)
        ota.update_metadata(card, UpdateMetadataRequest(profile_name="Other"))
    with step("S_SM-DP+ -> eUICC: a session; in the middle of its load everything that reads"):
        session = server.prepared(card)
        read_everything(card)
        package = session.package(profile(THREE))
        place = package.of(BppCommandId.storeMetadata)[0]
        session.load(package.until(place + 1))
        card.store(EuiccConfiguredAddressesRequest().encode())
        session.load(package.since(place + 1))
        card.send(GetEuiccChallengeRequest())
        read_everything(card)
    with step("Expected: none of the keys in any answer"):
        expect.equal(leaks(), (), "secrets in answers")
