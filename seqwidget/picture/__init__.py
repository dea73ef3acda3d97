"""A `Stack` as something to look at, without a browser: pure functions of frozen records."""
