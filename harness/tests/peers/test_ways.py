"""The ways by which orders come to be, on a running server: what is ordered, what is left."""

import json
import sys

import pytest

from rspcore.errors import ConfigError, LocalError
from rspcore.profile_reader import ProfileFacts
from rspharness.cli.main import main
from rspharness.peers.operator_calls import OperatorCalls
from rspharness.peers.order_wish import Ordered, OrderWish
from rspharness.peers.provision import Means, provision_of, require_way
from rspharness.peers.server_target import place_of
from rspharness.record.trace import Trace
from rspharness.record.verdicts import Inconclusive, NotApplicable

pytestmark = pytest.mark.once


@pytest.fixture
def means(served):
    names = iter(range(1000))
    return Means(
        lambda trace: OperatorCalls(
            place_of(served.es2plus), served.client, trace, f"{id(names)}-{next(names)}"
        )
    )


@pytest.fixture
def management(served, means):
    return provision_of(served.provision, means)


def states(management):
    """Returns the state of each Profile by its ICCID, as the management port shows them."""
    return {one["iccid"]: one["state"] for one in management.call("GET", "/profiles")}


def test_operator_orders_what_is_wished_and_cancels_it_in_the_end(means, management):
    way, trace = provision_of("es2plus", means), Trace()
    wished = OrderWish(matching_id="RSPLAB-WAYS", confirmation_code="1234", released=False)
    made = way.order(wished, trace)
    orders = {one["matchingId"]: one for one in management.call("GET", "/orders")}
    assert made.matching_id == "RSPLAB-WAYS"
    assert orders["RSPLAB-WAYS"]["state"] == "Confirmed"
    assert "confirmOrder" in trace.text()
    way.change(made, "RELEASED")
    orders = {one["matchingId"]: one for one in management.call("GET", "/orders")}
    assert orders["RSPLAB-WAYS"]["state"] == "Released"
    way.close()
    orders = {one["matchingId"]: one["state"] for one in management.call("GET", "/orders")}
    assert orders.get("RSPLAB-WAYS") != "Released"


def test_operator_makes_no_order_that_es2plus_cannot_say(means):
    way = provision_of("es2plus", means)
    with pytest.raises(NotApplicable, match="wrong_codes"):
        way.order(OrderWish(wrong_codes=1), Trace())
    with pytest.raises(NotApplicable, match="no profileType"):
        way.order(OrderWish(profile="RSPLAB-NONE"), Trace())
    with pytest.raises(NotApplicable):
        way.state(Ordered(matching_id="A"))


def test_type_that_the_server_does_not_have_is_named_with_the_remedy(means):
    with pytest.raises(Inconclusive, match=r"RSPLAB-NONE.*es2plus:TYPE"):
        provision_of("es2plus:RSPLAB-NONE", means).order(OrderWish(), Trace())


def test_folder_gets_a_package_under_its_matching_id_and_loses_it(tmp_path, means):
    way = provision_of(f"directory:{tmp_path}", means)
    made = way.order(OrderWish(matching_id="A-1"), Trace())
    file = tmp_path / "A-1.der"
    assert str(ProfileFacts.of_package(file.read_bytes()).iccid) == made.iccid
    further = [way.order(OrderWish(), Trace()) for _ in range(2)]
    assert len({made.iccid, *(one.iccid for one in further)}) == 3
    assert len({one.matching_id for one in further}) == 2
    with pytest.raises(NotApplicable, match="confirmation_code"):
        way.order(OrderWish(confirmation_code="1"), Trace())
    way.close()
    assert list(tmp_path.iterdir()) == []


def test_script_gets_the_wish_and_says_what_it_cannot(tmp_path, means):
    script = tmp_path / "order.py"
    script.write_text(
        "import json, sys\n"
        "given = json.load(sys.stdin)\n"
        "if 'ppr' in given:\n"
        "    print('none here', file=sys.stderr)\n"
        "    sys.exit(3)\n"
        "if 'eid' in given: sys.exit(7)\n"
        "print(json.dumps({'matchingId': given.get('profile'), 'state': 'Released'}))\n",
        "utf-8",
    )
    way, trace = provision_of(f"script:{sys.executable} {script}", means), Trace()
    made = way.order(OrderWish(), trace)
    assert made.matching_id == made.number == "PROFILE_OPERATIONAL1"
    assert "PROFILE_OPERATIONAL1" in trace.text()
    assert way.state(made) == "Released"
    with pytest.raises(NotApplicable, match="none here"):
        way.order(OrderWish(ppr=("ppr1",)), trace)
    with pytest.raises(Inconclusive, match="ended with 7"):
        way.order(OrderWish(eid="1" * 32), trace)


def test_a_run_orders_by_es2plus_at_a_server_of_another_process(served, tmp_path, capsys):
    options = ("--smdpp", served.url, "--provision", "es2plus", "--report", str(tmp_path))
    rows = ("11", "22", "54", "70", "72", "81")
    cases = [word for row in rows for word in ("--case", f"ES9+.AuthenticateClient#{row}")]
    operator = ("--es2plus", served.es2plus, "--es2plus-client", str(served.client))
    code = main(["run", *options, *operator, *cases])
    assert code == 0, capsys.readouterr().out
    results = json.loads((tmp_path / "latest" / "results.json").read_text("utf-8"))
    verdicts = {one["ids"][0].partition("#")[2]: one["verdict"] for one in results["cases"]}
    assert verdicts.pop("72") == "not applicable"
    assert verdicts.pop("70") == "probe"  # states are declared, not seen
    assert set(verdicts.values()) == {"pass"}


@pytest.mark.parametrize(
    ("way", "said"),
    [
        ("es2plus", "--es2plus-client DIR"),
        ("es2pluss", "near it: es2plus"),
        ("script:", "what follows the colon"),
    ],
)
def test_way_that_lacks_something_is_refused(way, said):
    with pytest.raises(LocalError, match=said):
        require_way(way, es2plus=False)


@pytest.mark.parametrize("way", ["directory:/no/such/folder", "management:http://localhost:1"])
def test_way_whose_place_is_not_there_is_refused(way, means):
    with pytest.raises(ConfigError):
        provision_of(way, means)
