"""Comparisons of dates, places, addresses of every kind, registered numbers and old links."""

from matching.comparison import Comparison, Level, either_null, jw

BIRTH = Comparison(
    "date_of_birth",
    ("dob",),
    either_null("dob"),
    (
        Level("same date", "l.dob = r.dob"),
        Level("day and month swapped",
              "year(l.dob) = year(r.dob) and month(l.dob) = day(r.dob) and day(l.dob) = month(r.dob)"),
        Level("two of day, month and year the same",
              "(year(l.dob) = year(r.dob))::int + (month(l.dob) = month(r.dob))::int"
              " + (day(l.dob) = day(r.dob))::int = 2"),
        Level("same year or a digit or two apart",
              "year(l.dob) = year(r.dob)"
              " or levenshtein(strftime(l.dob, '%Y%m%d'), strftime(r.dob, '%Y%m%d')) <= 2"),
    ),
    "other date",
)  # fmt: skip

_STREET = (
    "((l.street is not null and r.street is not null and coalesce(l.house, '') = coalesce(r.house, '')"
    f" and {jw('street', 0.9)}) or (l.street is null and r.street is null and l.house = r.house))"
    " and (l.post_code = r.post_code or (l.post_code is null or r.post_code is null)"
    " and (l.city = r.city or l.city is null or r.city is null))"
)
_SAME_PLACE = "coalesce(l.post_code = r.post_code, l.city = r.city, false)"

PLACE = Comparison(
    "place",
    ("house", "street", "city", "post_code"),
    "(coalesce(l.street, l.house, l.post_code, l.city) is null"
    " or coalesce(r.street, r.house, r.post_code, r.city) is null"
    " or coalesce(l.address_hub, false) and coalesce(r.address_hub, false))",
    (
        Level("same address, held by no other",
              f"{_STREET} and l.address_count <= 1 and r.address_count <= 1"),
        Level("same address, shared by a few", _STREET),
        Level("same street, other or no number",
              f"{_SAME_PLACE} and {jw('street', 0.9)}"),
        Level("same postcode", "l.post_code = r.post_code"),
        Level("same city", "l.city = r.city"),
    ),
    "other place",
    shared=True,
)  # fmt: skip


def _overlap(
    name: str, column: str, noun: str, near: Level | None = None, silent: str = "false"
) -> Comparison:
    own, family = f"{column}_own", f"{column}_family"
    both = f"list_has_any(list_concat(l.{own}, l.{family}), list_concat(r.{own}, r.{family}))"
    levels = [
        Level(f"same {noun}, held by no other", f"list_has_any(l.{own}, r.{own})"),
        Level(f"same {noun}, shared by a few", both),
    ]
    missing = f"(len(l.{own}) + len(l.{family}) = 0 or len(r.{own}) + len(r.{family}) = 0 or {silent})"
    return Comparison(
        name, (column,), missing, tuple(levels + ([near] if near else [])), f"other {noun}", shared=True
    )


EMAIL = _overlap(
    "email",
    "emails",
    "e-mail",
    Level("e-mail spelled much alike", "jaro_winkler_similarity(l.emails_own[1], r.emails_own[1]) >= 0.96"),
    # People of one name choose one name before the @: at another provider that tells nothing new.
    silent="coalesce(l.emails_own[1] <> r.emails_own[1]"
    " and split_part(l.emails_own[1], '@', 1) = split_part(r.emails_own[1], '@', 1), false)",
)
PHONE = _overlap(
    "phone",
    "phones",
    "phone",
    Level("phone one digit apart", "levenshtein(l.phones_own[1], r.phones_own[1]) <= 1"),
)
WEBSITE = _overlap("website", "websites", "website")

TAX = Comparison(
    "tax_number",
    ("tax_number", "tax_last3"),
    either_null("tax_last3"),
    (
        Level("same whole tax number", "l.tax_number = r.tax_number"),
        Level("last three digits of the tax number agree",
              "l.tax_last3 = r.tax_last3 and (l.tax_number is null or r.tax_number is null)"),
    ),
    "other tax number",
    private=True,
)  # fmt: skip

BUSINESS = Comparison(
    "business_number",
    ("business_number", "branch_number"),
    either_null("business_number"),
    (
        Level("same business number, other branch",
              "l.business_number = r.business_number and l.branch_number <> r.branch_number"),
        Level("same business number", "l.business_number = r.business_number"),
    ),
    "other business number",
)  # fmt: skip

COMPANY = Comparison(
    "company_number",
    ("company_number",),
    either_null("company_number"),
    (Level("same company number", "l.company_number = r.company_number"),),
    "other company number",
)

SYNC = Comparison(
    "sync_link",
    (),
    "(len(l.sync) = 0 and len(r.sync) = 0)",
    (Level("paired by the old client sync", "list_has_any(l.sync, r.sync)"),),
    "paired with another client by the old client sync",
)
