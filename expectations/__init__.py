"""What the data must look like: contracts loaded once, and everything that is derived from them."""
