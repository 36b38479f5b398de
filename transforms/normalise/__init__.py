"""Normalisation for comparison: one spelling per fact. Display values stay as they came.

Each normaliser takes and gives Polars series (or a frame of several) of the same length and order, never
raises on any text, and can be used on its own: matching uses them on columns of any frame.
"""

from transforms.normalise.address_lines import split_address
from transforms.normalise.addresses import address
from transforms.normalise.clients import client_names, comparable
from transforms.normalise.dates import dates, drop_default_dates
from transforms.normalise.electronic import emails, websites
from transforms.normalise.given_names import is_given_name, nickname_roots
from transforms.normalise.identifiers import (
    acn_of_abn,
    branch_number,
    business_number,
    company_number,
    tax_number,
)
from transforms.normalise.organisations import organisation_name
from transforms.normalise.persons import person_name
from transforms.normalise.phones import phones
from transforms.normalise.places import city, country_code, post_code, region_code
from transforms.normalise.structures import structure
from transforms.normalise.text import fold

__all__ = [
    "acn_of_abn",
    "address",
    "branch_number",
    "business_number",
    "city",
    "client_names",
    "company_number",
    "comparable",
    "country_code",
    "dates",
    "drop_default_dates",
    "emails",
    "fold",
    "is_given_name",
    "nickname_roots",
    "organisation_name",
    "person_name",
    "phones",
    "post_code",
    "region_code",
    "split_address",
    "structure",
    "tax_number",
    "websites",
]
