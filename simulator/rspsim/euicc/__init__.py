"""The software eUICC: octets in, octets out, a value machine without input or output of its own.

`card` commits and answers, `channels` finds the handler, `isdr` the function; `es10a`, `es10b`,
`es10c` and `es8p` hold one module per function or command, `uicc` the card an enabled Profile is.
Handlers are pure: a `View` in, an `Outcome` out. Whatever a faulty card could do otherwise is a
`Decision` beside the code that takes it; `faults` swaps them.
"""
