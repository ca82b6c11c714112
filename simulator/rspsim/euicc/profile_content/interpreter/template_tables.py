"""The files of the profile templates, one line a file (TCA eUICC Profile Package, annex A).

A line has: component name in the ASN.1 module, file identifier, type, size, default access rule,
short file identifier, default content. Types: DF and ADF, TR transparent, LF linear fixed, CY
cyclic, BT BER-TLV. Sizes: octets, or records x record length; * is given by the Profile. a10 names
record 10 of the default access rules; s1E is short file identifier 1E. Content: FF..FF fills,
07FF..FF is 07 and then FF to the end, (..)* repeats, ! must come from the Profile. H marks high
update activity. `templates` reads the lines.
"""

__all__ = [
    "CD",
    "CSIM",
    "DF_5GPROSE",
    "DF_5GS",
    "DF_5GS_3",
    "DF_SAIP",
    "DF_SNPN",
    "EAP",
    "GSM_ACCESS",
    "ISIM",
    "MF",
    "OPT_CSIM",
    "OPT_ISIM",
    "OPT_ISIM_3",
    "OPT_USIM",
    "OPT_USIM_3",
    "PHONEBOOK",
    "TELECOM",
    "TELECOM_3",
    "USIM",
]

MF = """\
mf 3F00 MF a14
ef-pl 2F05 TR 2 a1 s05 FF..FF
ef-iccid 2FE2 TR 10 a11 s02 !
ef-dir 2F00 LF *x* a10 s1E !
ef-arr 2F06 LF *x* a10 !
ef-umpc 2F08 TR 5 a10 s08
"""

CD = """\
df-cd 7F11 DF a14
ef-launchpad 6F01 TR * a2 !
ef-icon 6F40 TR * a2 !
"""

TELECOM = """\
df-telecom 7F10 DF a14
ef-arr 6F06 LF *x* a10 !
ef-rma 6F53 LF *x* a3 !
ef-sume 6F54 TR 22 a3 !
ef-ice-dn 6FE0 LF 50x24 a9 FF..FF
ef-ice-ff 6FE1 LF *x* a9 FF..FF
ef-psismsc 6FE5 LF *x* a5 !
df-graphics 5F50 DF a14
ef-img 4F20 LF *x* a2 00FF..FF
ef-iidf 4F40 TR * a2 FF..FF
ef-ice-graphics 4F21 BT * a9
ef-launch-scws 4F01 TR * a10 !
ef-icon 4F80 TR * a10 !
df-phonebook 5F3A DF a14
ef-pbr 4F30 LF *x* a2 !
ef-ext1 4F38 LF *x13 a5 00FF..FF
ef-aas 4F40 LF *x* a5 FF..FF
ef-gas 4F48 LF *x* a5 FF..FF
ef-psc 4F22 TR 4 a5 00..00
ef-cc 4F23 TR 2 a5 0000 H
ef-puid 4F24 TR 2 a5 0000 H
ef-iap 4F50 LF *x* a5 FF..FF
ef-adn 4F58 LF *x* a5 FF..FF
ef-pbc 4F60 LF *x2 a5 00..00
ef-anr 4F68 LF *x* a5 FF..FF
ef-puri 4F70 LF *x* a5 !
ef-email 4F78 LF *x* a5 FF..FF
ef-sne 4F80 LF *x* a5 FF..FF
ef-uid 4F88 LF *x2 a5 0000
ef-grp 4F90 LF *x* a5 00..00
ef-ccp1 4F98 LF *x* a5 FF..FF
df-multimedia 5F3B DF a14
ef-mml 4F47 BT * a5
ef-mmdf 4F48 BT * a5
df-mmss 5F3C DF a14
ef-mlpl 4F20 TR * a2 s01 !
ef-mspl 4F21 TR * a2 s02 !
ef-mmssmode 4F22 TR 1 a2 s03 !
"""

TELECOM_3 = """\
df-mcs 5F3D DF a14
ef-mst 4F01 TR * a2 s01
ef-mcs-config 4F02 BT * a2 s02
df-v2x 5F3E DF a14
ef-vst 4F01 TR * a2 s01
ef-v2x-config 4F02 BT * a2 s02
ef-v2xp-pc5 4F03 TR * a2
ef-v2xp-Uu 4F04 TR * a2
"""

PHONEBOOK = """\
df-phonebook 5F3A DF a14
ef-pbr 4F30 LF *x* a2 !
ef-ext1 4F38 LF *x13 a5 00FF..FF
ef-aas 4F40 LF *x* a5 FF..FF
ef-gas 4F48 LF *x* a5 FF..FF
ef-psc 4F22 TR 4 a5 00..00
ef-cc 4F23 TR 2 a5 0000 H
ef-puid 4F24 TR 2 a5 0000 H
ef-iap 4F50 LF *x* a5 FF..FF
ef-adn 4F58 LF *x* a5 FF..FF
ef-pbc 4F60 LF *x2 a5 00..00
ef-anr 4F68 LF *x* a5 FF..FF
ef-puri 4F70 LF *x* a5 !
ef-email 4F78 LF *x* a5 FF..FF
ef-sne 4F80 LF *x* a5 FF..FF
ef-uid 4F88 LF *x2 a5 0000
ef-grp 4F90 LF *x* a5 00..00
ef-ccp1 4F98 LF *x* a5 FF..FF
"""

USIM = """\
adf-usim ADF ADF a14
ef-imsi 6F07 TR 9 a2 s07 !
ef-arr 6F06 LF *x* a10 s17 !
ef-keys 6F08 TR 33 a5 s08 07FF..FF H
ef-keysPS 6F09 TR 33 a5 s09 07FF..FF H
ef-hpplmn 6F31 TR 1 a2 s12 0A
ef-ust 6F38 TR 14 a2 s04 !
ef-fdn 6F3B LF 20x26 a8 FF..FF
ef-sms 6F3C LF 10x176 a5 00FF..FF
ef-smsp 6F42 LF 1x38 a5 FF..FF
ef-smss 6F43 TR 2 a5 FFFF
ef-spn 6F46 TR 17 a10 !
ef-est 6F56 TR 1 a8 s05 !
ef-start-hfn 6F5B TR 6 a5 s0F F00000F00000 H
ef-threshold 6F5C TR 3 a2 s10 FFFFFF
ef-psloci 6F73 TR 14 a5 s0C FFFFFFFFFFFFFFFFFFFF0000FF01 H
ef-acc 6F78 TR 2 a2 s06 !
ef-fplmn 6F7B TR 12 a5 s0D FF..FF
ef-loci 6F7E TR 11 a5 s0B FFFFFFFFFFFFFF0000FF01 H
ef-ad 6FAD TR 4 a10 s03 00000002
ef-ecc 6FB7 LF 1x4 a10 s01 !
ef-netpar 6FC4 TR 128 a5 FF..FF H
ef-epsloci 6FE3 TR 18 a5 s1E FFFFFFFFFFFFFFFFFFFFFFFFFFFFFF000001 H
ef-epsnsc 6FE4 LF 1x80 a5 s18 FF..FF H
"""

OPT_USIM = """\
ef-li 6F05 TR 6 a1 s02 FF..FF
ef-acmax 6F37 TR 3 a5 000000
ef-acm 6F39 CY 1x3 a7 000000 H
ef-gid1 6F3E TR 8 a2 !
ef-gid2 6F3F TR 8 a2 !
ef-msisdn 6F40 LF 1x24 a2 FF..FF
ef-puct 6F41 TR 5 a5 FFFFFF0000
ef-cbmi 6F45 TR 10 a5 FF..FF
ef-cbmid 6F48 TR 10 a2 s0E FF..FF
ef-sdn 6F49 LF 10x24 a2 FF..FF
ef-ext2 6F4B LF 10x13 a8 00FF..FF
ef-ext3 6F4C LF 10x13 a2 00FF..FF
ef-cbmir 6F50 TR 20 a5 FF..FF
ef-plmnwact 6F60 TR 40 a5 s0A (FFFFFF0000)*
ef-oplmnwact 6F61 TR 40 a2 s11 (FFFFFF0000)*
ef-hplmnwact 6F62 TR 5 a2 s13 (FFFFFF0000)*
ef-dck 6F2C TR 16 a5 FF..FF
ef-cnl 6F32 TR 30 a2 FF..FF
ef-smsr 6F47 LF 10x30 a5 00FF..FF
ef-bdn 6F4D LF 10x25 a8 FF..FF
ef-ext5 6F4E LF 10x13 a5 00FF..FF
ef-ccp2 6F4F LF 5x15 a5 s16 FF..FF
ef-ext4 6F55 LF 10x13 a8 00FF..FF
ef-acl 6F57 TR 101 a8 00FF..FF
ef-cmi 6F58 LF 10x11 a2 FF..FF
ef-ici 6F80 CY 20x38 a5 s14 FF..FF0000000001FFFF H
ef-oci 6F81 CY 20x37 a5 s15 FF..FF00000001FFFF H
ef-ict 6F82 CY 1x3 a7 000000 H
ef-oct 6F83 CY 1x3 a7 000000 H
ef-vgcs 6FB1 TR 20 a2 !
ef-vgcss 6FB2 TR 7 a5 !
ef-vbs 6FB3 TR 20 a2 !
ef-vbss 6FB4 TR 7 a5 !
ef-emlpp 6FB5 TR 2 a2 !
ef-aaem 6FB6 TR 1 a5 00
ef-hiddenkey 6FC3 TR 4 a5 FF..FF
ef-pnn 6FC5 LF 10x16 a10 s19 !
ef-opl 6FC6 LF 5x8 a10 s1A !
ef-mbdn 6FC7 LF 3x24 a5 !
ef-ext6 6FC8 LF 10x13 a5 00FF..FF
ef-mbi 6FC9 LF 10x5 a5 !
ef-mwis 6FCA LF 10x6 a5 00..00 H
ef-cfis 6FCB LF 10x16 a5 0100FF..FF
ef-ext7 6FCC LF 10x13 a5 00FF..FF
ef-spdi 6FCD TR 17 a2 s1B !
ef-mmsn 6FCE LF 10x6 a5 000000FF..FF
ef-ext8 6FCF LF 10x13 a5 00FF..FF
ef-mmsicp 6FD0 TR 100 a2 FF..FF
ef-mmsup 6FD1 LF *x* a5 FF..FF
ef-mmsucp 6FD2 TR 100 a5 FF..FF
ef-nia 6FD3 LF 5x11 a2 FF..FF
ef-vgcsca 6FD4 TR * a2 00..00
ef-vbsca 6FD5 TR * a2 00..00
ef-gbabp 6FD6 TR * a5 FF..FF
ef-msk 6FD7 LF *x* a2 FF..FF H
ef-muk 6FD8 LF *x* a2 FF..FF
ef-ehplmn 6FD9 TR 15 a2 s1D FF..FF
ef-gbanl 6FDA LF *x* a2 FF..FF
ef-ehplmnpi 6FDB TR 1 a2 00
ef-lrplmnsi 6FDC TR 1 a2 00
ef-nafkca 6FDD LF *x* a2 FF..FF
ef-spni 6FDE TR * a10 00FF..FF
ef-pnni 6FDF LF *x* a10 00FF..FF
ef-ncp-ip 6FE2 LF *x* a2 !
ef-ufc 6FE6 TR 30 a10 801E60C01E900080040000000000000000F000000000000000000000000000
ef-nasconfig 6FE8 TR 18 a2 !
ef-uicciari 6FE7 LF *x* a2 !
ef-pws 6FEC TR * a10 !
ef-fdnuri 6FED LF *x* a8 FF..FF
ef-bdnuri 6FEE LF *x* a8 FF..FF
ef-sdnuri 6FEF LF *x* a2 FF..FF
ef-ial 6FF0 LF *x* a3 FF..FF
ef-ips 6FF1 CY *x4 a10 FF..FF H
ef-ipd 6FF2 LF *x* a3 FF..FF H
"""

OPT_USIM_3 = """\
ef-epdgid 6FF3 TR * a2 !
ef-epdgselection 6FF4 TR * a2 !
ef-epdgidem 6FF5 TR * a2 !
ef-epdgselectionem 6FF6 TR * a2 !
ef-frompreferred 6FF7 TR 1 a2 00
ef-imsconfigdata 6FF8 BT * a2 !
ef-3gpppsdataoff 6FF9 TR 4 a2 !
ef-3gpppsdataoffservicelist 6FFA LF *x* a2 !
ef-xcapconfigdata 6FFC BT * a2 !
ef-earfcnlist 6FFD TR * a10 !
ef-mudmidconfigdata 6FFE BT * a2 !
"""

GSM_ACCESS = """\
df-gsm-access 5F3B DF a14
ef-kc 4F20 TR 9 a5 s01 FF..FF07 H
ef-kcgprs 4F52 TR 9 a5 s02 FF..FF07 H
ef-cpbcch 4F63 TR 10 a5 FF..FF H
ef-invscan 4F64 TR 1 a2 00
"""

ISIM = """\
adf-isim ADF ADF a14
ef-impi 6F02 TR * a2 s02 !
ef-impu 6F04 LF 1x* a2 s04 !
ef-domain 6F03 TR * a2 s05 !
ef-ist 6F07 TR 14 a2 s07 !
ef-ad 6FAD TR 3 a10 s03 000000
ef-arr 6F06 LF *x* a10 s06 !
"""

OPT_ISIM = """\
ef-pcscf 6F09 LF 1x* a2 !
ef-sms 6F3C LF 10x176 a5 00FF..FF
ef-smsp 6F42 LF 1x38 a5 FF..FF
ef-smss 6F43 TR 2 a5 FFFF
ef-smsr 6F47 LF 10x30 a5 00FF..FF
ef-gbabp 6FD5 TR * a5 FF..FF
ef-gbanl 6FD7 LF *x* a2 FF..FF
ef-nafkca 6FDD LF *x* a2 FF..FF
ef-uicciari 6FE7 LF *x* a2 !
"""

OPT_ISIM_3 = """\
ef-frompreferred 6FF7 TR 1 a2 00
ef-imsconfigdata 6FF8 BT * a2 !
ef-xcapconfigdata 6FFC BT * a2 !
ef-webrtcuri 6FFA LF *x* a2 !
ef-mudmidconfigdata 6FFE BT * a2 !
"""

CSIM = """\
adf-csim ADF ADF a14
ef-arr 6F06 LF *x* a10 s17
ef-call-count 6F21 CY 10x2 a5
ef-imsi-m 6F22 TR 10 a2 s04
ef-imsi-t 6F23 TR 10 a2 s05
ef-tmsi 6F24 TR 16 a5 s06
ef-ah 6F25 TR 2 a2
ef-aop 6F26 TR 1 a2
ef-aloc 6F27 TR 7 a5
ef-cdmahome 6F28 LF *x5 a2 s0C
ef-znregi 6F29 LF *x8 a5
ef-snregi 6F2A TR 7 a5 s0D
ef-distregi 6F2B TR 8 a5
ef-accolc 6F2C TR 1 a2 s03
ef-term 6F2D TR 1 a2
ef-acp 6F2F TR 7 a2
ef-prl 6F30 TR * a2 s07
ef-ruimid 6F31 TR 8 a2
ef-csim-st 6F32 TR * a2 s02
ef-spc 6F33 TR 3 a3
ef-otapaspc 6F34 TR 1 a2
ef-namlock 6F35 TR 1 a2
ef-ota 6F36 TR 17 a2
ef-sp 6F37 TR 1 a2
ef-esn-meid-me 6F38 TR 8 a2
ef-li 6F3A TR * a1 s0A
ef-usgind 6F42 TR 1 a2
ef-ad 6F43 TR 3 a10 s01
ef-max-prl 6F45 TR 4 a2
ef-spcs 6F46 TR 1 a2
ef-mecrp 6F55 TR 3 a5
ef-home-tag 6F70 TR * a2
ef-group-tag 6F71 TR * a2
ef-specific-tag 6F72 TR * a2
ef-call-prompt 6F73 TR * a2
"""

OPT_CSIM = """\
ef-ssci 6F2E TR 1
ef-fdn 6F3B LF *x*
ef-sms 6F3C LF *x*
ef-smsp 6F3D LF *x*
ef-smss 6F3E TR *
ef-ssfc 6F3F TR *
ef-spn 6F41 TR 35 s08
ef-mdn 6F44 LF *x*
ef-ecc 6F47 TR * s09
ef-me3gpdopc 6F48 TR 1
ef-3gpdopm 6F49 TR 1
ef-sipcap 6F4A TR 4
ef-mipcap 6F4B TR 5
ef-sipupp 6F4C TR *
ef-mipupp 6F4D TR *
ef-sipsp 6F4E TR 1
ef-mipsp 6F4F TR *
ef-sippapss 6F50 TR *
ef-puzl 6F53 TR *
ef-maxpuzl 6F54 TR *
ef-hrpdcap 6F56 TR 3
ef-hrpdupp 6F57 TR *
ef-csspr 6F58 TR 1
ef-atc 6F59 TR 1
ef-eprl 6F5A TR * s0E
ef-bcsmscfg 6F5B TR *
ef-bcsmspref 6F5C TR *
ef-bcsmstable 6F5D LF *x*
ef-bcsmsp 6F5E LF *x*
ef-bakpara 6F63 LF *x*
ef-upbakpara 6F64 CY *x*
ef-mmsn 6F65 LF *x*
ef-ext8 6F66 LF *x*
ef-mmsicp 6F67 TR *
ef-mmsup 6F68 LF *x*
ef-mmsucp 6F69 TR *
ef-auth-capability 6F6A LF *x*
ef-3gcik 6F6B TR 32 s0B
ef-dck 6F6C TR *
ef-gid1 6F6D TR *
ef-gid2 6F6E TR *
ef-cdmacnl 6F6F TR *
ef-sf-euimid 6F74 TR 7
ef-est 6F75 TR * s0F
ef-hidden-key 6F76 TR *
ef-lcsver 6F77 TR *
ef-lcscp 6F78 TR *
ef-sdn 6F79 LF *x*
ef-ext2 6F7A LF *x*
ef-ext3 6F7B LF *x*
ef-ici 6F7C CY *x* s10
ef-oci 6F7D CY *x* s11
ef-ext5 6F7E LF *x*
ef-ccp2 6F7F LF *x* s12
ef-applabels 6F80 TR *
ef-model 6F81 TR 126
ef-rc 6F82 TR *
ef-smscap 6F83 TR *
ef-mipflags 6F84 TR *
ef-3gpduppext 6F85 TR *
ef-ipv6cap 6F86 TR *
ef-tcpconfig 6F87 TR *
ef-dgc 6F88 TR *
ef-wapbrowsercp 6F89 TR *
ef-wapbrowserbm 6F8A TR *
ef-mmsconfig 6F8B TR *
ef-jdl 6F8C TR *
"""

EAP = """\
df-eap ADF DF a14
ef-eapkeys 4F01 TR * a2 ! H
ef-eapstatus 4F02 TR 1 a2 00 H
ef-puid 4F03 TR * a2 !
ef-ps 4F04 TR * a5 FF..FF H
ef-curid 4F20 TR * a5 FF..FF H
ef-reid 4F21 TR * a5 !
ef-realm 4F22 TR * a5 !
"""

DF_5GS = """\
df-df-5gs 5FC0 DF a14
ef-5gs3gpploci 4F01 TR 20 a5 s01 FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000001 H
ef-5gsn3gpploci 4F02 TR 20 a5 s02 FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000001 H
ef-5gs3gppnsc 4F03 LF 1x57 a5 s03 FF..FF H
ef-5gsn3gppnsc 4F04 LF 1x57 a5 s04 FF..FF H
ef-5gauthkeys 4F05 TR 110 a5 s05 ! H
ef-uac-aic 4F06 TR 4 a2 s06 !
ef-suci-calc-info 4F07 TR * a2 s07 FF..FF
ef-opl5g 4F08 LF *x10 a10 s08 FF..FF
ef-supinai 4F09 TR * a2 s09 !
ef-routing-indicator 4F0A TR 4 a2 s0A F0FFFFFF
"""

DF_5GS_3 = """\
df-df-5gs 5FC0 DF a14
ef-5gs3gpploci 4F01 TR 20 a5 s01 FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000001 H
ef-5gsn3gpploci 4F02 TR 20 a5 s02 FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000001 H
ef-5gs3gppnsc 4F03 LF 2x62 a5 s03 FF..FF H
ef-5gsn3gppnsc 4F04 LF 2x62 a5 s04 FF..FF H
ef-5gauthkeys 4F05 TR 110 a5 s05 ! H
ef-uac-aic 4F06 TR 4 a2 s06 !
ef-suci-calc-info 4F07 TR * a2 s07 FF..FF
ef-opl5g 4F08 LF *x10 a10 s08 FF..FF
ef-supinai 4F09 TR * a2 s09 !
ef-routing-indicator 4F0A TR 4 a2 s0A F0FF0000
ef-ursp 4F0B BT * a2
ef-tn3gppsnn 4F0C TR 1 a2 s0C 00
ef-cag 4F0D TR 2 a2 s0D !
ef-sor-cmci 4F0E TR * a2 s0E !
ef-dri 4F0F TR 7 a2 s0F !
ef-5gsedrx 4F10 TR 2 a2 s10 !
ef-5gnswo-conf 4F11 TR 1 a2 s11 !
ef-mchpplmn 4F15 TR 1 a2 s15 !
ef-kausf-derivation 4F16 TR 1 a2 s16 !
"""

DF_SAIP = """\
df-df-saip 5FD0 DF a14
ef-suci-calc-info-usim 4F01 TR * a3 FF..FF
"""

DF_SNPN = """\
df-df-snpn 5FE0 DF a14
ef-pws-snpn 4F01 TR 1 a10 !
"""

DF_5GPROSE = """\
df-df-5g-prose 5FF0 DF a14
ef-5g-prose-st 4F01 TR 1 a2 s01 !
ef-5g-prose-dd 4F02 TR 26 a2 s02 !
ef-5g-prose-dc 4F03 TR 12 a2 s03 !
ef-5g-prose-u2nru 4F04 TR 32 a2 s04 !
ef-5g-prose-ru 4F05 TR 29 a2 s05 !
ef-5g-prose-uir 4F06 TR 32 a2 s06 !
"""
