"""Rows in, rows out: ingest, normalise, consolidate, publish, status."""
