"""Messages of SGP.22 v3.1, where they differ from those of version 2, and those that are new.

A class with the name of one in `rspcore.messages` extends it by what version 3 adds, and takes its
place there; whatever is not here is the same in both versions.
"""
