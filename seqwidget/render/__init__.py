"""A `Stack` as text, HTML, SVG and PNG, without a browser: pure functions of frozen records."""
