"""The software eUICC: it takes and returns octets, and has no input or output of its own.

`card` commits and answers, `channels` finds the handler, `isdr` the function; `es10a`, `es10b`,
`es10c` and `es8p` hold one module per function or command, `uicc` holds the files and commands of
an enabled Profile. Handlers are pure: they take a `View` and return an `Outcome`. Everything a
faulty card could do otherwise is a `Decision` beside the code that takes it; `faults` swaps them.
"""
