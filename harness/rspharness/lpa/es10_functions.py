"""The ES10 functions as pairs of request and response types, so that `send` is precisely typed.

One row per function: which response answers which request, and the name the specification gives
the function. The overloads of `Sender` repeat the rows for the type checker; a test compares
the two. Nothing here depends on how octets are transmitted.
"""

import abc
from typing import overload

from rspcore.errors import DecodeError, LocalError
from rspcore.frozen import dataclass
from rspcore.messages import es10a, es10b, es10c
from rspcore.messages.codec import Structure
from rspcore.messages.euicc_info import EuiccInfo1, EuiccInfo2
from rspcore.messages.isdr import LpaeActivationRequest, LpaeActivationResponse
from rspcore.messages.v3 import event_lists
from rspcore.messages.v3.device_change import (
    PrepareDeviceChangeRequest,
    PrepareDeviceChangeResponse,
    VerifyDeviceChangeRequest,
    VerifyDeviceChangeResponse,
    VerifyProfileRecoveryRequest,
    VerifyProfileRecoveryResponse,
    VerifySmdpResponseRequest,
    VerifySmdpResponseResponse,
)
from rspcore.messages.v3.rpm_package import LoadRpmPackageRequest, LoadRpmPackageResult

__all__ = ["FUNCTIONS", "Function", "Sender", "function_of"]


@dataclass(frozen=True, slots=True)
class Function:
    """One ES10 function: its name, its request and its response.

    Attributes:
        name: Interface and function as the specification writes them, "ES10c.GetEID".
        request: Type of the request.
        response: Type of the response.
    """

    name: str
    request: type[Structure]
    response: type[Structure]


FUNCTIONS: tuple[Function, ...] = (
    Function(
        "ES10a.GetEuiccConfiguredAddresses",
        es10a.EuiccConfiguredAddressesRequest,
        es10a.EuiccConfiguredAddressesResponse,
    ),
    Function(
        "ES10a.SetDefaultDpAddress",
        es10a.SetDefaultDpAddressRequest,
        es10a.SetDefaultDpAddressResponse,
    ),
    Function(
        "ES10b.GetEUICCChallenge",
        es10b.GetEuiccChallengeRequest,
        es10b.GetEuiccChallengeResponse,
    ),
    Function("ES10b.GetEUICCInfo (EUICCInfo1)", es10b.GetEuiccInfo1Request, EuiccInfo1),
    Function("ES10b.GetEUICCInfo (EUICCInfo2)", es10b.GetEuiccInfo2Request, EuiccInfo2),
    Function(
        "ES10b.AuthenticateServer",
        es10b.AuthenticateServerRequest,
        es10b.AuthenticateServerResponse,
    ),
    Function("ES10b.PrepareDownload", es10b.PrepareDownloadRequest, es10b.PrepareDownloadResponse),
    Function("ES10b.CancelSession", es10b.CancelSessionRequest, es10b.CancelSessionResponse),
    Function(
        "ES10b.ListNotification", es10b.ListNotificationRequest, es10b.ListNotificationResponse
    ),
    Function(
        "ES10b.RetrieveNotificationsList",
        es10b.RetrieveNotificationsListRequest,
        es10b.RetrieveNotificationsListResponse,
    ),
    Function(
        "ES10b.RemoveNotificationFromList",
        es10b.NotificationSentRequest,
        es10b.NotificationSentResponse,
    ),
    Function("ES10b.LoadCRL", es10b.LoadCrlRequest, es10b.LoadCrlResponse),
    Function("ES10b.LoadRpmPackage", LoadRpmPackageRequest, LoadRpmPackageResult),
    Function("ES10b.PrepareDeviceChange", PrepareDeviceChangeRequest, PrepareDeviceChangeResponse),
    Function("ES10b.VerifyDeviceChange", VerifyDeviceChangeRequest, VerifyDeviceChangeResponse),
    Function("ES10b.VerifySmdpResponse", VerifySmdpResponseRequest, VerifySmdpResponseResponse),
    Function(
        "ES10b.VerifyProfileRecovery", VerifyProfileRecoveryRequest, VerifyProfileRecoveryResponse
    ),
    Function(
        "ES10b.VerifySmdsResponse",
        event_lists.VerifySmdsResponseRequest,
        event_lists.VerifySmdsResponseResponse,
    ),
    Function("ES10b.GetRAT", es10b.GetRatRequest, es10b.GetRatResponse),
    Function("ES10c.GetProfilesInfo", es10c.ProfileInfoListRequest, es10c.ProfileInfoListResponse),
    Function("ES10c.EnableProfile", es10c.EnableProfileRequest, es10c.EnableProfileResponse),
    Function("ES10c.DisableProfile", es10c.DisableProfileRequest, es10c.DisableProfileResponse),
    Function("ES10c.DeleteProfile", es10c.DeleteProfileRequest, es10c.DeleteProfileResponse),
    Function(
        "ES10c.eUICCMemoryReset", es10c.EuiccMemoryResetRequest, es10c.EuiccMemoryResetResponse
    ),
    Function("ES10c.GetEID", es10c.GetEuiccDataRequest, es10c.GetEuiccDataResponse),
    Function("ES10c.SetNickname", es10c.SetNicknameRequest, es10c.SetNicknameResponse),
    Function("ISD-R LpaeActivation", LpaeActivationRequest, LpaeActivationResponse),
)
"""Every function of the ISD-R that takes one request and gives one response."""

_BY_REQUEST = {function.request: function for function in FUNCTIONS}


def function_of(request: Structure) -> Function:
    """Returns the function a request belongs to.

    Raises:
        LocalError: the type is not a request of ES10; segments of a BPP go through `send_raw`.
    """
    function = _BY_REQUEST.get(type(request))
    if function is None:
        raise LocalError(
            f"{type(request).__name__} is no ES10 request; expected one of "
            f"{', '.join(sorted(kind.__name__ for kind in _BY_REQUEST))}"
        )
    return function


class Sender(abc.ABC):
    """Sends typed requests; the type of the response follows from the type of the request."""

    @abc.abstractmethod
    def exchange(self, name: str, octets: bytes) -> bytes:
        """Sends one command TLV and returns the response TLV.

        Raises:
            RemoteError: the card refused; the code is the status word.
        """

    @overload
    def send(
        self, request: es10a.EuiccConfiguredAddressesRequest
    ) -> es10a.EuiccConfiguredAddressesResponse: ...
    @overload
    def send(
        self, request: es10a.SetDefaultDpAddressRequest
    ) -> es10a.SetDefaultDpAddressResponse: ...
    @overload
    def send(self, request: es10b.GetEuiccChallengeRequest) -> es10b.GetEuiccChallengeResponse: ...
    @overload
    def send(self, request: es10b.GetEuiccInfo1Request) -> EuiccInfo1: ...
    @overload
    def send(self, request: es10b.GetEuiccInfo2Request) -> EuiccInfo2: ...
    @overload
    def send(
        self, request: es10b.AuthenticateServerRequest
    ) -> es10b.AuthenticateServerResponse: ...
    @overload
    def send(self, request: es10b.PrepareDownloadRequest) -> es10b.PrepareDownloadResponse: ...
    @overload
    def send(self, request: es10b.CancelSessionRequest) -> es10b.CancelSessionResponse: ...
    @overload
    def send(self, request: es10b.ListNotificationRequest) -> es10b.ListNotificationResponse: ...
    @overload
    def send(
        self, request: es10b.RetrieveNotificationsListRequest
    ) -> es10b.RetrieveNotificationsListResponse: ...
    @overload
    def send(self, request: es10b.NotificationSentRequest) -> es10b.NotificationSentResponse: ...
    @overload
    def send(self, request: es10b.LoadCrlRequest) -> es10b.LoadCrlResponse: ...
    @overload
    def send(self, request: LoadRpmPackageRequest) -> LoadRpmPackageResult: ...
    @overload
    def send(self, request: PrepareDeviceChangeRequest) -> PrepareDeviceChangeResponse: ...
    @overload
    def send(self, request: VerifyDeviceChangeRequest) -> VerifyDeviceChangeResponse: ...
    @overload
    def send(self, request: VerifySmdpResponseRequest) -> VerifySmdpResponseResponse: ...
    @overload
    def send(self, request: VerifyProfileRecoveryRequest) -> VerifyProfileRecoveryResponse: ...
    @overload
    def send(
        self, request: event_lists.VerifySmdsResponseRequest
    ) -> event_lists.VerifySmdsResponseResponse: ...
    @overload
    def send(self, request: es10b.GetRatRequest) -> es10b.GetRatResponse: ...
    @overload
    def send(self, request: es10c.ProfileInfoListRequest) -> es10c.ProfileInfoListResponse: ...
    @overload
    def send(self, request: es10c.EnableProfileRequest) -> es10c.EnableProfileResponse: ...
    @overload
    def send(self, request: es10c.DisableProfileRequest) -> es10c.DisableProfileResponse: ...
    @overload
    def send(self, request: es10c.DeleteProfileRequest) -> es10c.DeleteProfileResponse: ...
    @overload
    def send(self, request: es10c.EuiccMemoryResetRequest) -> es10c.EuiccMemoryResetResponse: ...
    @overload
    def send(self, request: es10c.GetEuiccDataRequest) -> es10c.GetEuiccDataResponse: ...
    @overload
    def send(self, request: es10c.SetNicknameRequest) -> es10c.SetNicknameResponse: ...
    @overload
    def send(self, request: LpaeActivationRequest) -> LpaeActivationResponse: ...
    def send(self, request: Structure) -> Structure:
        """Sends a request and reads the response that belongs to it.

        An error branch of the response is an answer and is returned, not raised.

        Raises:
            LocalError: request is no ES10 request; nothing was sent.
            RemoteError: the card refused with a status word, which is the code.
            DecodeError: the card answered octets that are not that response.
        """
        function = function_of(request)
        data = self.exchange(function.name, request.encode())
        try:
            return function.response.decode(data)
        except DecodeError as error:
            raise DecodeError(
                f"{function.name}: the response cannot be read: {error}",
                offset=error.offset,
                tag=error.tag,
            ) from error
