"""The authentication algorithms of a USIM: Milenage, TUAK and the XOR test algorithm.

Each module defines an `AkaAlgorithm`; the card decides what it does with SQN and which answer it
forms.
"""
