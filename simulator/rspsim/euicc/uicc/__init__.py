"""The UICC: files and commands of the enabled Profile (ETSI TS 102 221, 3GPP TS 31.102)."""
