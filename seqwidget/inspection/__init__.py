"""`inspect`: all facts about a model, as one `Stack`."""
