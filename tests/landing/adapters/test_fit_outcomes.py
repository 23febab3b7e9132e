"""Saved answers of the FIT-Outcomes API."""

from __future__ import annotations

import dataclasses
import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fit_warehouse.errors import UsageError
from fit_warehouse.landing import adapters
from fit_warehouse.settings import Settings

if TYPE_CHECKING:
    from tests.landing.conftest import Site

ORS = {"id": 1, "individual": 4.1, "interpersonal": 5.2, "social": 3.9, "overall": 4, "total": 17.2}
SRS = {"id": 1, "relationship": 9.1, "goals_and_topics": 9, "approach_or_method": 8.5, "overall": 9}
SESSION = {
    "id": 71, "treatment_episode_id": 31, "user_id": 5, "agency_id": "T1", "label_id": "hehku",
    "date": "2025-01-15T09:00:00+02:00", "updated_at": "2025-01-15T08:02:00Z", "note": "SECRET",
    "ors_score": ORS, "srs_score": SRS,
}  # fmt: skip
EPISODE = {
    "id": 31, "agency_id": "T1", "label_id": "hehku", "started_at": "2025-01-15",
    "ended_at": None, "collateral_raters": [{"id": 9, "type": "professional", "name": "SECRET"}],
}  # fmt: skip
CLIENT = {
    "id": 123, "first_name": "SECRET", "email": "SECRET", "birth_date": "2011-04-09", "sex": "F",
    "treatment_episodes": [EPISODE], "sessions": [SESSION],
}  # fmt: skip


def score(session: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**session, "ors_score": {**ORS, **changes}}


def land(site: Site, document: Any, name: str = "clients.json") -> list[dict[str, Any]]:
    site.write(name, json.dumps(document))
    assert not site.land().refused
    return site.accepted("response")


def test_a_client_with_its_episode_session_and_scores(site: Site) -> None:
    ors, srs = sorted(land(site, CLIENT), key=lambda form: form["instrument_code"])
    assert (ors["instrument_code"], srs["instrument_code"]) == ("ORS", "SRS")
    assert (ors["session_date"], ors["total"], srs["total"]) == (
        date(2025, 1, 15),
        Decimal("17.2"),
        None,
    )
    assert [srs[f"item_{n}"] for n in range(1, 5)] == [Decimal(x) for x in ("9.1", "9", "8.5", "9")]
    assert (ors["respondent_role"], ors["team_code"]) == ("self", "T1")
    (session,) = site.accepted("session")
    (episode,) = site.accepted("episode")
    (client,) = site.accepted("episode_client")
    assert session["starts_at"] == datetime(2025, 1, 15, 9)
    assert session["attendance"] == "attended"
    assert session["version_at"] == datetime(2025, 1, 15, 10, 2)
    assert episode["opened_on"] == date(2025, 1, 15)
    assert (client["birth_date"], client["gender"]) == (date(2011, 4, 1), "female")
    for key in ("client_ref", "episode_ref"):
        assert ors[key] == srs[key] == client[key]
    assert ors["session_ref"] == session["session_ref"]
    assert ors["worker_ref"] == session["worker_ref"]
    assert session["episode_ref"] == episode["episode_ref"]


def test_names_and_notes_are_nowhere(site: Site) -> None:
    land(site, CLIENT)
    stored = site.stored("raw", "ledger", "quarantine", "accepted")
    assert stored
    assert not any(b"SECRET" in content for content in stored.values())


@pytest.mark.parametrize(
    ("document", "name"),
    [
        ({"clients": [CLIENT]}, "a.json"),
        ({"client": CLIENT}, "a.json"),
        ([CLIENT], "a.json"),
        ({**CLIENT, "sessions": [], "treatment_episodes": [{**EPISODE, "sessions": [SESSION]}]}, "a.json"),
        ({"sessions": [{**SESSION, "client_id": 123}], "clients": [{**CLIENT, "sessions": []}]}, "a.json"),
    ],
    ids=["list", "one", "array", "in the episode", "apart"],
)  # fmt: skip
def test_a_session_is_the_same_wherever_it_lies(site: Site, document: Any, name: str) -> None:
    land(site, CLIENT)
    before = {table: site.accepted(table) for table in ("response", "session", "episode_client")}
    land(site, document, name)
    assert {table: site.accepted(table) for table in before} == before


def test_sessions_in_a_file_of_their_own_are_known_by_its_name(site: Site) -> None:
    forms = land(site, [{**SESSION, "client_id": 123}], "fit_outcomes_sessions_2025-02-01.json")
    assert len(forms) == 2
    assert len(site.accepted("session")) == 1
    assert not site.accepted("episode")


def test_answers_on_lines_are_read_and_a_broken_line_is_kept_out(site: Site) -> None:
    other = {"id": 124, "treatment_episodes": [{**EPISODE, "id": 32}]}
    lines = [json.dumps(CLIENT), '{"id": 5, "sessions": [', json.dumps(other)]
    site.write("fit_outcomes.ndjson", "\n".join(lines) + "\n")
    site.land()
    assert site.problems()["fit_outcomes.ndjson", 2] == {("", "malformed_row")}
    assert len({row["client_ref"] for row in site.accepted("episode_client")}) == 2


def test_a_collateral_rater_answers_about_the_client(site: Site) -> None:
    rated = {**CLIENT, "sessions": [score(SESSION, id=2, collateral_rater_id=9)]}
    forms = land(site, [CLIENT, rated])
    roles = {form["respondent_role"]: form for form in forms if form["instrument_code"] == "ORS"}
    assert roles["self"]["client_ref"] == roles["professional"]["client_ref"]
    assert roles["self"]["respondent_ref"] is None
    assert roles["professional"]["respondent_ref"] is not None


def test_raters_of_unknown_kind_and_other_forms(site: Site) -> None:
    forms = land(
        site, {**CLIENT, "sessions": [score(SESSION, type="child", collateral_rater_id=77)]}
    )
    (ors,) = (form for form in forms if form["instrument_code"] == "CORS")
    assert ors["respondent_role"] == "caretaker"


def test_the_same_answer_twice_counts_once(site: Site) -> None:
    site.write("b.json", json.dumps([CLIENT, CLIENT]))
    site.land()
    assert len(site.accepted("response")) == 2
    assert sum(account.duplicates for account in site.accounts()) == 5


@pytest.mark.parametrize(
    ("session", "problem"),
    [
        (score(SESSION, individual="four"), ("item_1", "not_a_number")),
        (score(SESSION, overall=11), ("item_4", "score_out_of_range")),
        (score(SESSION, overall=4.123), ("item_4", "score_off_step")),
        (score(SESSION, total=30), ("total", "total_mismatch")),
        (score(SESSION, type="teenage"), ("instrument_code", "unknown_instrument")),
        ({**SESSION, "agency_id": None}, ("team_code", "missing_required")),
        ({**SESSION, "date": "15.1.2025"}, ("session_date", "not_a_date")),
    ],
    ids=lambda value: value[1] if isinstance(value, tuple) else "",
)
def test_what_is_wrong_in_a_score_is_named_by_its_number(
    site: Site, session: dict[str, Any], problem: tuple[str, str]
) -> None:
    land(site, {**CLIENT, "sessions": [session]})
    assert problem in site.problems()["clients.json", 1]


def test_a_table_of_ones_own_mends_names_and_gives_codes(site: Site) -> None:
    own = site.home.path / "own.toml"
    own.write_text(
        'source_system = "fo"\n[session]\ndate = "held"\n[team]\nT1 = "Hehku-tiimi"\n'
        '[attendance]\nabsent = "no_show"\n',
        encoding="utf-8",
    )
    paths = dataclasses.replace(site.settings.paths, fit_outcomes_table=own)
    mended = dataclasses.replace(site, settings=dataclasses.replace(site.settings, paths=paths))
    session = {key: value for key, value in SESSION.items() if key != "date"}
    session |= {"held": "2025-01-14", "status": "Absent"}
    form, _ = land(mended, {**CLIENT, "sessions": [session]})
    assert (form["source_system"], form["session_date"]) == ("fo", date(2025, 1, 14))
    (landed,) = mended.accepted("session")
    assert (landed["team_code"], landed["attendance"]) == ("Hehku-tiimi", "no_show")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[session]\nday = 'x'", "session.day is not known"),
        ("[attendance]\nx = 'here'", "attendance leads to one of attended"),
        ("session = 1", "session is a section"),
        ("[", "not valid TOML"),
    ],
)
def test_a_table_that_cannot_be_understood_is_refused(tmp_path: Path, text: str, said: str) -> None:
    own = tmp_path / "own.toml"
    own.write_text(text, encoding="utf-8")
    paths = dataclasses.replace(Settings().paths, fit_outcomes_table=own)
    with pytest.raises(UsageError, match=said):
        adapters.adapters(Settings(paths=paths))


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("fit_outcomes.json", b'{"clients": []}', "no_rows"),
        ("fit_outcomes_cut.json", json.dumps(CLIENT).encode()[:-9], "file_truncated"),
        ("fit_outcomes_bad.json", b'{"sessions": [}', "unreadable_file"),
        (
            "fit_outcomes_deep.json",
            b'{"sessions":' + b"[" * 99 + b"]" * 99 + b"}",
            "nested_too_deep",
        ),
        ("fit_outcomes_latin1.json", '{"client": "ä"}'.encode("latin-1"), "wrong_encoding"),
        ("other.json", b'{"a": 1}', "unknown_table"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_bad_file_is_refused_for_its_reason(
    site: Site, name: str, content: bytes, reason: str
) -> None:
    site.write(name, content)
    (entry,) = site.land().refused
    assert entry.refused_for == reason
