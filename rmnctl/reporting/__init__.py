"""Showing results: HTML, charts and text. Nothing is computed here."""
