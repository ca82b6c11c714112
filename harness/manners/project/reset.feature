Feature: Cards
  Scenario: A card is reset
    Given a simulated card
    When it is reset
    Then it answers with an ATR
