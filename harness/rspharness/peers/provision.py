"""How an order comes to be at the server under test: one adapter for each way.

An adapter makes orders as a case wishes them. What it cannot make is *not applicable*: the case
says which wish, and nothing was sent to the server. A new way is one module in `ways` and one line
in `WAYS`.

    es2plus                                   an operator of the tester orders by ES2+
    es2plus:TYPE                              the same, Profiles of this profileType
    management:http://127.0.0.1:9000#TOKEN    the management port of `rsplab smdpp serve`
    directory:DIR                             packages in DIR, each named by its MatchingID
    script:COMMAND                            a program that is given the wish as JSON
"""

from collections.abc import Callable, Mapping
from typing import Final

from rspcore.errors import LocalError
from rspcore.frozen import dataclass
from rspcore.ids import Eid
from rspharness.peers.operator_calls import OperatorCalls
from rspharness.peers.order_wish import Ordered, OrderWish, Provision
from rspharness.peers.ways.management_port import Management
from rspharness.peers.ways.no_orders import Nothing
from rspharness.peers.ways.operator_orders import Operator
from rspharness.peers.ways.order_script import Script
from rspharness.peers.ways.package_folder import Directory
from rspharness.record.near_match import near
from rspharness.record.trace import Trace

__all__ = [
    "WAYS",
    "Management",
    "Means",
    "OrderWish",
    "Ordered",
    "Provision",
    "other_eid",
    "provision_of",
    "require_way",
]

ES2PLUS: Final = "es2plus"


@dataclass(frozen=True, slots=True)
class Means:
    """What a run has for ways that call the server themselves.

    Attributes:
        operator: Makes the calls of an operator, written into a trace.
        profile_type: profileType that the server is declared to have, empty where it is not.
    """

    operator: Callable[[Trace], OperatorCalls]
    profile_type: str = ""


WAYS: Final[Mapping[str, Callable[[str, Means], Provision]]] = {
    ES2PLUS: lambda text, means: Operator(text, means.operator, means.profile_type),
    "management": lambda text, _: Management(text),
    "directory": lambda text, _: Directory(text),
    "script": lambda text, _: Script(text),
}
"""The ways by the word before the colon."""


def require_way(text: str, *, es2plus: bool) -> None:
    """Requires what `--provision` names to be a way, and what it takes to be named.

    Args:
        text: What the option has.
        es2plus: Whether ES2+ of the server and a certificate of an operator are known.

    Raises:
        LocalError: it is none.
    """
    word, _, rest = text.partition(":")
    if not text:
        return
    if word not in WAYS:
        raise LocalError(f"--provision {text}: expected one of {', '.join(WAYS)}{near(word, WAYS)}")
    if word == ES2PLUS and not es2plus:
        raise LocalError(
            "--provision es2plus orders as an operator: --es2plus https://HOST:PORT says where, "
            "and --es2plus-client DIR has client.pem and client.key, a certificate the server takes"
        )
    if word != ES2PLUS and not rest:
        raise LocalError(f"--provision {text}: expected {word}: and what follows the colon")


def provision_of(text: str, means: Means) -> Provision:
    """Returns the way that `--provision` names; none when it is empty.

    Raises:
        LocalError: there is no such way.
        ConfigError: what it needs is not there.
    """
    if not text:
        return Nothing()
    word, _, rest = text.partition(":")
    return WAYS[word](rest, means)


def other_eid(number: int) -> Eid:
    """Returns the EID of a further card, within the range of the test EUM."""
    return Eid.from_first_digits(f"89049032{7_000_000 + number:022d}")
