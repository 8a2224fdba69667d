"""`python -m rmnctl`."""

from rmnctl.cli import main

main()
