"""Ingest: finds the newest snapshot, lands its files as rows of text, reads typed tables from them."""

from transforms.ingest.land import Landed, land
from transforms.ingest.read import read_batch
from transforms.ingest.snapshot import Snapshot, find_snapshot

__all__ = ["Landed", "Snapshot", "find_snapshot", "land", "read_batch"]
