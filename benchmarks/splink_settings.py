"""How a competent user of Splink would set it up for each kind of set, without looking at the truth.

Blocking rules, comparisons of Splink's own library with term frequencies, EM over several blocks, a prior from
deterministic rules. Read by the environment of the peers alone.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import splink.comparison_level_library as cll
import splink.comparison_library as cl
from splink import block_on


@dataclass(frozen=True)
class Settings:
    """What Splink is told. `certain`: rules that admit few wrong pairs, and their guessed recall."""

    comparisons: list[Any]
    blocking: list[Any]
    training: list[Any]
    certain: list[Any]
    recall: float
    one_to_one: bool = False
    random_pairs: float = 5e6
    derived: dict[str, str] = field(default_factory=dict)
    """Column → SQL expression over the columns of a list, made before linking."""


def _tf(comparison: Any) -> Any:
    return comparison.configure(term_frequency_adjustments=True)


def _date(column: str, form: str) -> Any:
    return cl.DateOfBirthComparison(column, input_is_string=True, datetime_format=form)


def _address(first: str, second: str) -> Any:
    """Two lines that may have changed places."""
    return cl.CustomComparison(
        output_column_name="address",
        comparison_levels=[
            cll.NullLevel(first),
            cll.ExactMatchLevel(first, term_frequency_adjustments=True),
            cll.JaroWinklerLevel(first, 0.92),
            cll.CustomLevel(f"{first}_l = {second}_r or {second}_l = {first}_r", "lines swapped"),
            cll.JaroWinklerLevel(first, 0.8),
            cll.ElseLevel(),
        ],
    )


def febrl(columns: list[str]) -> Settings:
    """Australian persons, lists of some thousands, with or without a number."""
    alone = ["given_name", "surname", "date_of_birth", "address_1", "suburb", "postcode"]
    crossed = ["l.given_name = r.surname", "l.surname = r.given_name", "l.address_1 = r.address_2",
               "l.address_2 = r.address_1"]  # fmt: skip
    return _australians(columns, [*[block_on(column) for column in alone], *crossed])


def febrl_large(columns: list[str]) -> Settings:
    """The same, lists of nearly 100,000: two columns must agree."""
    pairs = [
        ("given_name", "surname"), ("given_name", "postcode"), ("given_name", "suburb"), ("surname", "postcode"),
        ("surname", "suburb"), ("postcode", "suburb", "street_number"), ("given_name", "street_number", "state"),
        ("surname", "street_number", "state"), ("substr(date_of_birth, 1, 6)", "postcode"),
        ("substr(date_of_birth, 3)", "state"), ("given_name", "substr(date_of_birth, 5)"),
        ("surname", "substr(date_of_birth, 5)"), ("street_number", "postcode", "substr(date_of_birth, 1, 3)"),
        ("surname", "substr(date_of_birth, 1, 4)"), ("given_name", "substr(date_of_birth, 1, 4)"),
        ("suburb", "substr(date_of_birth, 1, 4)"), ("suburb", "substr(date_of_birth, 5)"),
        ("substr(date_of_birth, 5)", "postcode"), ("suburb", "street_number"),
    ]  # fmt: skip
    alone = [block_on("date_of_birth"), block_on("address_1")]
    crossed = "l.given_name = r.surname and l.surname = r.given_name"
    return _australians(columns, [*alone, *[block_on(*pair) for pair in pairs], crossed])


def _australians(columns: list[str], blocking: list[Any]) -> Settings:
    numbers = [column for column in ("soc_sec_id", "phone_number") if column in columns]
    return Settings(
        comparisons=[
            cl.ForenameSurnameComparison("given_name", "surname", forename_surname_concat_col_name="both_names"),
            cl.DamerauLevenshteinAtThresholds("date_of_birth", [1, 2]),
            cl.LevenshteinAtThresholds("street_number", 1),
            _address("address_1", "address_2"),
            _tf(cl.JaroWinklerAtThresholds("suburb", [0.92, 0.8])),
            _tf(cl.DamerauLevenshteinAtThresholds("postcode", [1, 2])),
            cl.LevenshteinAtThresholds("state", 1),
            *[cl.DamerauLevenshteinAtThresholds(number, [1, 2]) for number in numbers],
        ],
        blocking=[*blocking, *[block_on(number) for number in numbers]],
        training=[block_on("date_of_birth"), block_on("postcode", "street_number"), block_on("given_name", "surname")],
        certain=[block_on("given_name", "surname", "date_of_birth"), block_on("surname", "date_of_birth", "postcode"),
                 block_on("given_name", "date_of_birth", "address_1")],
        recall=0.8, one_to_one=True,
        derived={"both_names": "given_name || ' ' || surname"},
    )  # fmt: skip


def historical(_: list[str]) -> Settings:
    """Historical persons, several records each."""
    return Settings(
        comparisons=[
            cl.ForenameSurnameComparison("first_name", "surname", forename_surname_concat_col_name="both_names"),
            _date("dob", "%Y-%m-%d"),
            cl.PostcodeComparison("postcode_fake"),
            _tf(cl.ExactMatch("birth_place")),
            _tf(cl.ExactMatch("occupation")),
        ],
        blocking=[
            block_on("substr(first_name, 1, 3)", "substr(surname, 1, 4)"), block_on("surname", "dob"),
            block_on("first_name", "dob"), block_on("postcode_fake", "first_name"),
            block_on("postcode_fake", "surname"), block_on("dob", "birth_place"),
            block_on("substr(postcode_fake, 1, 3)", "dob"), block_on("substr(postcode_fake, 1, 3)", "first_name"),
            block_on("substr(postcode_fake, 1, 3)", "surname"),
            block_on("substr(first_name, 1, 2)", "substr(surname, 1, 2)", "substr(dob, 1, 4)"),
            block_on("dob", "substr(surname, 1, 2)"), block_on("dob", "substr(first_name, 1, 2)"),
            block_on("postcode_fake"), block_on("dob", "occupation"), block_on("surname", "birth_place"),
            block_on("surname", "occupation"),
        ],
        training=[block_on("first_name", "surname"), block_on("dob"), block_on("postcode_fake")],
        certain=["l.first_name = r.first_name and l.surname = r.surname and l.dob = r.dob",
                 "substr(l.first_name, 1, 2) = substr(r.first_name, 1, 2) and l.surname = r.surname "
                 "and substr(l.postcode_fake, 1, 2) = substr(r.postcode_fake, 1, 2)",
                 "l.dob = r.dob and l.postcode_fake = r.postcode_fake"],
        recall=0.6,
        derived={"both_names": "first_name || ' ' || surname"},
    )  # fmt: skip


def census(_: list[str]) -> Settings:
    """Persons of two registers, many of one household."""
    return Settings(
        comparisons=[
            _tf(cl.NameComparison("pername1")),
            _tf(cl.NameComparison("pername2")),
            _date("dob", "%Y-%m-%d"),
            cl.ExactMatch("sex"),
            _tf(cl.JaroWinklerAtThresholds("enumcap", [0.95, 0.88])),
            _tf(cl.LevenshteinAtThresholds("enumpc", [1, 2])),
        ],
        blocking=[
            block_on("pername1", "pername2"), block_on("dob"), block_on("enumpc"), block_on("enumcap", "sex"),
            block_on("pername1", "enumcap"), block_on("pername2", "enumcap"),
            block_on("pername1", "substr(enumpc, 1, 4)"), block_on("pername2", "substr(enumpc, 1, 4)"),
            block_on("pername1", "substr(dob, 1, 4)"), block_on("pername2", "substr(dob, 1, 4)"),
            block_on("pername1", "substr(dob, 5)"), block_on("pername2", "substr(dob, 5)"),
            block_on("substr(pername1, 1, 3)", "substr(pername2, 1, 3)"),
        ],
        training=[block_on("dob", "sex"), block_on("pername1", "pername2"), block_on("enumpc", "pername1")],
        certain=[block_on("pername1", "pername2", "dob"), block_on("pername1", "dob", "enumpc"),
                 block_on("pername2", "dob", "enumpc", "sex")],
        recall=0.85, one_to_one=True,
    )  # fmt: skip


def restaurants(_: list[str]) -> Settings:
    """Businesses of two guides."""
    return Settings(
        comparisons=[
            cl.JaroWinklerAtThresholds("name", [0.92, 0.85, 0.7]),
            cl.JaroWinklerAtThresholds("street", [0.92, 0.85, 0.7]),
            cl.ExactMatch("house"),
            _tf(cl.JaroWinklerAtThresholds("city", 0.9)),
            cl.DamerauLevenshteinAtThresholds("digits", [1, 2]),
            _tf(cl.JaroWinklerAtThresholds("type", 0.85)),
        ],
        blocking=[
            block_on("digits"), block_on("substr(name, 1, 4)"), block_on("house", "city"), block_on("addr"),
            block_on("substr(digits, 1, 6)"), block_on("words", arrays_to_explode=["words"]),
        ],
        training=[block_on("digits"), block_on("substr(name, 1, 5)"), block_on("house", "city")],
        certain=[block_on("digits", "substr(name, 1, 3)"), block_on("name", "city"), block_on("digits", "house")],
        recall=0.9, one_to_one=True,
        derived={
            "digits": "nullif(regexp_replace(phone, '[^0-9]', '', 'g'), '')",
            "house": "nullif(regexp_extract(addr, '^[0-9]+'), '')",
            "street": "regexp_replace(addr, '^[0-9]+ *', '')",
            "words": "list_filter(string_split(name, ' '), lambda x: len(x) > 3)",
        },
    )  # fmt: skip


def customers(columns: list[str]) -> Settings:
    """Persons and organisations of three small lists, every pair compared.

    On so few records EM runs into m below 1e-300, which Splink refuses: m is set by hand, as an expert would.
    """
    numbers = [c for c in columns if c.endswith("_NUMBER") and c != "PHONE_NUMBER"]
    name = cl.CustomComparison(
        output_column_name="name",
        comparison_levels=[
            cll.NullLevel("name_low"),
            cll.ExactMatchLevel("name_low"),
            cll.ExactMatchLevel("name_sorted"),
            cll.JaroWinklerLevel("name_low", 0.92),
            cll.ArrayIntersectLevel("words", min_intersection=2),
            cll.JaroWinklerLevel("name_low", 0.8),
            cll.ArrayIntersectLevel("words", min_intersection=1),
            cll.ElseLevel(),
        ],
    )
    return Settings(
        comparisons=[
            name.configure(m_probabilities=[0.4, 0.05, 0.15, 0.15, 0.1, 0.1, 0.05]),
            _by_hand(cl.DamerauLevenshteinAtThresholds("DATE_OF_BIRTH", [1, 2]), [0.8, 0.1, 0.03, 0.07]),
            _by_hand(cl.DamerauLevenshteinAtThresholds("digits", [1, 2]), [0.7, 0.05, 0.02, 0.23]),
            _by_hand(cl.JaroWinklerAtThresholds("EMAIL_ADDRESS", [0.9]), [0.7, 0.1, 0.2]),
            _by_hand(cl.JaroWinklerAtThresholds("address", [0.92, 0.8]), [0.5, 0.15, 0.1, 0.25]),
            *[_by_hand(cl.ExactMatch(number), [0.9, 0.1]) for number in numbers],
        ],
        blocking=["1 = 1"],
        training=[],
        certain=[block_on("name_low", "DATE_OF_BIRTH"), block_on("name_low", "digits"),
                 block_on("name_low", "EMAIL_ADDRESS"), block_on("name_low", "address")],
        recall=0.5,
        derived={
            "name_low": "lower(name)", "words": "string_split(lower(name), ' ')",
            "name_sorted": "list_aggregate(list_sort(string_split(lower(name), ' ')), 'string_agg', ' ')",
            "digits": "nullif(right(regexp_replace(PHONE_NUMBER, '[^0-9]', '', 'g'), 7), '')",
        },
    )  # fmt: skip


def _by_hand(comparison: Any, m: list[float]) -> Any:
    return comparison.configure(m_probabilities=m)


def fake(_: list[str]) -> Settings:
    """Made-up persons with e-mails."""
    return Settings(
        comparisons=[
            cl.ForenameSurnameComparison("first_name", "surname"),
            _date("dob", "%Y-%m-%d"),
            _tf(cl.DamerauLevenshteinAtThresholds("city", 2)),
            cl.EmailComparison("email"),
        ],
        blocking=[
            block_on("first_name", "city"), block_on("surname"), block_on("dob"), block_on("email"),
            block_on("first_name", "substr(dob, 1, 4)"), "l.first_name = r.surname",
            block_on("first_name", "substr(email, 1, 4)"), block_on("city", "substr(dob, 1, 7)"),
        ],
        training=[block_on("first_name", "surname"), block_on("dob"), block_on("email")],
        certain=[block_on("first_name", "dob"), block_on("email"), block_on("surname", "dob")],
        recall=0.7,
    )  # fmt: skip


_WORDS = r"list_distinct(list_filter(regexp_split_to_array(lower(strip_accents({0})), '[^a-z0-9]+'), lambda x: len(x) > {1}))"


def _text(column: str, min_len: int, blocking: list[Any], training: list[Any]) -> Settings:
    clean = f"trim(regexp_replace(lower(strip_accents({column})), '[^a-z0-9]+', ' ', 'g'))"
    return Settings(
        comparisons=[
            cl.CustomComparison(
                output_column_name="whole",
                comparison_levels=[
                    cll.NullLevel("clean"),
                    cll.ExactMatchLevel("clean"),
                    cll.JaroWinklerLevel("clean", 0.95),
                    cll.JaroWinklerLevel("clean", 0.88),
                    cll.JaroWinklerLevel("clean", 0.8),
                    cll.ElseLevel(),
                ],
            ),
            cl.ArrayIntersectAtSizes("words", [5, 4, 3, 2, 1]),
            _tf(cl.JaroWinklerAtThresholds("first_word", 0.9)),
        ],
        blocking=blocking, training=training,
        certain=[block_on("clean"), block_on("sorted_words")],
        recall=0.1,
        derived={
            "clean": clean, "words": _WORDS.format(column, min_len),
            "sorted_words": "list_aggregate(list_sort("+ _WORDS.format(column, 0) + "), 'string_agg', ' ')",
            "first_word": f"string_split({clean}, ' ')[1]",
            "second_word": f"string_split({clean}, ' ')[2]",
        },
    )  # fmt: skip


def names(_: list[str]) -> Settings:
    """Organisation names alone."""
    return _text(
        "name", 2,
        blocking=[block_on("words", arrays_to_explode=["words"]), block_on("substr(clean, 1, 4)")],
        training=[block_on("first_word"), block_on("second_word")],
    )  # fmt: skip


def affiliations(_: list[str]) -> Settings:
    """One line of text: department, organisation, town and country."""
    return _text(
        "affiliation", 3,
        blocking=[block_on("words", arrays_to_explode=["words"]), block_on("substr(clean, 1, 6)")],
        training=[block_on("first_word", "second_word"), block_on("second_word")],
    )  # fmt: skip


SETTINGS: dict[str, Callable[[list[str]], Settings]] = {
    "febrl": febrl, "febrl_large": febrl_large, "historical": historical, "census": census, "restaurants": restaurants,
    "customers": customers, "fake": fake, "names": names, "affiliations": affiliations,
}  # fmt: skip
