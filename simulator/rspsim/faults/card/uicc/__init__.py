"""Faults of the UICC: files, access, PINs, authentication, toolkit, management over the air."""
