"""Records of one list become one client by people's answers alone, never through another list."""

from typing import Any

from tests.transforms.consolidate.worlds import frames, outcomes, pair, policy, record, run

X1, X2 = (record("xpm", name, has_job=True) for name in ("x1", "x2"))
T1, T2 = (record("tax", f"t{n}", xpm_client_uuid=f"x{n}") for n in (1, 2))
H1 = record("hq", "h1")


def person(left: str, right: str) -> dict[str, Any]:
    return pair(left, right, decided_by="person")


def test_an_answer_on_a_tax_record_overrules_its_pointer_and_joins_nobody_else() -> None:
    found = run(frames([X1, X2, T1, T2], [person("xpm:x2", "tax:t1")], effective_policy=policy("all_xpm")))
    assert outcomes(found) == {
        "xpm:x1": ("survivor", "xpm:x1"),
        "xpm:x2": ("survivor", "xpm:x2"),
        "tax:t1": ("merged", "xpm:x2"),
        "tax:t2": ("merged", "xpm:x2"),
    }
    assert found["review_item"].is_empty()


def test_what_would_tie_two_of_one_list_is_asked_and_holds_publication() -> None:
    pairs = [pair("hq:h1", "xpm:x1"), person("hq:h1", "tax:t2")]
    found = run(frames([H1, X1, X2, T2], pairs, effective_policy=policy("all_xpm")))
    assert [outcomes(found)[key] for key in ("xpm:x1", "xpm:x2")] == [
        ("survivor", "xpm:x1"),
        ("survivor", "xpm:x2"),
    ]
    assert outcomes(found)["hq:h1"] == outcomes(found)["tax:t2"], "the answer counts"
    item = found["review_item"].row(0, named=True)
    assert (item["kind"], item["blocking"], item["answers"]) == (
        "match",
        True,
        ["match", "no_match", "unsure"],
    )
    assert "nobody said that those are one" in item["why"]


def test_answers_that_join_both_with_a_third_make_them_one_and_are_asked() -> None:
    pairs = [person("hq:h1", "xpm:x1"), person("hq:h1", "xpm:x2")]
    found = run(frames([H1, X1, X2], pairs, effective_policy=policy("all_xpm")))
    assert len({client for _, client in outcomes(found).values()}) == 1
    assert found["review_item"]["kind"].to_list() == ["duplicate"]
