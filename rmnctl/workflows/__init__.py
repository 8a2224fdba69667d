"""One function a command, read from top to bottom."""
