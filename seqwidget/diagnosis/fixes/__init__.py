"""Propose edits that may make a layer fit, one module for each kind of mistake."""
