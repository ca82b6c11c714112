"""What sessions of version 3 have in common that are no downloads: RPM, Device Change, recovery.

Source: SGP.22 v3.1, 3.0.1, 5.6.3 and 5.7.13. What a server sends goes to the card octet for octet.
"""

from contextlib import suppress

from rspcore import tlv
from rspcore.errors import DecodeError
from rspcore.messages.codec import Structure
from rspcore.messages.es9p import AuthenticateClientRequest, Response
from rspcore.messages.es10b import AuthenticateServerResponse
from rspcore.messages.euicc_info import DeviceInfo
from rspcore.messages.v3 import card_and_device as v3
from rspcore.messages.v3.server_functions import (
    AuthenticateClientChangeResponse,
    AuthenticateClientDelayedResponse,
    AuthenticateClientRpmResponse,
    CheckProgressRequest,
    CheckProgressResponse,
    ConfirmDeviceChangeRequest,
    ConfirmDeviceChangeResponse,
)
from rspcore.tags import Tag
from rspharness.lpa.checks import check_same_server, check_server_address
from rspharness.lpa.download_steps import (
    CardRefusedError,
    Initiated,
    chain_and_crls,
    device_for,
)
from rspharness.lpa.es9p_client import Es9Client, ServerRefusedError
from rspharness.lpa.isdr_channel import IsdrChannel
from rspharness.lpa.local_management import authenticate_error_text

__all__ = ["NewerEs9Client", "authenticated_by_card", "device_of_version_3"]


class NewerEs9Client(Es9Client):
    """Calls the functions of ES9+ that version 3 added; errors are those of `Es9Client`."""

    def rpm_package(self, request: AuthenticateClientRequest) -> AuthenticateClientRpmResponse:
        """Sends what the card signed and returns the RPM package that waits for it."""
        return self._call(request, request.PATH, AuthenticateClientRpmResponse)

    def device_change(
        self, request: AuthenticateClientRequest
    ) -> AuthenticateClientChangeResponse | AuthenticateClientDelayedResponse:
        """Sends what the card signed; returns the offer of a Device Change, or that it is late."""
        answer = self._call(request, request.PATH, _EitherResponse)
        return answer.read

    def confirm_device_change(
        self, request: ConfirmDeviceChangeRequest
    ) -> ConfirmDeviceChangeResponse:
        """Sends what the card prepared and returns what is for the next device."""
        return self._call(request, request.PATH, ConfirmDeviceChangeResponse)

    def check_progress(self, dc_session_id: bytes) -> int | None:
        """Returns the minutes until to ask again, None when the server is ready."""
        request = CheckProgressRequest(dc_session_id=dc_session_id)
        return self._call(request, request.PATH, CheckProgressResponse).retry_delay


class _EitherResponse(Response):
    """One of two answers; their members say which."""

    read: AuthenticateClientChangeResponse | AuthenticateClientDelayedResponse

    @classmethod
    def from_json(cls, value: object) -> "_EitherResponse":
        """Reads the one that it is."""
        made = cls()
        late = isinstance(value, dict) and "smdpSigned6" in value
        kind = AuthenticateClientDelayedResponse if late else AuthenticateClientChangeResponse
        object.__setattr__(made, "read", kind.from_json(value))
        return made


def device_of_version_3(initiated: Initiated, device: DeviceInfo) -> v3.DeviceInfo:
    """Returns what is said of the device in ctxParams1, as far as the card takes it."""
    return v3.DeviceInfo.decode(device_for(initiated.info1, device).encode())


def authenticated_by_card(
    card: IsdrChannel, es9: Es9Client, initiated: Initiated, context: Structure
) -> AuthenticateClientRequest:
    """Has the card check the server; returns the request with what it signed.

    Before, the address that the server signed and the owner of its certificates are compared. An
    error of the card is sent to the server, which ends its session with it, and then raised.

    Args:
        card: The channel.
        es9: The server.
        initiated: The step before.
        context: ctxParams1.

    Raises:
        DownloadStoppedError: the server signed another address, or is another than its TLS
            certificate says.
        CardRefusedError: the card refused; the code is the AuthenticateErrorCode.
        RemoteError: the card refused with a status word.
        ServerUnreachableError: no answer came.
    """
    answer = initiated.answer
    check_server_address(es9.address, initiated.server_signed1.server_address)
    check_same_server(es9.tls_certificate, answer.server_certificate)
    octets = tlv.encode(
        Tag.AuthenticateServer,
        answer.server_signed1,
        answer.server_signature1,
        answer.euicc_ci_pkid_to_be_used,
        answer.server_certificate,
        context.encode(),
        *chain_and_crls(initiated),
    )
    data = card.exchange("ES10b.AuthenticateServer", octets)
    try:
        response = AuthenticateServerResponse.decode(data)
    except DecodeError as error:
        raise CardRefusedError(
            f"ES10b.AuthenticateServer: an answer that is none: {error}"
        ) from error
    request = AuthenticateClientRequest(
        transaction_id=initiated.transaction_id, authenticate_server_response=bytes(data)
    )
    refused = response.authenticate_response_error
    if refused is None:
        return request
    with suppress(ServerRefusedError):  # expected: the server ends its session
        es9.authenticate_client(request)
    text = authenticate_error_text(refused.authenticate_error_code)
    raise CardRefusedError(f"ES10b.AuthenticateServer: the card answered {text}", code=text)
