"""Render a `Stack` as text, HTML, SVG and PNG, with pure functions that need no browser."""
