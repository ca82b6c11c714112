"""The words of the fixture `smdpp` are those of the table of settings, and act."""

import pytest

from rspcore.errors import DecodeError
from rspharness.simulated.served_smdpp import OrderWords, ServedSmdpp
from rspharness.simulated.setting_words import PolicyWords, ProfileWords
from rspsim.smdpp.settings import Area, settings_of


def test_words_are_those_of_the_table():
    policy, profile = (
        {one.name for one in settings_of(*areas)}
        for areas in ((Area.POLICY, Area.BINDING), (Area.ORDER, Area.PROFILE))
    )
    assert set(PolicyWords.__annotations__) == policy
    assert set(ProfileWords.__annotations__) == profile - {"profile"}  # it has a place of its own
    assert set(OrderWords.__annotations__) >= {"upp", "metadata", "lifetime"}


def test_words_change_policy_order_and_profile():
    server = ServedSmdpp({"rebind": False, "session_lifetime": 2, "host_id_octets": 4})
    try:
        policy = server._server.environment.policy
        assert (policy.rebind, policy.session_lifetime.total_seconds()) == (False, 2)
        assert policy.binding.host_id_octets == 4
        words = {"ppr": ["ppr1"], "spn": "Mine", "downloads": 1, "contacts": {"A": "1"}}
        server.order("PROFILE_OPERATIONAL1", words)
        order = server._server.orders.get(1)
        assert (order.terms.downloads, b"Mine" in order.metadata) == (1, True)
        for wrong in ({"nothing": 1}, {"downloads": "1"}, {"ppr": ["ppr9"]}):
            with pytest.raises(DecodeError, match=r"expected|known are"):
                server.order("PROFILE_OPERATIONAL1", wrong)
    finally:
        server.close()
