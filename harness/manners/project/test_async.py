"""A test of pytest-asyncio."""

import asyncio


async def test_card_can_be_used_in_a_coroutine(simulated_card, card):
    await asyncio.sleep(0)
    assert card == "own card"
    assert simulated_card().reset()
