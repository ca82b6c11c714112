"""The code pairs of SGP.22 v2, as the table of the servers lists them.

Each row is a pair or an integer that a function can answer, and when. `code_pair_inputs` and
`code_pair_partners` have the input that provokes it; a row without one has a reason instead.

Source: SGP.22 v2, 5.2.6, 5.3, 5.6, 5.8 to 5.10 and 6.6.
"""

from dataclasses import dataclass

__all__ = ["LATER", "OTHER_ROLE", "ROWS", "Row"]

LATER = "not in this version"
OTHER_ROLE = "not possible in this role"


@dataclass(frozen=True, slots=True)
class Row:
    """One pair.

    Attributes:
        function: Interface and function.
        pair: Subject and reason, or an HTTP status.
        when: Condition.
        integer: Error or HTTP status of the ASN.1 binding, None for none or the same as in JSON.
        reason: Why no input can provoke it, or empty.
    """

    function: str
    pair: str
    when: str
    integer: int | str | None = None
    reason: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """Returns what the input is found by."""
        return self.function, self.pair, self.when


def _rows(function: str, *rows: tuple[object, ...]) -> tuple[Row, ...]:
    return tuple(Row(function, *row) for row in rows)  # type: ignore[arg-type]  rows as written below


_CARD = (
    ("8.1.2/6.1", "CERT.EUM does not verify", 1),
    ("8.1.2/6.3", "CERT.EUM has expired", 2),
    ("8.1.3/6.1", "CERT.EUICC does not verify", 3),
    ("8.1.3/6.3", "CERT.EUICC has expired", 4),
    ("8.1/6.1", "euiccSignature1 does not verify", 5),
    ("8.1/6.1", "another serverChallenge is signed", 5),
    ("8.1/6.1", "the card reports an error", 5),
)
_ORDERED = (
    ("8.2.1/3.9", "ICCID unknown"),
    ("8.2.1/1.2", "ICCID of another operator"),
)

ROWS: tuple[Row, ...] = (
    *_rows(
        "ES9+.InitiateAuthentication",
        ("8.8.1/3.8", "smdpAddress of another server", 1),
        ("8.8.2/3.1", "no CI of the signing list is known", 3),
        ("8.8.4/3.7", "no CERT.DPauth for the verification list", 3),
        ("8.8.3/3.1", "svn is not served", 2),
        ("1.6/2.2", "a member is missing", "HTTP 400", ""),
        ("1.6/2.1", "a member cannot be read", 127, ""),
    ),
    *_rows(
        "ES9+.AuthenticateClient",
        *_CARD,
        ("8.11.1/3.9", "CI of the card unknown", 9),
        ("8.11.1/3.9", "another CI than the one chosen", 9),
        ("8.10.1/3.9", "TransactionID unknown", 10),
        ("8.10.1/3.9", "another TransactionID is signed", 10),
        ("8.2.6/3.8", "MatchingID unknown", 6),
        ("8.2.6/3.8", "the order is reserved by another card", 6),
        ("8.1.1/3.8", "MatchingID of another EID", 7),
        ("8.1.1/3.8", "nothing is pending without MatchingID", 7),
        ("8.2/1.2", "the Profile is not released", 127),
        ("8.8.5/4.10", "the order has ended", 127),
        ("8.8.5/6.4", "too many downloads", 127),
        ("8.2.5/4.3", "the card is not eligible", 8),
        ("8.1/4.8", "too little memory", 11),
        ("3.11", "RSP capability of card or LPA has changed", None, LATER),
        ("ciPKMismatch", "integer 12 of version 3", None, LATER),
        ("deviceChange...", "integers 15 to 17 of version 3", None, LATER),
    ),
    *_rows(
        "ES9+.GetBoundProfilePackage",
        ("8.10.1/3.9", "TransactionID unknown", 95),
        ("8.10.1/3.9", "another TransactionID is signed", 95),
        ("8.1/6.1", "euiccSignature2 does not verify", 1),
        ("8.1/6.1", "the card reports an error", 1),
        ("8.2.7/2.2", "Confirmation Code missing", 2),
        ("8.2.7/3.8", "Confirmation Code wrong", 3),
        ("8.2.7/6.4", "Confirmation Code wrong for the last time", 4),
        ("8.2/3.7", "another otPK.EUICC, and no binding anew", 5),
        ("8.2/3.7", "withdrawn since it was offered", 5),
        ("8.8.5/4.10", "the order has ended", 6),
    ),
    *_rows(
        "ES9+.CancelSession",
        ("8.10.1/3.9", "TransactionID unknown", 1),
        ("8.10.1/3.9", "another TransactionID is signed", 1),
        ("8.1/6.1", "euiccCancelSessionSignature does not verify", 2),
        ("8.8/3.10", "smdpOid of another server", 127),
    ),
    *_rows(
        "ES9+.HandleNotification", ("HTTP 204", "whatever comes", None, "")
    ),
    *_rows("ES9+.ConfirmDeviceChange", ("all", "a function of version 3", None, LATER)),
    *_rows("ES9+.CheckEvent", ("all", "a function of version 3", None, LATER)),
    *_rows("ES9+.CheckProgress", ("all", "a function of version 3", None, LATER)),
    *_rows(
        "ES2+ (each function)",
        ("HTTP 403", "no client certificate"),
        ("1.6/2.2", "the header is missing"),
        ("1.6/2.1", "functionRequesterIdentifier is no OID"),
    ),
    *_rows(
        "ES2+.DownloadOrder",
        ("8.2.1/3.3", "the Profile is not Available"),
        *_ORDERED,
        ("8.2.5/3.9", "profile type unknown"),
        ("8.2.5/1.2", "profile type of another operator"),
        ("8.2.5/3.7", "no free Profile of the type"),
        ("8.2.5/3.8", "the ICCID is not of the type"),
    ),
    *_rows(
        "ES2+.ConfirmOrder",
        *_ORDERED,
        ("8.2.1/3.3", "the Profile is neither Allocated nor Linked"),
        ("8.2.6/3.3", "MatchingID of another order"),
        ("8.1.1/2.2", "EID missing with an SM-DS address"),
        ("8.1.1/2.2", "EID missing with an empty MatchingID"),
        ("8.1.1/3.10", "linked to another EID"),
        ("8.9/5.1", "the SM-DS gives no answer"),
        ("8.9/4.2", "the SM-DS refuses"),
    ),
    *_rows(
        "ES2+.CancelOrder",
        *_ORDERED,
        ("8.1.1/3.10", "EID of another order"),
        ("8.2.6/3.10", "MatchingID of another order"),
        ("8.2.1/3.5", "the Profile is Installed"),
    ),
    *_rows(
        "ES2+.ReleaseProfile",
        *_ORDERED,
        ("8.2.1/3.5", "the Profile is not Confirmed"),
        ("8.9/5.1", "the SM-DS gives no answer"),
        ("8.9/4.2", "the SM-DS refuses"),
    ),
    *_rows(
        "ES2+.HandleDownloadProgressInfo",
        ("all", "the operator answers it, the SM-DP+ calls", None, OTHER_ROLE),
    ),
    *_rows("ES2+.RpmOrder", ("all", "a function of version 3", None, LATER)),
    *_rows(
        "ES11.InitiateAuthentication",
        ("8.9.1/3.8", "smdpAddress of another server", 1),
        ("8.9.2/3.1", "no CI of the signing list is known", 3),
        ("8.9.4/3.7", "no CERT.DSauth for the verification list", 3),
        ("8.9.3/3.1", "svn is not served", 2),
    ),
    *_rows(
        "ES11.AuthenticateClient",
        *_CARD,
        ("8.11.1/3.9", "CI of the card unknown", 127),
        ("8.10.1/3.9", "TransactionID unknown", 7),
        ("8.10.1/3.9", "another TransactionID is signed", 7),
        ("8.9.5/3.9", "EventID unknown", 6),
        ("ciPKMismatch ...", "integers 8 to 13 of version 3", None, LATER),
    ),
    *_rows(
        "ES12.RegisterEvent",
        ("HTTP 403", "certificate of another role"),
        ("8.9.5/3.3", "EventID registered already"),
        ("8.9/5.1", "the root SM-DS gives no answer"),
        ("8.9/4.2", "the root SM-DS refuses"),
    ),
    *_rows(
        "ES12.DeleteEvent",
        ("8.9.5/3.9", "EventID unknown"),
        ("8.9.5/3.9", "event of another server"),
    ),
    *_rows(
        "ES15.RegisterEvent",
        ("HTTP 403", "certificate of another role"),
        ("8.9.5/3.3", "EventID registered already"),
        ("8.9/5.1", "the root has none above it", None, OTHER_ROLE),
    ),
    *_rows("ES15.DeleteEvent", ("8.9.5/3.9", "EventID unknown")),
)  # fmt: skip
