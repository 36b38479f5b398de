"""Tax numbers in the texts of contacts, groups and relationships."""

from expectations.contracts import table
from tests.factories import rows
from transforms.link_texts import masked_links

LISTS = ("hq_contacts", "xpm_contacts", "hq_groups", "xpm_groups", "xpm_relationships")


def test_no_tax_number_in_text() -> None:
    number = "123456782"
    contact = {
        "UUID": "y1",
        "ClientUUID": "x1",
        "Name": f"Jane Doe {number}",
        "Position": "Trustee, TFN 123-456-782",
        "Email": f"{number}@doe.com",
        "Mobile": "123 456 782",
        "Phone": "0412 345 678",
    }
    frames = {
        **{name: table(name).empty() for name in LISTS},
        "source_client": rows("source_client", {"product": "tax", "source_id": "t1", "tax_number": number}),
        "xpm_contacts": rows("xpm_contacts", contact),
        "xpm_groups": rows("xpm_groups", {"UUID": "g1", "Name": f"Doe {number}", "ClientUUIDs": ["x1"]}),
        "xpm_relationships": rows(
            "xpm_relationships",
            {"UUID": "r1", "ClientUUID": "x1", "RelatedClientUUID": "x2", "Type": f"Trustee {number}"},
        ),
    }
    found = masked_links(frames)
    assert found.keys() == set(LISTS)
    shown = found["xpm_contacts"].row(0, named=True)
    assert {column: shown[column] for column in contact} == contact | {
        "Name": "Jane Doe ******782",
        "Position": "Trustee, TFN ******782",
        "Email": "******782@doe.com",
        "Mobile": "******782",
    }
    assert found["xpm_groups"]["Name"].to_list() == ["Doe ******782"]
    assert found["xpm_relationships"]["Type"].to_list() == ["Trustee ******782"]
