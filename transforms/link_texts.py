"""Contacts, groups and relationships with the tax numbers in their texts masked, before anything reads them.

Matching shows in its evidence what contacts hold, so masking what is published would come too late.
"""

import polars as pl

from transforms.private import mask_known, mask_text, whole_numbers
from transforms.sql import Frames

# Text in which people write tax numbers; a phone may pass as one, so in `_REACH` only known ones are masked.
_FREE_TEXT = {
    "hq_contacts": ["name", "first_name", "last_name", "position"],
    "xpm_contacts": ["Name", "Salutation", "Addressee", "Position"],
    "hq_groups": ["name"],
    "xpm_groups": ["Name", "Taxable"],
    "xpm_relationships": ["Type"],
}
_REACH = {
    "hq_contacts": ["email", "phone", "mobile"],
    "xpm_contacts": ["Email", "Phone", "Mobile"],
}


def masked_links(frames: Frames) -> dict[str, pl.DataFrame]:
    """The lists of contacts, groups and relationships, tax numbers masked. Takes source_client beside them.

    As in the clients' own texts: numbers that any list of the practice knows, labelled ones, and those that
    pass a check.
    """
    given = frames["source_client"].select("practice_id", "tax_number").drop_nulls().unique()
    numbers = whole_numbers(given)
    texts = {name: mask_text(frames[name], columns, numbers) for name, columns in _FREE_TEXT.items()}
    for name, (email, *phones) in _REACH.items():
        texts[name] = mask_known(texts[name], [email], numbers)
        texts[name] = mask_known(texts[name], phones, numbers, whole=True)
    return texts
