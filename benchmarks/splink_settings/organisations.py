"""Splink for lists that hold organisations: restaurants, clients, names alone."""

from typing import Any

import splink.comparison_level_library as cll
import splink.comparison_library as cl
from splink import block_on

from benchmarks.splink_settings.base import Settings, by_hand, with_frequencies

_CLEAN = "trim(regexp_replace(lower(strip_accents({0})), '[^a-z0-9]+', ' ', 'g'))"
_DATES = ["%Y-%m-%d", "%m/%d/%y", "%m/%d/%Y", "%b %d %Y"]


def restaurants(_: list[str]) -> Settings:
    """Businesses of two guides."""
    return Settings(
        comparisons=[
            cl.JaroWinklerAtThresholds("name", [0.92, 0.85, 0.7]),
            cl.JaroWinklerAtThresholds("street", [0.92, 0.85, 0.7]),
            cl.ExactMatch("house"),
            with_frequencies(cl.JaroWinklerAtThresholds("city", 0.9)),
            cl.DamerauLevenshteinAtThresholds("digits", [1, 2]),
            with_frequencies(cl.JaroWinklerAtThresholds("type", 0.85)),
        ],
        blocking=[
            block_on("digits"), block_on("substr(name, 1, 4)"), block_on("house", "city"), block_on("addr"),
            block_on("substr(digits, 1, 6)"), block_on("words", arrays_to_explode=["words"]),
        ],
        training=[block_on("digits"), block_on("substr(name, 1, 5)"), block_on("house", "city")],
        certain=[block_on("digits", "substr(name, 1, 3)"), block_on("name", "city"),
                 block_on("digits", "house")],
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
            by_hand(cl.DamerauLevenshteinAtThresholds("born", [1, 2]), [0.8, 0.1, 0.03, 0.07]),
            by_hand(cl.DamerauLevenshteinAtThresholds("digits", [1, 2]), [0.7, 0.05, 0.02, 0.23]),
            by_hand(cl.JaroWinklerAtThresholds("EMAIL_ADDRESS", [0.9]), [0.7, 0.1, 0.2]),
            by_hand(cl.ArrayIntersectAtSizes("places", [5, 3, 2]), [0.4, 0.2, 0.1, 0.3]),
            *[by_hand(cl.ExactMatch(number), [0.9, 0.1]) for number in numbers],
        ],
        blocking=["1 = 1"],
        training=[],
        certain=[block_on("name_low", "born"), block_on("name_low", "digits"),
                 block_on("name_low", "EMAIL_ADDRESS"), block_on("name_low", "address")],
        recall=0.3,
        derived={
            "born": f"strftime(try_strptime(DATE_OF_BIRTH, {_DATES}), '%Y%m%d')",
            "name_low": _CLEAN.format("name"),
            "words": f"string_split({_CLEAN.format('name')}, ' ')",
            "name_sorted": f"array_to_string(list_sort(string_split({_CLEAN.format('name')}, ' ')), ' ')",
            "places": f"list_distinct(string_split({_CLEAN.format('address')}, ' '))",
            "digits": "nullif(right(regexp_replace(PHONE_NUMBER, '[^0-9]', '', 'g'), 7), '')",
        },
    )  # fmt: skip


def clients(columns: list[str]) -> Settings:
    """Clients of practices, persons and organisations, compared inside a practice."""
    many = "practice_id" in columns

    def block(*keys: str) -> Any:
        return block_on(*(("practice_id", *keys) if many else keys))

    practice = [by_hand(cl.ExactMatch("practice_id"), [0.9999, 0.0001])] if many else []
    return Settings(
        comparisons=[
            with_frequencies(cl.NameComparison("clean_name")),
            cl.ForenameSurnameComparison("first_name", "last_name"),
            cl.DamerauLevenshteinAtThresholds("date_of_birth", [1, 2]),
            cl.EmailComparison("email"),
            with_frequencies(cl.DamerauLevenshteinAtThresholds("digits", 1)),
            with_frequencies(cl.JaroWinklerAtThresholds("address_line", [0.92, 0.8])),
            with_frequencies(cl.ExactMatch("post_code")),
            with_frequencies(cl.LevenshteinAtThresholds("city", 1)),
            cl.DamerauLevenshteinAtThresholds("abn", 1),
            *practice,
        ],
        blocking=[
            block("clean_name"), block("first_name", "last_name"),
            block("last_name", "substr(first_name, 1, 1)"),
            block("date_of_birth"), block("email"), block("digits"), block("address_line"),
            block("abn"), block("substr(clean_name, 1, 6)"), block("post_code", "last_name"),
        ],
        training=[block("clean_name"), block("email"), block("digits")],
        certain=[block("clean_name", "date_of_birth"), block("clean_name", "email"), block("abn"),
                 block("clean_name", "digits")],
        recall=0.6, one_to_one=True, random_pairs=1e6,
        derived={
            "clean_name": "lower(name)",
            "digits": "nullif(right(regexp_replace(phone, '[^0-9]', '', 'g'), 8), '')",
        },
    )  # fmt: skip


_WORDS = "list_distinct(list_filter(string_split({clean}, ' '), lambda x: len(x) > {shorter}))"


def _text(column: str, min_len: int, blocking: list[Any], training: list[Any]) -> Settings:
    clean = _CLEAN.format(column)
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
            with_frequencies(cl.JaroWinklerAtThresholds("first_word", 0.9)),
        ],
        blocking=blocking, training=training,
        certain=[block_on("clean"), block_on("sorted_words")],
        recall=0.1,
        derived={
            "clean": clean, "words": _WORDS.format(clean=clean, shorter=min_len),
            "sorted_words": f"array_to_string(list_sort({_WORDS.format(clean=clean, shorter=0)}), ' ')",
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
