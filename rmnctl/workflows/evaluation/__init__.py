"""Parts of `rmnctl evaluate`: held-out rows, conditions, figures with intervals, recall."""
