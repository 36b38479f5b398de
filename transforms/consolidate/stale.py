"""Old sync links that the clients of today do not bear out."""

import polars as pl

from expectations.conform import conform
from transforms.consolidate.joined import Records


def stale_links(synced: pl.DataFrame, records: Records, run_id: str) -> pl.DataFrame:
    """Table `stale_link`: links that point nowhere, or whose records found other twins or were refused.

    `synced`: table `client_sync`.
    """
    record, ids = records.record, {"hq": "hq_client_id", "xpm": "xpm_client_uuid"}
    rows = synced.select("practice_id", *ids.values(), "linked_at")
    for product, name in ids.items():
        listed = record.filter(pl.col("product") == product)
        known = {name: "source_id", f"{product}_rid": "rid", f"{product}_set": "set_id"}
        rows = rows.join(listed.select("practice_id", **known), on=["practice_id", name], how="left")
    hq, xpm = (record.filter(pl.col("product") == product)["set_id"].unique() for product in ids)
    twinned = hq.filter(hq.is_in(xpm.implode())).implode()  # sets with records of both lists
    refused = records.edges.filter(pl.col("band") == "rejected").select(
        hq_rid="left_rid", xpm_rid="right_rid", by_person=pl.col("decided_by") == "person"
    )
    rows = rows.filter(pl.col("hq_set").ne_missing(pl.col("xpm_set")) | pl.col("hq_set").is_null())
    rows = rows.join(refused, on=["hq_rid", "xpm_rid"], how="left")  # many to at most one
    no_hq, no_xpm = pl.col("hq_rid").is_null(), pl.col("xpm_rid").is_null()
    hq_twin, xpm_twin = pl.col("hq_set").is_in(twinned), pl.col("xpm_set").is_in(twinned)
    said = {
        "Neither client is in its list any more.": no_hq & no_xpm,
        "Its Xero HQ client is not in the list any more.": no_hq,
        "Its Practice Manager client is not in the list any more.": no_xpm,
        "A person judged the two to be two clients.": pl.col("by_person"),
        "What the two records say forbids that they are one client.": pl.col("by_person").is_not_null(),
        "Both clients are matched to others.": hq_twin & xpm_twin,
        "Its Xero HQ client is matched to another Practice Manager client.": hq_twin,
        "Its Practice Manager client is matched to another Xero HQ client.": xpm_twin,
    }
    reason = pl.coalesce(pl.when(holds).then(pl.lit(text)) for text, holds in said.items())
    found = rows.select("practice_id", *ids.values(), "linked_at", reason=reason, run_id=pl.lit(run_id))
    return conform(found.filter(pl.col("reason").is_not_null()), "stale_link")
