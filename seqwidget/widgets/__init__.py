"""The widgets: they send traits to the page and answer its requests."""
