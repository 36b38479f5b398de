"""The real clients behind the lists: who they are, what they are called and which numbers they bear."""

import polars as pl

from transforms.sample import identifiers
from transforms.sample.contact_points import landlines, slug
from transforms.sample.dice import Dice
from transforms.sample.households import PERSON_ROLES
from transforms.sample.names import draw_streets
from transforms.sample.organisation_names import name_organisations

# Role in a household → business structure as Xero HQ names it.
STRUCTURES = {
    **dict.fromkeys(PERSON_ROLES, "Individual"),
    "sole_trader": "Sole Trader",
    "company": "Company",
    "trustee_company": "Company",
    "numbered_company": "Company",
    "trust": "Trust",
    "numbered_trust": "Trust",
    "super_fund": "Superannuation Fund",
    "partnership": "Partnership",
    "association": "Association",
}
# Fields that a client and its household share, unless the client has its own.
_ADDRESS = ["street_number", "street_name", "street_type", "street_short", "unit"]


def draw_entities(
    households: pl.DataFrame, members: pl.DataFrame, people: pl.DataFrame, seed: int
) -> pl.DataFrame:
    """One row per real client: entity, practice, household, role, structure, person fields or core and form.

    `core` is an organisation's name without its legal form, `trustee` the company that acts for a trust.
    Phones are national numbers; identifiers are valid, null where the client bears none.
    """
    dice = Dice(seed, "entities")
    person_role = pl.when(pl.col("role") == "sole_trader").then(pl.lit("head")).otherwise("role")
    keys = ["household", "person_role", "number"]
    named = people.select(
        "household", pl.col("role").alias("person_role"), "number", "person", "given", "middle", "surname",
        "maiden", "female", "birth", "mobile", "email",
    )  # fmt: skip
    shared = households.select(
        "household", "country", "landline", "has_landline", "po_box", "city", "region", "region_name",
        "post_code", "area_code", pl.col("surname").alias("family"), *_ADDRESS,
    )  # fmt: skip
    frame = (
        members.with_columns(person_role=person_role, structure=pl.col("role").replace_strict(STRUCTURES))
        .join(named, on=keys, how="left", maintain_order="left")
        .join(shared, on="household", maintain_order="left")
        .join(_couples(people), on="household", maintain_order="left")
        .with_row_index("entity")
        .with_columns(pl.col("entity").cast(pl.Int64), is_person=pl.col("role").is_in(PERSON_ROLES))
    )
    return _own_contact(_numbered(name_organisations(frame, dice), dice), dice)


def _couples(people: pl.DataFrame) -> pl.DataFrame:
    """Head and spouse of each household beside each other."""
    columns = ["person", "given", "surname", "mobile", "email"]
    head, spouse = (
        people.filter(pl.col("role") == role).select(
            "household", *[pl.col(c).alias(f"{role}_{c}") for c in columns]
        )
        for role in ("head", "spouse")
    )
    return head.join(spouse, on="household", maintain_order="left")


def _numbered(frame: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    n = frame.height
    frame = frame.with_columns(
        tfn=identifiers.tfns(dice, n),
        ird=identifiers.irds(dice, n),
        utr=identifiers.utrs(dice, n),
        acn=identifiers.acns(dice, n),
        abn=identifiers.business_numbers(dice, n),
        nzbn=identifiers.nzbns(dice, n),
        uk=pl.Series(dice.integers(100_000, 15_999_999, n)).cast(pl.String).str.zfill(8),
        nz=pl.Series(dice.integers(90_000, 8_999_999, n)).cast(pl.String),
        bears=pl.Series(dice.uniform(n)),
    )
    frame = frame.with_columns(company_abn=identifiers.abns(frame["acn"]))
    country, company = pl.col("country"), pl.col("structure") == "Company"
    share = pl.col("structure").replace_strict(
        {"Individual": 0.06, "Trust": 0.7, "Company": 0.97}, default=0.93, return_dtype=pl.Float64
    )
    business = (
        pl.when(country == "AU")
        .then(pl.when(company).then("company_abn").otherwise("abn"))
        .when((country == "NZ") & (company | (pl.col("structure") == "Sole Trader")))
        .then("nzbn")
    )
    number = pl.when(country == "AU").then("acn").when(country == "NZ").then("nz").otherwise("uk")
    return frame.with_columns(
        tax_number=pl.when(country == "AU").then("tfn").when(country == "NZ").then("ird").otherwise("utr"),
        business_number=pl.when(pl.col("bears") < share).then(business),
        company_number=pl.when(company).then(number),
    ).drop("tfn", "ird", "utr", "acn", "abn", "nzbn", "uk", "nz", "bears", "company_abn")


def _own_contact(frame: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    """Phones, e-mails and addresses: persons their own, organisations half their own, half their head's."""
    n = frame.height
    own_email, own_phone, own_address = (pl.Series(dice.chance(p, n)) for p in (0.55, 0.45, 0.4))
    streets = draw_streets(dice, n)
    frame = frame.with_columns(
        *[streets[c].alias(f"own_{c}") for c in _ADDRESS],
        own_line=landlines(dice, frame["country"], frame["area_code"]),
        own_email=own_email,
        own_phone=own_phone,
        own_address=own_address & ~frame["is_person"],
    )
    person = pl.col("is_person")
    top = pl.col("country").replace_strict({"AU": ".com.au", "NZ": ".co.nz", "UK": ".co.uk"})
    has_domain = pl.col("own_email") & pl.col("structure").is_in(["Company", "Association", "Sole Trader"])
    frame = frame.with_columns(
        domain=pl.when(has_domain).then(slug(pl.coalesce("core", "trading", "family")) + top)
    )
    domain, has_line = pl.col("domain"), pl.col("has_landline")
    return frame.with_columns(
        *[pl.when("own_address").then(f"own_{c}").otherwise(c).alias(c) for c in _ADDRESS],
        email=pl.when(person).then("email").otherwise(pl.coalesce("info@" + domain, "head_email")),
        mobile=pl.when(person).then("mobile").otherwise("head_mobile"),
        landline=pl.when(~person & pl.col("own_phone")).then("own_line").when(has_line).then("landline"),
    ).select(pl.exclude("has_landline", "^own_.*$"))


def entity_id() -> pl.Expr:
    """Name of a real client for the truth files, unique over the fleet."""
    return pl.concat_str("practice_id", pl.lit("/e"), pl.col("entity").cast(pl.String).str.zfill(6))
