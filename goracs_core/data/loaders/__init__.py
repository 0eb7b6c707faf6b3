"""Formats in: one module per format, all of them behind `registry.load_source`."""
