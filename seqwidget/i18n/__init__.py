"""Messages, and the languages they can be translated to."""
