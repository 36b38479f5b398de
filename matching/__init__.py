"""Are these two the same client? Probabilistic record linkage for many small lists, without labels."""
