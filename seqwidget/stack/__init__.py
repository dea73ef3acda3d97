"""Facts about a model: pure functions and frozen records. Knows Keras, and no widget."""
