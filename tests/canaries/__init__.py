"""Invented people with a word of their own in every identifier, looked for in all that a broker leaves behind."""
