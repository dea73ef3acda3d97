"""Find out why a layer does not fit, with one rule for each kind of mistake.

A rule returns a `Finding` if its mistake is really present, and None otherwise.
"""
