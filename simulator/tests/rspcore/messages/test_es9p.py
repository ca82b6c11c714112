"""The JSON binding of ES9+: exact names, strict requests, tolerant responses, exact refusals."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rspcore.errors import DecodeError
from rspcore.ids import TransactionId
from rspcore.messages import es9p
from rspcore.messages.json_codec import (
    InvalidMemberError,
    JsonMessage,
    MissingMemberError,
    dump_object,
    load_object,
)

TRANSACTION_ID = TransactionId(bytes(range(16)))

EXAMPLES: list[tuple[JsonMessage, list[str]]] = [
    (
        es9p.InitiateAuthenticationRequest(
            smdp_address="testsmdpplus1.example.com",
            euicc_challenge=bytes(16),
            euicc_info1=b"\xbf\x20\x00",
        ),
        ["smdpAddress", "euiccChallenge", "euiccInfo1"],
    ),
    (
        es9p.InitiateAuthenticationResponse(
            transaction_id=TRANSACTION_ID,
            server_signed1=b"\x30\x00",
            server_signature1=b"\x5f\x37\x40" + bytes(64),
            euicc_ci_pkid_to_be_used=b"\x04\x14" + bytes(20),
            server_certificate=b"\x30\x00",
        ),
        [
            "header",
            "transactionId",
            "serverSigned1",
            "serverSignature1",
            "euiccCiPKIdToBeUsed",
            "serverCertificate",
        ],
    ),
    (
        es9p.AuthenticateClientRequest(
            transaction_id=TRANSACTION_ID, authenticate_server_response=b"\xbf\x38\x00"
        ),
        ["transactionId", "authenticateServerResponse"],
    ),
    (
        es9p.AuthenticateClientResponse(
            transaction_id=TRANSACTION_ID,
            profile_metadata=b"\xbf\x25\x00",
            smdp_signed2=b"\x30\x00",
            smdp_signature2=b"\x5f\x37\x00",
            smdp_certificate=b"\x30\x00",
        ),
        [
            "header",
            "transactionId",
            "profileMetadata",
            "smdpSigned2",
            "smdpSignature2",
            "smdpCertificate",
        ],
    ),
    (
        es9p.GetBoundProfilePackageRequest(
            transaction_id=TRANSACTION_ID, prepare_download_response=b"\xbf\x21\x00"
        ),
        ["transactionId", "prepareDownloadResponse"],
    ),
    (
        es9p.GetBoundProfilePackageResponse(
            transaction_id=TRANSACTION_ID, bound_profile_package=b"\xbf\x36\x00"
        ),
        ["header", "transactionId", "boundProfilePackage"],
    ),
    (
        es9p.CancelSessionRequest(
            transaction_id=TRANSACTION_ID, cancel_session_response=b"\xbf\x41\x00"
        ),
        ["transactionId", "cancelSessionResponse"],
    ),
    (es9p.CancelSessionResponse(), ["header"]),
    (
        es9p.HandleNotificationRequest(pending_notification=b"\x30\x00"),
        ["pendingNotification"],
    ),
]
IDS = [type(example).__name__ for example, _ in EXAMPLES]


@pytest.mark.parametrize(("example", "names"), EXAMPLES, ids=IDS)
def test_message_written_has_the_member_names_of_the_binding(
    example: JsonMessage, names: list[str]
) -> None:
    assert list(example.to_json()) == names


@pytest.mark.parametrize(("example", "names"), EXAMPLES, ids=IDS)
def test_message_with_other_order_and_unknown_members_is_read_back_equal(
    example: JsonMessage, names: list[str]
) -> None:
    written = {"unknownMember": [1, {"x": None}], **example.to_json()}
    shuffled = dict(reversed(list(written.items())))
    assert type(example).from_json(load_object(dump_object(shuffled))) == example


@pytest.mark.parametrize(("example", "names"), EXAMPLES, ids=IDS)
def test_each_mandatory_member_missing_is_named(example: JsonMessage, names: list[str]) -> None:
    for name in names:
        if name == "header":
            continue
        for absent in ({}, {name: None}):
            value = {k: v for k, v in example.to_json().items() if k != name} | absent
            with pytest.raises(MissingMemberError, match=name) as caught:
                type(example).from_json(value)
            assert caught.value.member == name


@pytest.mark.parametrize(("example", "names"), EXAMPLES, ids=IDS)
@pytest.mark.parametrize("wrong", [7, 1.5, True, ["x"], {"x": 1}])
def test_each_member_of_another_type_is_named(
    example: JsonMessage, names: list[str], wrong: object
) -> None:
    for name in names:
        if name == "header" and isinstance(wrong, dict):
            continue
        with pytest.raises(InvalidMemberError) as caught:
            type(example).from_json(example.to_json() | {name: wrong})
        assert caught.value.member.startswith(name)


@pytest.mark.parametrize("text", ["AB", "ab" * 16, "0aF3"])
def test_transaction_id_is_read_in_either_case_and_written_in_upper_case(text: str) -> None:
    request = es9p.CancelSessionRequest.from_json(
        {"transactionId": text, "cancelSessionResponse": ""}
    )
    assert request.to_json()["transactionId"] == text.upper()


@pytest.mark.parametrize("text", ["", "A", "AB" * 17, "0x12", "A B C", "AB\n", "XY", "ABC"])
def test_transaction_id_of_another_shape_is_refused(text: str) -> None:
    with pytest.raises(InvalidMemberError, match="transactionId"):
        es9p.CancelSessionRequest.from_json({"transactionId": text, "cancelSessionResponse": ""})


@pytest.mark.parametrize("text", ["_-8=", "AAA", "AA\nAA", "AAAA=", "A", "ÄÄÄÄ", "AA AA"])
def test_request_with_base64_outside_rfc4648_section_4_is_refused(text: str) -> None:
    with pytest.raises(InvalidMemberError, match=r"pendingNotification.*base64"):
        es9p.HandleNotificationRequest.from_json({"pendingNotification": text})


@pytest.mark.parametrize("octets", [b"", b"\xff", b"\xff\xef", b"\xfb\xff\xbf", bytes(range(200))])
def test_response_with_base64_unpadded_wrapped_or_url_is_read(octets: bytes) -> None:
    text = base64.b64encode(octets).decode()
    wrapped = "\r\n".join(text[at : at + 76] for at in range(0, len(text), 76))
    for form in (
        text,
        text.rstrip("="),
        wrapped,
        base64.urlsafe_b64encode(octets).decode().rstrip("="),
    ):
        response = es9p.GetBoundProfilePackageResponse.from_json(
            {"transactionId": "00", "boundProfilePackage": form}
        )
        assert response.bound_profile_package == octets


@pytest.mark.parametrize("text", ["A", "AAAAA", "A!AA"])
def test_response_with_text_that_is_not_base64_is_refused(text: str) -> None:
    with pytest.raises(InvalidMemberError, match="boundProfilePackage"):
        es9p.GetBoundProfilePackageResponse.from_json(
            {"transactionId": "00", "boundProfilePackage": text}
        )


def test_ci_identifier_under_its_other_spelling_is_read() -> None:
    value = EXAMPLES[1][0].to_json()
    value["euiccCiPKIdTobeUsed"] = value.pop("euiccCiPKIdToBeUsed")
    read = es9p.InitiateAuthenticationResponse.from_json(value)
    assert read.euicc_ci_pkid_to_be_used == b"\x04\x14" + bytes(20)


def test_failed_response_is_raised_with_its_codes() -> None:
    data = es9p.StatusCodeData(subject_code="8.2.6", reason_code="3.8", message="no such order")
    header = es9p.ResponseHeader(
        function_execution_status=es9p.FunctionExecutionStatus(
            status=es9p.ExecutionStatus.FAILED, status_code_data=data
        )
    )
    body = es9p.FailureResponse(header=header).to_json()
    with pytest.raises(es9p.FunctionFailedError, match=r"8\.2\.6/3\.8 \(no such order\)") as caught:
        es9p.AuthenticateClientResponse.from_json(body)
    assert caught.value.code == "8.2.6/3.8"
    assert caught.value.status_code_data == data
    assert caught.value.header == header


def test_failed_response_without_text_or_codes_is_raised() -> None:
    status = {"status": "Failed"}
    with pytest.raises(es9p.FunctionFailedError, match="without status codes"):
        es9p.CancelSessionResponse.from_json({"header": {"functionExecutionStatus": status}})
    with pytest.raises(es9p.FunctionFailedError):
        es9p.CancelSessionResponse.from_json(status)


def test_response_without_header_counts_as_success() -> None:
    assert es9p.CancelSessionResponse.from_json({}).header is None


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b'"x"', b"1", b"null", b"{", b"\xff{}", b"{}x", b"[" * 100_000, b"9" * 5000],
    ids=["empty", "array", "string", "number", "null", "cut", "utf8", "more", "deep", "long"],
)
def test_body_that_is_not_a_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(DecodeError, match="JSON body"):
        load_object(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.data())
def test_any_json_value_is_read_or_refused_with_a_decode_error(data: st.DataObject) -> None:
    example, names = data.draw(st.sampled_from(EXAMPLES))
    value = data.draw(
        st.dictionaries(st.sampled_from([*names, "status", "other"]), JSON).map(
            lambda drawn: example.to_json() | drawn
        )
        | JSON
    )
    try:
        type(example).from_json(value)
    except (DecodeError, es9p.FunctionFailedError):
        return
    json.dumps(type(example).from_json(value).to_json())
