"""The authentication algorithms of a USIM: Milenage, TUAK and the XOR test algorithm.

Each module gives an `AkaAlgorithm`; what a card does with SQN, and which answer it forms, is the
business of the card.
"""
