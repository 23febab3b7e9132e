"""Disclosure control, one release folder, and one switch to it."""
