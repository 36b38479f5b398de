"""Splink for lists of persons."""

from itertools import combinations
from typing import Any

import splink.comparison_level_library as cll
import splink.comparison_library as cl
from splink import block_on

from benchmarks.splink_settings.base import Settings, with_frequencies


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
    steady = ("given_name", "surname", "street_number", "suburb", "postcode")
    alone = [block_on("date_of_birth"), block_on("address_1")]
    crossed = "l.given_name = r.surname and l.surname = r.given_name"
    return _australians(columns, [*alone, *[block_on(*pair) for pair in combinations(steady, 2)], crossed])


def _australians(columns: list[str], blocking: list[Any]) -> Settings:
    numbers = [column for column in ("soc_sec_id", "phone_number") if column in columns]
    return Settings(
        comparisons=[
            cl.ForenameSurnameComparison(
                "given_name", "surname", forename_surname_concat_col_name="both_names"
            ),
            cl.DamerauLevenshteinAtThresholds("date_of_birth", [1, 2]),
            cl.LevenshteinAtThresholds("street_number", 1),
            _address("address_1", "address_2"),
            with_frequencies(cl.JaroWinklerAtThresholds("suburb", [0.92, 0.8])),
            with_frequencies(cl.DamerauLevenshteinAtThresholds("postcode", [1, 2])),
            cl.LevenshteinAtThresholds("state", 1),
            *[cl.DamerauLevenshteinAtThresholds(number, [1, 2]) for number in numbers],
        ],
        blocking=[*blocking, *[block_on(number) for number in numbers]],
        training=[block_on("date_of_birth"), block_on("postcode", "street_number"),
                  block_on("given_name", "surname")],
        certain=[block_on("given_name", "surname", "date_of_birth"),
                 block_on("surname", "date_of_birth", "postcode"),
                 block_on("given_name", "date_of_birth", "address_1")],
        recall=0.8, one_to_one=True,
        derived={"both_names": "given_name || ' ' || surname"},
    )  # fmt: skip


def historical(_: list[str]) -> Settings:
    """Historical persons, several records each."""
    return Settings(
        comparisons=[
            cl.ForenameSurnameComparison(
                "first_name", "surname", forename_surname_concat_col_name="both_names"
            ),
            _date("dob", "%Y-%m-%d"),
            cl.PostcodeComparison("postcode_fake"),
            with_frequencies(cl.ExactMatch("birth_place")),
            with_frequencies(cl.ExactMatch("occupation")),
        ],
        blocking=[
            block_on("substr(first_name, 1, 3)", "substr(surname, 1, 4)"), block_on("surname", "dob"),
            block_on("first_name", "dob"), block_on("postcode_fake", "first_name"),
            block_on("postcode_fake", "surname"), block_on("dob", "birth_place"),
            block_on("substr(postcode_fake, 1, 3)", "dob"),
            block_on("substr(postcode_fake, 1, 3)", "first_name"),
            block_on("substr(postcode_fake, 1, 3)", "surname"),
            block_on("substr(first_name, 1, 2)", "substr(surname, 1, 2)", "substr(dob, 1, 4)"),
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
            with_frequencies(cl.NameComparison("pername1")),
            with_frequencies(cl.NameComparison("pername2")),
            _date("dob", "%Y-%m-%d"),
            cl.ExactMatch("sex"),
            with_frequencies(cl.JaroWinklerAtThresholds("enumcap", [0.95, 0.88])),
            with_frequencies(cl.LevenshteinAtThresholds("enumpc", [1, 2])),
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


def fake(_: list[str]) -> Settings:
    """Made-up persons with e-mails."""
    return Settings(
        comparisons=[
            cl.ForenameSurnameComparison("first_name", "surname"),
            _date("dob", "%Y-%m-%d"),
            with_frequencies(cl.DamerauLevenshteinAtThresholds("city", 2)),
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
