"""Measurements: each prints what it measured, with the smallest, the median and the largest of its runs."""
