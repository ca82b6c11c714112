"""Remote Profile Management: what the commands of an RPM package do on the card (SGP.22 v3.1)."""
