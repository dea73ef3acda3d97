"""Freezing and unfreezing layers, changes that are pending during `fit`, and recompiling."""
