"""A fault of our own server for the length of a case, as the command line of that server has it.

--fault es9.answer.drop_member,member=transactionId      a fault, with its parameters
--skipped-checks euicc_signature1                        a policy, by its option
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rspcore.errors import ConfigError
from rspharness.peers.provision import Management, Provision

__all__ = ["switched"]


@contextmanager
def switched(provision: Provision, serve: str) -> Iterator[None]:
    """Switches faults and policies on and afterwards off again.

    Args:
        provision: The management port of our own server.
        serve: Options of `rsplab smdpp serve`, separated by spaces.

    Raises:
        ConfigError: it is another server, or an option cannot be switched while it runs.
        Inconclusive: the port refuses.
    """
    if not isinstance(provision, Management):
        raise ConfigError("faults are switched at our own server: --smdpp own")
    words, policy = serve.split(), dict[str, Any]()
    try:
        while words:
            option = words.pop(0)
            if option == "--fault":
                name, *given = words.pop(0).split(",")
                texts = dict(one.split("=", 1) for one in given)
                known = provision.call("GET", "/faults")["known"]
                types: dict[str, Any] = next(
                    (one["parameters"] for one in known if one["name"] == name), {}
                )
                body = {
                    key: text if isinstance(types.get(key), str) else _value(text)
                    for key, text in texts.items()
                }
                provision.call("POST", f"/faults/{name}", body)
            else:
                policy.update(_policy(provision, option, words))
        if policy:
            provision.call("PATCH", "/policy", policy)
        yield
    finally:
        provision.call("DELETE", "/faults")
        if policy:
            provision.call("DELETE", "/policy")


def _policy(provision: Management, option: str, words: list[str]) -> dict[str, Any]:
    known = {one["option"]: one for one in provision.call("GET", "/settings")}
    if option not in known:
        raise ConfigError(f"{option}: no setting that can be changed while the server runs")
    setting = known[option]
    if setting["schema"].get("type") == "boolean":
        return {setting["member"]: not option.startswith("--no-")}
    text = words.pop(0)
    if setting["schema"].get("type") == "array":
        return {setting["member"]: text.split(",")}
    if setting["schema"].get("type") == "object":
        pairs = dict(one.split("=", 1) for one in text.split(","))
        return {setting["member"]: {k: None if v == "none" else v for k, v in pairs.items()}}
    return {setting["member"]: _value(text)}


def _value(text: str) -> Any:
    """Returns a number where the text is one, else the text."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, int | float) else text
