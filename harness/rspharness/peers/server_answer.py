"""An answer of a server to a call of an LPA, in either binding, and what a case expects of it."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import field

from rspcore.frozen import dataclass
from rspharness.record.verdicts import ExpectationError

__all__ = ["Answer", "Refusal", "require"]


def require(holds: object, expected: object, actual: object) -> None:
    """Requires a condition, in the words of the requirement.

    Raises:
        ExpectationError: it does not hold.
    """
    if not holds:
        raise ExpectationError(str(expected), str(actual))


@dataclass(frozen=True, slots=True)
class Refusal:
    """The codes of a refusal, as each binding has them.

    Attributes:
        pairs: Pairs of subject and reason that the requirement allows, such as "8.1/6.1".
        integers: Integers of the ASN.1 binding that it allows.
    """

    pairs: tuple[str, ...]
    integers: tuple[int, ...]

    @classmethod
    def of(cls, text: str) -> "Refusal":
        """Reads what a row of the catalogue expects.

        >>> Refusal.of("8.8.2/3.1 or 8.8.4/3.7; 3")
        Refusal(pairs=('8.8.2/3.1', '8.8.4/3.7'), integers=(3,))
        """
        pairs, _, integers = text.partition(";")
        return cls(
            tuple(pairs.strip().split(" or ")),
            tuple(int(one) for one in integers.strip().split(" or ") if one),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back.

    Attributes:
        function: Name of the function.
        status: HTTP status.
        headers: HTTP fields; names in any case.
        body: Octets of the body.
        asn1: Whether the call was made in the ASN.1 binding.
        members: Members of the answer, of either binding, in the JSON form.
        refusal: Pair of subject and reason, integer, or another status; empty for success.
    """

    function: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    asn1: bool
    members: Mapping[str, object] = field(default_factory=dict)
    refusal: str = ""

    def header(self, name: str) -> str:
        """Returns an HTTP field, or an empty text."""
        return next((v for k, v in self.headers.items() if k.lower() == name.lower()), "")

    @property
    def words(self) -> str:
        """Returns what came, for an explanation."""
        if self.status != 200:
            return f"HTTP status {self.status}"
        if not self.refusal:
            return "success"
        return f"{'error ' if self.asn1 else ''}{self.refusal}"

    def accepted(self) -> "Answer":
        """Requires success.

        Raises:
            ExpectationError: it is none.
        """
        if self.status != 200 or self.refusal:
            raise ExpectationError("success", self.words, about=self.function)
        return self

    def taken(self) -> None:
        """Requires status 204 without a body (SGP.22 v2, 6.5.2).

        Raises:
            ExpectationError: it is none.
        """
        if self.status != 204 or self.body:
            came = f"HTTP status {self.status}, {len(self.body)} octets"
            raise ExpectationError("HTTP status 204, no octets", came, about=self.function)

    def refused(self, text: str) -> None:
        """Requires a refusal with one of the codes, as `Refusal.of` reads them.

        Raises:
            ExpectationError: it succeeded, or has other codes.
        """
        allowed = Refusal.of(text)
        wanted = tuple(map(str, allowed.integers)) if self.asn1 else allowed.pairs
        kind = "error " if self.asn1 else ""
        if self.status != 200 or self.refusal not in wanted:
            raise ExpectationError(
                f"a refusal, {' or '.join(kind + one for one in wanted)}",
                self.words,
                about=self.function,
            )

    def refused_somehow(self) -> None:
        """Requires a refusal with any codes, or a status 4xx.

        Raises:
            ExpectationError: it is none.
        """
        refused = bool(self.refusal) if self.status == 200 else 400 <= self.status < 500
        require(refused, "Failed, or HTTP status 4xx", self.words)

    def text(self, name: str) -> str:
        """Returns a member that is a text.

        Raises:
            ExpectationError: there is none.
        """
        value = self.members.get(name)
        if not isinstance(value, str):
            raise ExpectationError(f"member {name}, a text", repr(value), about=self.function)
        return value

    def octets(self, name: str) -> bytes:
        """Returns a member that is base64, decoded.

        Raises:
            ExpectationError: there is none, or it is no base64 of RFC 4648.
        """
        text = self.text(name)
        try:
            return base64.b64decode(text, validate=True)
        except binascii.Error as error:
            raise ExpectationError(
                f"member {name}, base64", f"{text[:40]!r} ({error})", about=self.function
            ) from error
