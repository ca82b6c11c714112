"""The profile interpreter: profile elements in, `ProfileContent` out (SAIP 2.1 to 3.3)."""
