"""Facts about a model at one moment: frozen records and pure functions. Knows Keras, and no widget."""
