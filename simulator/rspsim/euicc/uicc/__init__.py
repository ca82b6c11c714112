"""The UICC inside: what an enabled Profile makes of the card (ETSI TS 102 221, 3GPP TS 31.102)."""
