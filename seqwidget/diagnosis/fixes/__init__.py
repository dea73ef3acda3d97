"""Edits worth trying, one module for each kind of mistake."""
