"""A `keras.Sequential` that sends events: edits as transactions, history, and watching a model."""
