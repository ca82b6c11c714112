"""Typed messages of ES6, ES8+, ES9+ and ES10, one module per interface."""
