"""ES6: what an operator changes in its own Profile over the air (SGP.22 v2, 5.4)."""
