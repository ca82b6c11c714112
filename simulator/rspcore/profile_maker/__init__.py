"""Maker of the project's own test profiles: packages and metadata from a few parameters.

`maker` builds a package and its metadata, `files` the file system elements, `icons` the pictures,
`presets` defines the Profiles the test catalogue names. All functions are pure: the same parameters
give the same octets.
"""

from rspcore.profile_maker.icons import jpg_icon, png_icon
from rspcore.profile_maker.maker import TestProfile, make_profile
from rspcore.profile_maker.parameters import ProfileParameters
from rspcore.profile_maker.presets import PRESETS, draw_secrets, own_secret, preset

__all__ = [
    "PRESETS",
    "ProfileParameters",
    "TestProfile",
    "draw_secrets",
    "jpg_icon",
    "make_profile",
    "own_secret",
    "png_icon",
    "preset",
]
