"""A `keras.Sequential` that notifies its observers: edits, history, and the session of each model."""
