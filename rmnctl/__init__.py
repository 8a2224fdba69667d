"""rmnctl plans retail media and measures what planning with clean-room data alone costs."""

__version__ = "0.1.0"
