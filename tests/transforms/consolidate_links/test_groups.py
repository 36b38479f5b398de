from tests.transforms.consolidate_links.world import Row, dropped, outcomes, run, run_each, unified, world

CLIENTS = "hq:h1=merged:c1 xpm:x1=survivor:c1 hq:h2=archived:c2 xpm:x3=survivor:c3 xpm:x4=excluded"


def hq(group: str, name: str, *members: str | None) -> Row:
    return {"hq_group_id": group, "name": name, "hq_client_ids": list(members)}


def xpm(group: str, name: str, *members: str | None, taxable: str | None = None) -> Row:
    return {"UUID": group, "Name": name, "ClientUUIDs": list(members), "Taxable": taxable}


def test_groups_of_one_name_join_and_members_follow() -> None:
    found = run(
        world(
            CLIENTS,
            hq_groups=[hq("g1", "Doe  Family", "h1", "h2", "h2", None, "h9")],
            xpm_groups=[xpm("G1", "DOE FAMILY.", "x1", "x3", "x4", taxable="Yes"), xpm("G2", "Does", "x3")],
        )
    )
    ids = unified(found, "group")
    assert ids["hq:g1"] == ids["xpm:G1"] != ids["xpm:G2"]
    assert outcomes(found, "group") == {"hq:g1": "merged", "xpm:G1": "survivor", "xpm:G2": "survivor"}
    joined = found["unified_group"].filter(group_id=ids["hq:g1"])
    assert joined.select("name", "taxable", "source_id").rows() == [("DOE FAMILY.", "Yes", "G1")]
    members = found["group_member"].filter(group_id=ids["hq:g1"])
    assert members.select("client_id", "source_group_id", "source_client_id").rows() == [
        ("c1", "G1", "x1"),
        ("c2", "g1", "h2"),
        ("c3", "G1", "x3"),
    ]
    reasons = dropped(found, "group")
    assert set(reasons) == {("g1", "h1"), ("g1", "h2"), ("g1", "h9"), ("G1", "x4")}
    assert "repeats" in reasons["g1", "h2"]
    assert "repeats" in reasons["g1", "h1"]


def test_taxable_stays_where_hq_gives_the_group() -> None:
    clients = "hq:h1=survivor:c1 xpm:x1=merged:c1"
    frames = world(
        clients, "all_hq", hq_groups=[hq("g1", "Doe", "h1")], xpm_groups=[xpm("G1", "doe", taxable="Yes")]
    )
    found = run(frames)
    assert found["unified_group"].select("source_id", "taxable").rows() == [("g1", "Yes")]
    assert outcomes(found, "group") == {"hq:g1": "survivor", "xpm:G1": "merged"}


def test_a_group_without_members_is_dropped() -> None:
    found = run(
        world(
            CLIENTS,
            hq_groups=[hq("g1", "Empty"), hq("g2", "Gone", "h9")],
            xpm_groups=[xpm("G1", "Old", "x4")],
        )
    )
    assert set(outcomes(found, "group").values()) == {"dropped"}
    assert found["unified_group"].height == found["group_member"].height == 0
    assert set(dropped(found, "group")) == {("g2", "h9"), ("G1", "x4")}


def test_names_that_hold_nothing_to_compare_join_nothing() -> None:
    found = run(world(CLIENTS, hq_groups=[hq("g1", "***", "h1")], xpm_groups=[xpm("G1", "---", "x1")]))
    assert sorted(found["unified_group"]["name"]) == ["***", "---"]


def test_same_members_under_two_names_are_asked_about() -> None:
    def asked(*members: str) -> list[tuple[str, str, bool]]:
        groups = [
            xpm("G1", "Doe", *members),
            xpm("G2", "Jane and family", *members),
            xpm("G3", "Other", "x3"),
        ]
        questions = run(world(CLIENTS + " xpm:x5=survivor:c5", xpm_groups=groups))["link_questions"]
        return [(row["left_id"], row["right_id"], row["blocking"]) for row in questions.to_dicts()]

    assert asked("x1", "x3", "x5") == [("G1", "G2", False)]
    assert asked("x1", "x3") == []


NAMES = [
    ("The Doe Family Group", "doe family", True),
    ("Doe Family Grp", "DOE FAMILY GROUP", True),
    ("Group", "The Group", True),
    ("Doe Family", "Doe Trust", False),
    ("Doe Group Holdings", "Doe Holdings", False),
]


def test_names_that_say_the_same() -> None:
    worlds = {
        one: world(CLIENTS, hq_groups=[hq("g1", one, "h1")], xpm_groups=[xpm("G1", other, "x1")])
        for one, other, _ in NAMES
    }
    groups = {one: found["unified_group"].height for one, found in run_each(worlds).items()}
    assert groups == {one: 1 if joined else 2 for one, _, joined in NAMES}


def test_one_name_without_a_common_member_stays_apart_and_is_asked_about() -> None:
    groups = [xpm("G1", "Doe Family", "x1"), xpm("G2", "The Doe Family", "x3"), xpm("G3", "Other", "x3")]
    found = run(world(CLIENTS, hq_groups=[hq("g1", "Doe Family", "h2")], xpm_groups=groups))
    assert found["unified_group"].height == 4
    questions = found["link_questions"]
    assert questions.select("kind", "left_id", "right_id", "blocking").rows() == [
        ("group", "g1", "G1", False),
        ("group", "g1", "G2", False),
    ]
    assert "have one name and no member in common" in questions["why"][0]


def test_a_third_group_of_the_name_ties_two_together() -> None:
    groups = [xpm("G1", "Doe", "x1"), xpm("G2", "Doe", "x3")]
    found = run(world(CLIENTS, hq_groups=[hq("g1", "Doe", "h1", "h2")], xpm_groups=groups))
    assert found["unified_group"].height == 2
    groups = [xpm("G1", "Doe", "x1", "x3"), xpm("G2", "Doe", "x3")]
    found = run(world(CLIENTS, hq_groups=[hq("g1", "Doe", "h1", "h2")], xpm_groups=groups))
    assert found["unified_group"]["source_id"].to_list() == ["G1"]
    assert found["link_questions"].height == 0


def test_an_empty_group_joins_the_only_one_of_its_name() -> None:
    empty = [hq("g1", "Doe", "h9")]
    one = run(world(CLIENTS, hq_groups=empty, xpm_groups=[xpm("G1", "Doe", "x1")]))
    assert outcomes(one, "group") == {"hq:g1": "merged", "xpm:G1": "survivor"}
    two = [xpm("G1", "Doe", "x1"), xpm("G2", "Doe", "x3")]
    assert outcomes(run(world(CLIENTS, hq_groups=empty, xpm_groups=two)), "group")["hq:g1"] == "dropped"


def test_members_of_another_practice_join_nothing() -> None:
    apart = world(CLIENTS, hq_groups=[hq("g1", "Doe", "h2")])
    beside = world(CLIENTS, xpm_groups=[xpm("G1", "Doe", "x1")])
    found = run_each({"A": apart, "B": beside})
    assert [found[name]["unified_group"]["source_id"].to_list() for name in "AB"] == [["g1"], ["G1"]]
