"""What hangs on the clients: old sync pairs, groups, relationships, jobs."""

import datetime as dt

import numpy as np
import polars as pl

from expectations.conform import conform
from transforms.sample.dice import Dice
from transforms.sample.noise import recased

_SYNC_END = dt.datetime(2023, 11, 1)  # the old client sync ended then


def client_sync(records: pl.DataFrame, practices: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Contract table `client_sync`: part of the true pairs; 3 % name another client, 2 % one that is gone."""
    dice = Dice(seed, "sync")
    first = pl.col("copy") == 0
    hq = records.filter(first & (pl.col("product") == "hq")).select(
        "entity", "practice", "practice_id", hq="source_id"
    )
    xpm = records.filter(first & (pl.col("product") == "xpm")).select("entity", xpm="source_id")
    # The neighbour in the order of clients is often of the same family: the likeliest wrong pair.
    pairs = hq.join(xpm, on="entity", maintain_order="left").sort("entity")
    pairs = pairs.with_columns(neighbour=pl.col("xpm").shift(1).over("practice"))
    pairs = pairs.join(practices.select("practice", "synced"), on="practice", maintain_order="left")
    n, u = pairs.height, pl.Series(dice.uniform(pairs.height))
    uuid = pl.when(u < 0.03).then(pl.coalesce("neighbour", "xpm")).when(u < 0.05).then(pl.lit(dice.uuids(n)))
    days = pl.duration(days=pl.lit(pl.Series(dice.integers(1, 900, n))))
    pairs = pairs.with_columns(
        xpm_client_uuid=uuid.otherwise("xpm"), linked_at=(pl.lit(_SYNC_END) - days).cast(pl.Datetime("us"))
    ).filter(pl.Series(dice.uniform(n)) < pl.col("synced"))
    return conform(
        pairs.select("practice_id", pl.col("hq").alias("hq_client_id"), "xpm_client_uuid", "linked_at"),
        "client_sync",
    )


def draw_groups(records: pl.DataFrame, product: str, seed: int) -> pl.DataFrame:
    """practice_id, id, name, members: most families of three or more clients, named alike on both sides."""
    dice = Dice(seed, f"groups {product}")
    clients = records.filter(pl.col("product") == product)
    frame = (
        clients.group_by("practice", "practice_id", "household", maintain_order=True)
        .agg(pl.col("family").first(), members=pl.col("source_id").sort())
        .filter(pl.col("members").list.len() >= 3)
        .sort("household")
    )
    n = frame.height
    share = {"hq": 0.6, "xpm": 0.85}[product]
    word = pl.when(pl.col("household") % 5 == 0).then(pl.lit(" Group")).otherwise(pl.lit(" Family"))
    frame = frame.with_columns(name=pl.col("family") + word, id=dice.uuids(n))
    frame = frame.with_columns(name=recased(dice, frame["name"], dice.chance(0.06, n)))
    return frame.filter(pl.Series(dice.chance(share, n))).select("practice_id", "id", "name", "members")


def hq_groups(groups: pl.DataFrame) -> pl.DataFrame:
    """Contract table `hq_groups`."""
    return conform(groups.rename({"id": "hq_group_id", "members": "hq_client_ids"}), "hq_groups")


def xpm_groups(groups: pl.DataFrame) -> pl.DataFrame:
    """Contract table `xpm_groups`."""
    taxable = pl.when(pl.col("Name").str.len_chars() % 3 == 0).then(pl.lit("Yes")).otherwise(pl.lit("No"))
    frame = groups.rename({"id": "UUID", "name": "Name", "members": "ClientUUIDs"})
    return conform(frame.with_columns(Taxable=taxable), "xpm_groups")


# Role of the one client, role of the other, type of the relationship, share of pairs that have it recorded.
_TIES = [
    ("head", "company", "Director", 0.8),
    ("spouse", "company", "Shareholder", 0.5),
    ("company", "trust", "Trustee", 0.4),
    ("trustee_company", "super_fund", "Trustee", 0.7),
    ("head", "trust", "Beneficiary", 0.5),
    ("head", "spouse", "Spouse", 0.6),
    ("head", "partnership", "Partner", 0.8),
    ("spouse", "partnership", "Partner", 0.8),
]


def xpm_relationships(records: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Contract table `xpm_relationships`: the ties inside a household whose both ends are in the list."""
    dice = Dice(seed, "relationships")
    clients = records.filter((pl.col("product") == "xpm") & (pl.col("copy") == 0)).select(
        "practice_id", "household", "role", "number", "source_id"
    )
    parts = []
    for one, other, kind, share in _TIES:
        left = clients.filter(pl.col("role") == one).select("practice_id", "household", "source_id")
        right = clients.filter(pl.col("role") == other).select("household", related="source_id")
        pairs = left.join(right, on="household", maintain_order="left_right").with_columns(Type=pl.lit(kind))
        parts.append(pairs.filter(pl.Series(dice.chance(share, pairs.height))))
    frame = pl.concat(parts)
    shares = pl.when(pl.col("Type") == "Shareholder").then(pl.lit(50.0))
    return conform(
        frame.select(
            "practice_id",
            UUID=pl.lit(dice.uuids(frame.height)),
            ClientUUID="source_id",
            Type="Type",
            RelatedClientUUID="related",
            NumberOfShares=shares,
            Percentage=pl.when(pl.col("Type") == "Partner").then(pl.lit(50.0)),
            StartDate=pl.lit(pl.Series(dice.integers(6000, 19000, frame.height)).cast(pl.Int32)).cast(
                pl.Date
            ),
            EndDate=pl.lit(None, pl.Date),
        ),
        "xpm_relationships",
    )


def xpm_jobs(records: pl.DataFrame, practices: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Contract table `xpm_jobs`, for the practice's share of clients; one job in a hundred hangs on none."""
    dice = Dice(seed, "jobs")
    clients = records.filter(pl.col("product") == "xpm").select("practice", "practice_id", "source_id")
    clients = clients.join(practices.select("practice", "working"), on="practice", maintain_order="left")
    count = np.where(
        dice.chance(clients["working"].to_numpy(), clients.height), dice.integers(1, 4, clients.height), 0
    )
    jobs = clients[np.repeat(np.arange(clients.height), count)]
    n = jobs.height
    client = pl.when(pl.Series(dice.chance(0.01, n))).then(pl.lit(dice.uuids(n))).otherwise("source_id")
    frame = jobs.select(
        "practice_id",
        ID=pl.lit("J") + pl.int_range(pl.len()).cast(pl.String).str.zfill(6),
        ClientUUID=client,
        State=pl.lit(dice.choice(["Planned", "In Progress", "Completed"], n, [0.3, 0.2, 0.5])),
    )
    return conform(frame, "xpm_jobs")
