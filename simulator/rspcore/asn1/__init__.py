"""ASN.1 modules as text, and their parsed form in JSON (package data; `rspcore.schema` reads them).

    rsp_v2   messages of SGP.22 v2
    rsp_v3   messages of SGP.22 v3.1: what is new or changed since v2
    pe_v3    profile elements, versions 2.1 to 3.4

The text is the source. After a change of `NAME.asn` run, from the root of the sources,

    python -m rspcore.asn1 NAME > simulator/rspcore/asn1/NAME.json

A test compares the two.
"""
