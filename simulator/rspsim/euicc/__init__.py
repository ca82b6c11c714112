"""The software eUICC: it takes and returns octets, and has no input or output of its own.

`card` commits and answers; `channels` finds the handler of a command. The folders:

    isdr             ISD-R; `es10a`, `es10b` and `es10c` have one module per function
    load             load of a BoundProfilePackage; `es8p` has one module per command
    es6              what an operator changes in its own Profile over the air
    security         keys, certificates, policy rules and revocation lists of the card
    profile_content  elements of a profile package, interpreted into files, PINs, keys and domains
    uicc             files and commands of the enabled Profile, SCP80 and SCP03

Handlers are pure: they take a `View` and return an `Outcome`. Everything a faulty card can do
otherwise is a `Decision` beside the code that uses it; `rspsim.faults.card` replaces its value.
"""
