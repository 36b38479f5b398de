"""Settles what the API's client lists say beside the lists of their own: numeric ids and nested rows."""

import duckdb

from expectations.contracts import table
from transforms.ingest.raw import quoted, raw_name
from transforms.ingest.snapshot import Snapshot

# Columns that may hold a client's numeric id where the client list knows its UUID.
_REFERENCES = {
    "xpm_clients": ("BillingClientUUID",),
    "xpm_contacts": ("ClientUUID",),
    "xpm_jobs": ("ClientUUID",),
    "xpm_relationships": ("ClientUUID", "RelatedClientUUID"),
}
_NESTED = ("xpm_contacts", "xpm_groups", "xpm_relationships")


def settle_nested(con: duckdb.DuckDBPyConnection, snapshot: Snapshot) -> None:
    """Turn numeric ids into UUIDs, then drop nested rows that a list of their own holds too.

    A number that no client list knows stays as it is: a dangling reference, for later steps to report.
    """
    con.execute(  # one number, one UUID: where lists disagree the smaller one, whatever their order
        "create or replace temp table aliases as"
        " select practice_id, kind, id, min(uuid) as uuid from raw_alias group by practice_id, kind, id"
    )
    for name, columns in _REFERENCES.items():
        for column in columns:
            _resolve(con, name, column, "client")
    _resolve(con, "xpm_groups", "UUID", "group")
    _resolve_members(con)
    for name in _NESTED:
        _drop_repeated(con, name, [f.number for f in snapshot.of("xpm_clients")])


def _resolve(con: duckdb.DuckDBPyConnection, name: str, column: str, kind: str) -> None:
    con.execute(
        f"update {raw_name(name)} as r set {quoted(column)} = a.uuid from aliases as a"
        f" where a.kind = '{kind}' and a.practice_id = r.practice_id and a.id = r.{quoted(column)}"
    )


def _resolve_members(con: duckdb.DuckDBPyConnection) -> None:
    # Updating a list moves its row, so only rows that know their line are touched.
    con.execute(
        """
        update raw_xpm_groups as r set "ClientUUIDs" = resolved.members
        from (
            with members as (
                select rowid as id, practice_id, unnest("ClientUUIDs") as member,
                    generate_subscripts("ClientUUIDs", 1) as place
                from raw_xpm_groups
                where _row is not null
            )
            select m.id, list(coalesce(a.uuid, m.member) order by m.place) as members
            from members as m
            left join aliases as a on a.kind = 'client' and a.practice_id = m.practice_id and a.id = m.member
            group by m.id
            having bool_or(a.uuid is not null)
        ) as resolved
        where r.rowid = resolved.id
        """
    )


def _drop_repeated(con: duckdb.DuckDBPyConnection, name: str, client_files: list[int]) -> None:
    key = [quoted(c) for c in table(name).key]
    same = " and ".join(f"own.{c} = r.{c}" for c in key)
    con.execute(
        f"delete from {raw_name(name)} as r where r._file in (select unnest($files)) and exists ("
        f"select 1 from {raw_name(name)} as own where own._file not in (select unnest($files)) and {same})",
        {"files": client_files},
    )
