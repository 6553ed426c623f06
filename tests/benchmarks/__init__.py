"""Figures, not tests: ratios of medians measured in one run, so that the machine's speed cancels out."""
