"""ISD-R select data, LpaeActivation and EUICCResponse against the octets of the digest."""

from rspcore.ids import Version
from rspcore.messages.euicc_response import EuiccResponse, PeStatus, PeStatusCode
from rspcore.messages.isdr import (
    IsdrProprietaryApplicationTemplate,
    LpaeActivationRequest,
    LpaeActivationResponse,
    LpaeActivationResult,
    LpaeSupport,
)


def test_select_data_with_an_lpae_is_the_published_one():
    template = IsdrProprietaryApplicationTemplate(
        svn=Version.from_text("2.3.0"), lpae_support=frozenset({LpaeSupport.lpaeUsingCat})
    )
    assert template.encode().hex() == "e0098203020300" + "03020780"
    assert IsdrProprietaryApplicationTemplate.decode(template.encode()) == template


def test_lpae_activation_is_read_and_answered():
    request = LpaeActivationRequest.decode(bytes.fromhex("BF420480020640"))
    assert request.lpae_option == {LpaeSupport.lpaeUsingScws}
    result = LpaeActivationResponse(lpae_activation_result=LpaeActivationResult.notSupported)
    assert result.encode().hex() == "bf4203800101"


def test_plain_success_of_a_package_is_seven_octets():
    good = EuiccResponse(pe_status=(PeStatus(status=PeStatusCode.ok),))
    assert good.encode().hex() == "3007a0053003800100"


def test_aborted_installation_names_element_and_offset():
    octets = bytes.fromhex("3014" + "A00B" + "3009800105810107830109" + "8100" + "82036E6F21")
    response = EuiccResponse.decode(octets)
    (status,) = response.pe_status
    assert (status.status, status.identification_number, status.offset) == (5, 7, 9)
    assert (response.profile_installation_aborted, response.status_message) == (True, "no!")
    assert (
        EuiccResponse(
            **{
                name: getattr(response, name)
                for name in ("pe_status", "profile_installation_aborted", "status_message")
            }
        ).encode()
        == octets
    )
