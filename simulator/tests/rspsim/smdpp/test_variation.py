"""Variation: off, all sessions are the same; on, legal choices differ and clients still work."""

import base64
import json

from rspcore.crypto.curves import Curve
from rspsim.smdpp import OrderEvent
from rspsim.smdpp.variation import Varied


def session_octets(server, lpa, profile):
    order = server.orders.order(profile.upp, profile.metadata, matching_id="A")
    lpa.download("A")
    lpa.notify(lpa.card.result(lpa.transaction_id, order.iccid))
    return [one.response.body for one in server.history]


def test_same_seed_and_clock_give_the_same_octets(make_server, make_lpa, profile):
    runs = [make_server(seed=b"one") for _ in range(2)]
    assert session_octets(runs[0], make_lpa(server=runs[0]), profile) == session_octets(
        runs[1], make_lpa(server=runs[1]), profile
    )


def test_another_seed_gives_another_session(make_server, make_lpa, profile):
    runs = [make_server(seed=seed) for seed in (b"one", b"two")]
    assert session_octets(runs[0], make_lpa(server=runs[0]), profile) != session_octets(
        runs[1], make_lpa(server=runs[1]), profile
    )


def test_varied_sessions_differ_in_every_choice_and_all_install(make_server, make_lpa, profile):
    server = make_server(variation=Varied(b"seed"))
    loads, orders_of_members = [], set()
    for number in range(40):
        if number:
            server.orders.repository.put(server.orders.get(number).after(OrderEvent.FAILED))
        order = server.orders.order(profile.upp, profile.metadata, matching_id=f"N-{number}")
        lpa = make_lpa(list(Curve)[number % 2], server=server)
        loads.append(lpa.download(order.matching_id))
        orders_of_members.add(tuple(lpa.initiated))
    assert all(load.upp == profile.upp for load in loads)
    assert all(load.metadata == profile.metadata.encode() for load in loads)
    assert {load.replaced for load in loads} == {True, False}
    assert len({len(load.host_id) for load in loads}) > 5
    assert len({load.metadata_segments for load in loads}) > 2
    assert len({len(load.profile_segments) for load in loads}) > 10
    assert len(orders_of_members) > 10


def test_same_variation_seed_gives_the_same_octets(make_server, make_lpa, profile):
    runs = [make_server(variation=Varied(b"seed")) for _ in range(2)]
    assert session_octets(runs[0], make_lpa(server=runs[0]), profile) == session_octets(
        runs[1], make_lpa(server=runs[1]), profile
    )


def test_members_keep_their_values(make_server, make_lpa):
    lpa = make_lpa(server=make_server(variation=Varied(b"seed")))
    for _ in range(10):
        body = lpa.post(
            "initiateAuthentication",
            {
                "smdpAddress": "testsmdpplus1.example.com",
                "euiccChallenge": base64.b64encode(bytes(16)).decode(),
                "euiccInfo1": base64.b64encode(lpa.card.info1()).decode(),
            },
        ).body
        assert set(json.loads(body)) == {
            "header",
            "transactionId",
            "serverSigned1",
            "serverSignature1",
            "euiccCiPKIdToBeUsed",
            "serverCertificate",
        }
