"""The alphabet of MatchingIDs and EventIDs (SGP.22 v2, 4.1), and the policy that lifts it."""

import re
from typing import Final

from rspcore.messages.json_codec import InvalidMemberError
from rspcore.printable_text import printable
from rspsim.smdpp.policy import Policy

__all__ = ["require_token"]

_TOKEN: Final = re.compile(r"[0-9A-Z-]{0,255}\Z")


def require_token(policy: Policy, member: str, value: str | None) -> None:
    """Refuses a MatchingID or EventID with other characters, unless the policy is lenient.

    Raises:
        InvalidMemberError: names the member and the option that lifts the rule.
    """
    if value is None or policy.lenient_ids or _TOKEN.match(value):
        return
    raise InvalidMemberError(
        member,
        f"{member}: expected at most 255 of 0-9, A-Z and -, got '{printable(value, 40)}'; "
        "lenient_ids (--lenient-ids) takes any",
    )
