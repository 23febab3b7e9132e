"""HL7 FHIR R4: what is read from each resource, what is passed over, and what is refused."""

from __future__ import annotations

import dataclasses
import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fit_warehouse.errors import UsageError
from fit_warehouse.landing.adapters.fhir.table import load
from fit_warehouse.settings import Land

if TYPE_CHECKING:
    from tests.landing.conftest import Site

Resource = dict[str, Any]
QUESTIONNAIRE = "urn:fit-warehouse:questionnaire:"


def ref(text: str) -> Resource:
    return {"reference": text}


FORM: Resource = {
    "resourceType": "QuestionnaireResponse",
    "id": "q1",
    "meta": {"lastUpdated": "2025-01-16T00:00:00Z"},
    "status": "completed",
    "questionnaire": f"{QUESTIONNAIRE}ORS|2.1",
    "subject": ref("Patient/p1"),
    "source": ref("Patient/p1"),
    "author": ref("Practitioner/w1"),
    "encounter": ref("https://server/fhir/Encounter/e1/_history/2"),
    "authored": "2025-01-15T09:05:00+02:00",
    "text": {"status": "generated", "div": "<div>SECRET</div>"},
    "item": [
        {
            "linkId": "group",
            "text": "SECRET",
            "item": [
                {"linkId": f"item_{n}", "answer": [{"valueDecimal": score}]}
                for n, score in enumerate((4.1, 5.2, 3.9, 4.0), start=1)
            ],
        }
    ],
}
MEETING: Resource = {
    "resourceType": "Encounter",
    "id": "e1",
    "meta": {"lastUpdated": "2025-01-16T00:00:00Z"},
    "status": "finished",
    "class": {"code": "HH"},
    "serviceType": {"coding": [{"code": "hehku"}]},
    "subject": {"reference": "Patient/p1", "display": "SECRET"},
    "episodeOfCare": [ref("EpisodeOfCare/c1")],
    "participant": [
        {"individual": ref("RelatedPerson/r1")},
        {"individual": {"reference": "Practitioner/w1", "display": "SECRET"}},
        {"individual": ref("PractitionerRole/w2")},
    ],
    "period": {"start": "2025-01-15T09:00:00+02:00", "end": "2025-01-15T08:00:00Z"},
    "serviceProvider": ref("Organization/T1"),
}
EPISODE: Resource = {
    "resourceType": "EpisodeOfCare",
    "id": "c1",
    "status": "finished",
    "statusHistory": [
        {"status": "waitlist", "period": {"start": "2025-01-02", "end": "2025-01-10"}},
        {"status": "active", "period": {"start": "2025-01-10"}},
    ],
    "type": [{"coding": [{"code": "hehku"}]}],
    "patient": ref("Patient/p1"),
    "managingOrganization": ref("Organization/T1"),
    "period": {"start": "2025-01-02", "end": "2025-05-15"},
}
PATIENT: Resource = {
    "resourceType": "Patient",
    "id": "p1",
    "name": [{"family": "SECRET"}],
    "telecom": [{"value": "SECRET"}],
    "birthDate": "2011-04-09",
    "gender": "female",
}
ALL = (FORM, MEETING, EPISODE, PATIENT)


def lines(*resources: Resource) -> str:
    return "".join(json.dumps(resource) + "\n" for resource in resources)


def bundle(*resources: Resource, **addresses: str) -> str:
    entries = [{"resource": r, "fullUrl": addresses.get(r["id"], "")} for r in resources]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries})


def extension(name: str, **value: Any) -> list[Resource]:
    return [{"url": f"urn:fit-warehouse:{name}", **value}]


def told(site: Site, text: str) -> Site:
    """Return the site with a table of its own."""
    own = site.home.path / "fhir.toml"
    own.write_text(text, encoding="utf-8")
    paths = dataclasses.replace(site.settings.paths, fhir_table=own)
    return dataclasses.replace(site, settings=dataclasses.replace(site.settings, paths=paths))


def form(site: Site, *resources: Resource) -> dict[str, Any]:
    """Land resources and return the one form in them."""
    site.write("a.ndjson", lines(*resources))
    site.land()
    (row,) = site.accepted("response")
    return row


def meeting(site: Site, *resources: Resource) -> dict[str, Any]:
    site.write("a.ndjson", lines(*resources))
    site.land()
    (row,) = site.accepted("session")
    return row


def test_forms_meetings_episodes_and_clients_are_read(site: Site) -> None:
    site.write("a.json", bundle(*ALL))
    landing = site.land()
    assert (landing.refused, landing.notes) == ([], [])
    (row,), (met,), (episode,), (client,) = map(
        site.accepted, ("response", "session", "episode", "episode_client")
    )
    (further,) = site.accepted("session_worker")
    assert (row["instrument_code"], row["respondent_role"], row["team_code"]) == (
        "ORS",
        "self",
        "T1",
    )
    assert [row[f"item_{n}"] for n in range(1, 5)] == [
        Decimal(x) for x in ("4.1", "5.2", "3.9", "4")
    ]
    assert (row["session_date"], row["entered_at"]) == (
        date(2025, 1, 15),
        datetime(2025, 1, 15, 9, 5),
    )
    assert row["respondent_ref"] is None
    assert row["version_at"] == datetime(2025, 1, 16, 2)
    assert (met["starts_at"], met["duration_minutes"]) == (datetime(2025, 1, 15, 9), 60)
    assert (met["attendance"], met["channel"], met["service_code"]) == ("attended", "home", "hehku")
    assert (episode["referred_on"], episode["opened_on"], episode["closed_on"]) == (
        date(2025, 1, 2), date(2025, 1, 10), date(2025, 5, 15)
    )  # fmt: skip
    assert (client["role"], client["birth_date"], client["gender"]) == (
        "index",
        date(2011, 4, 1),
        "female",
    )
    assert row["client_ref"] == client["client_ref"]
    assert row["session_ref"] == met["session_ref"] == further["session_ref"]
    assert row["worker_ref"] == met["worker_ref"] != further["worker_ref"]
    assert met["episode_ref"] == episode["episode_ref"] == client["episode_ref"]


def test_names_contacts_and_narratives_are_nowhere(site: Site) -> None:
    site.write("a.json", bundle(*ALL))
    site.land()
    stored = site.stored("raw", "ledger", "quarantine", "accepted")
    assert stored
    assert not any(b"SECRET" in content for content in stored.values())


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("b.ndjson", lines(*ALL)),
        ("b.jsonl", "\ufeff" + lines(*ALL)),
        ("b_lines.json", lines(*ALL)),
        ("b.json", json.dumps(ALL)),
        ("b_bom.json", "\ufeff" + bundle(*ALL)),
        ("b_indented.json", json.dumps(json.loads(bundle(*ALL)), indent=2)),
    ],
    ids=lambda text: text if len(text) < 20 else "",
)
def test_the_same_resources_are_the_same_rows_in_every_shape(
    site: Site, name: str, content: str
) -> None:
    site.write("a.json", bundle(*ALL))
    site.land()
    tables = ("response", "session", "session_worker", "episode", "episode_client")
    before = {table: site.accepted(table) for table in tables}
    assert all(before.values())
    site.write(name, content)
    landing = site.land()
    assert not landing.refused
    assert {table: site.accepted(table) for table in tables} == before
    assert sum(account.duplicates for account in site.accounts()) == len(tables)


def test_references_within_a_bundle_lead_to_its_addresses(site: Site) -> None:
    uuid = "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"
    site.write("a.json", bundle({**EPISODE, "patient": ref(uuid)}, PATIENT, p1=uuid))
    site.land()
    (client,) = site.accepted("episode_client")
    assert client["birth_date"] == date(2011, 4, 1)


def test_rows_are_counted_by_entry_and_by_line(site: Site) -> None:
    bad = {**FORM, "id": "q2", "subject": {}}
    site.write("a.json", bundle(PATIENT, MEETING, bad))
    site.write("b.ndjson", "\n" + lines(PATIENT) + "\n" + lines(MEETING, bad))
    site.land()
    problem = {("client_ref", "missing_required")}
    assert site.problems() == {("a.json", 3): problem, ("b.ndjson", 5): problem}


def test_lines_that_are_no_resource_are_kept_out(site: Site) -> None:
    site.write(
        "a.ndjson", lines(MEETING) + '{"resourceType": "Enc\n[1]\n{"id": "x"}\n' + lines(EPISODE)
    )
    landing = site.land()
    assert not landing.refused
    assert site.problems() == {("a.ndjson", n): {("", "malformed_row")} for n in (2, 3, 4)}
    assert len(site.accepted("session")) == len(site.accepted("episode")) == 1


@pytest.mark.parametrize(
    ("authored", "day", "entered_at"),
    [
        ("2025-01-15T22:30:00Z", date(2025, 1, 16), datetime(2025, 1, 16, 0, 30)),
        (
            "2024-07-15T22:30:00.250+01:00",
            date(2024, 7, 16),
            datetime(2024, 7, 16, 0, 30, 0, 250_000),
        ),
        ("2025-01-15", date(2025, 1, 15), None),
    ],
)
def test_times_are_finnish_times(
    site: Site, authored: str, day: date, entered_at: datetime | None
) -> None:
    row = form(site, {**FORM, "authored": authored}, MEETING)
    assert (row["session_date"], row["entered_at"]) == (day, entered_at)


@pytest.mark.parametrize(
    ("said", "role", "has_ref"),
    [
        ({"source": ref("RelatedPerson/r1")}, "caretaker", True),
        ({"source": ref("Patient/guardian")}, "caretaker", True),
        ({"source": ref("PractitionerRole/w1")}, "professional", True),
        ({"source": ref("Patient/p1/_history/3")}, "self", False),
        ({"source": {"type": "RelatedPerson", "identifier": {"value": "7"}}}, "caretaker", True),
        ({"source": None, "author": ref("Patient/p1")}, "self", False),
    ],
)
def test_the_source_is_who_answered(site: Site, said: Resource, role: str, has_ref: bool) -> None:
    row = form(site, {**FORM, **said}, MEETING)
    assert (row["respondent_role"], row["respondent_ref"] is not None) == (role, has_ref)


def test_a_form_entered_by_a_worker_does_not_say_who_answered(site: Site) -> None:
    site.write("a.ndjson", lines({**FORM, "source": None}, MEETING))
    site.land()
    assert site.problems()["a.ndjson", 1] == {("respondent_role", "missing_required")}
    row = form(told(site, f'[questionnaire."{QUESTIONNAIRE}ORS"]\nrespondent_role = "self"\n'),
               {**FORM, "source": None}, MEETING)  # fmt: skip
    assert row["respondent_role"] == "self"


def item(link: str, *answers: Resource) -> Resource:
    return {"linkId": link, "answer": list(answers)}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"subject": "Patient/p1"}, ("client_ref", "missing_required")),
        ({"subject": ref("#p1")}, ("client_ref", "missing_required")),
        ({"id": None}, ("source_record_id", "missing_required")),
        ({"questionnaire": None}, ("instrument_code", "missing_required")),
        ({"authored": None}, ("session_date", "missing_required")),
        ({"authored": "2025-01"}, ("session_date", "not_a_date")),
        ({"authored": {"value": 1}}, ("session_date", "not_a_date")),
        ({"meta": {"lastUpdated": "yesterday"}}, ("extracted_at", "not_a_date")),
        ({"item": [item("item_1", {"valueString": "four"})]}, ("item_1", "not_a_number")),
        ({"item": [item("item_1", {"valueDecimal": 1}, {"valueDecimal": 2})]}, ("item_1", "not_a_number")),
        ({"item": [item("item_1", {"valueInteger": 11})]}, ("item_1", "score_out_of_range")),
        ({"item": [item("item_1", {"valueDecimal": 1.234})]}, ("item_1", "score_off_step")),
        ({"extension": extension("skipped", valueBoolean=True)}, ("is_skipped", "skipped_with_scores")),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_form_is_named(
    site: Site, changes: Resource, problem: tuple[str, str]
) -> None:
    site.write("a.ndjson", lines({**FORM, **changes}, MEETING))
    site.land()
    assert problem in site.problems()["a.ndjson", 1]


def test_a_form_without_a_team_is_kept_out_unless_one_holds_for_all(site: Site) -> None:
    site.write("a.ndjson", lines(FORM))
    site.land()
    assert site.problems()["a.ndjson", 1] == {("team_code", "missing_required")}
    assert form(told(site, 'team_code = "T9"\n'), FORM)["team_code"] == "T9"


def test_a_table_of_ones_own_maps_questions_and_codes(site: Site) -> None:
    own = """
        source_system = "apotti"
        [questionnaire."https://city/Questionnaire/7|1"]
        instrument_code = "SRS"
        links = { "1.1" = "item_1", "1.5" = "total", "day" = "session_date" }
        [team]
        T1 = "Hehku-tiimi"
        [service]
        hehku = "H"
    """
    items = [
        item("1.1", {"valueQuantity": {"value": 9.1}}),
        {"linkId": "1", "answer": [], "item": [item("1.5", {"valueInteger": 36})]},
        item("day", {"valueDate": "2025-01-14"}),
        item("item_2", {"valueDecimal": 1}),
    ]
    own_form = {**FORM, "questionnaire": "https://city/Questionnaire/7|1", "item": items}
    row = form(told(site, own), own_form, MEETING)
    assert (row["source_system"], row["instrument_code"]) == ("apotti", "SRS")
    assert (row["item_1"], row["item_2"], row["total"]) == (Decimal("9.1"), None, 36)
    assert (row["session_date"], row["team_code"]) == (date(2025, 1, 14), "Hehku-tiimi")
    (met,) = site.accepted("session")
    assert (met["team_code"], met["service_code"]) == ("Hehku-tiimi", "H")


def test_what_is_not_finished_or_not_known_is_passed_over_and_counted(site: Site) -> None:
    others = (
        {**FORM, "id": "q2", "status": "in-progress"},
        {**FORM, "id": "q3", "questionnaire": "https://city/Questionnaire/PHQ-9"},
        {**MEETING, "id": "e2", "status": "planned"},
        {"resourceType": "Observation", "id": "o1"},
        {"resourceType": "Observation", "id": "o2"},
    )
    site.write("a.ndjson", lines(*ALL, *others))
    landing = site.land()
    assert len(site.accepted("response")) == len(site.accepted("session")) == 1
    assert not site.problems()
    assert [note.removeprefix("a.ndjson, ") for note in landing.notes] == [
        "Observation: not read, 2",
        "Encounter planned: not finished and passed over unless mapped, 1",
        "QuestionnaireResponse in-progress: not finished and passed over unless mapped, 1",
        "questionnaire https://city/Questionnaire/PHQ-9: "
        "not in the table of questionnaires and passed over, 1",
    ]


def test_a_stopped_form_keeps_the_answers_that_it_has(site: Site) -> None:
    stopped = {**FORM, "status": "stopped", "item": [item("item_1", {"valueDecimal": 4.1})]}
    row = form(site, stopped, MEETING)
    assert (row["item_1"], row["item_2"], row["total"]) == (Decimal("4.1"), None, None)


@pytest.mark.parametrize(
    ("changes", "attendance"),
    [
        ({"status": "cancelled"}, "cancelled"),
        ({"status": "cancelled", "appointment": [ref("Appointment/a1")]}, "no_show"),
        ({"extension": extension("attendance", valueCode="late_cancelled")}, "late_cancelled"),
    ],
)
def test_status_appointment_and_extension_say_whether_a_meeting_took_place(
    site: Site, changes: Resource, attendance: str
) -> None:
    appointment = {"resourceType": "Appointment", "id": "a1", "status": "noshow"}
    assert meeting(site, {**MEETING, **changes}, appointment)["attendance"] == attendance


def test_an_unknown_status_is_kept_out_unless_the_table_maps_it(site: Site) -> None:
    site.write("a.ndjson", lines({**MEETING, "status": "unknown"}))
    site.land()
    assert site.problems()["a.ndjson", 1] == {("attendance", "unknown_code")}
    mapped = told(site, '[attendance]\narrived = "attended"\n')
    assert meeting(mapped, {**MEETING, "status": "arrived"})["attendance"] == "attended"


def test_a_finished_episode_without_a_day_of_ending_is_kept_out(site: Site) -> None:
    site.write("a.ndjson", lines({**EPISODE, "period": {"start": "2025-01-02"}}))
    site.land()
    assert site.problems()["a.ndjson", 1] == {("ending_code", "ending_without_closing")}


def test_an_entered_in_error_resource_deletes_what_was_delivered_before(site: Site) -> None:
    site.write("a.ndjson", lines(*ALL))
    site.land()
    later = {"meta": {"lastUpdated": "2025-02-01T00:00:00Z"}, "status": "entered-in-error"}
    site.write("b.ndjson", lines(*({**resource, **later} for resource in (FORM, MEETING))))
    site.land()
    assert site.accepted("response") == site.accepted("session") == []
    assert len(site.accepted("episode")) == 1
    assert site.account("b.ndjson").accepted == 2


def test_a_resource_twice_in_a_file_counts_once(site: Site) -> None:
    site.write("a.ndjson", lines(MEETING, MEETING, FORM, FORM))
    site.land()
    assert sum(account.duplicates for account in site.accounts()) == 3


STU3 = "as in FHIR STU3"
R5 = "as in FHIR R5"


@pytest.mark.parametrize(
    ("resource", "said"),
    [
        ({**FORM, "questionnaire": ref("Questionnaire/1")}, STU3),
        ({**FORM, "context": ref("Encounter/e1")}, STU3),
        ({**FORM, "group": {}}, "as in FHIR DSTU2"),
        ({**FORM, "identifier": [{"value": "1"}]}, R5),
        ({**MEETING, "class": [{"coding": [{"code": "AMB"}]}]}, R5),
        ({**MEETING, "actualPeriod": {}}, R5),
        ({**MEETING, "participant": [{"actor": ref("Practitioner/1")}]}, R5),
        ({**MEETING, "appointment": ref("Appointment/1")}, "as in FHIR DSTU2 or STU3"),
        ({**EPISODE, "reason": []}, R5),
        ({"resourceType": "CapabilityStatement", "id": "1", "fhirVersion": "5.0.0"}, "FHIR 5.0.0"),
    ],
)  # fmt: skip
def test_other_versions_are_refused_by_name(site: Site, resource: Resource, said: str) -> None:
    site.write("a.ndjson", lines(PATIENT, resource))
    (entry,) = site.land().refused
    assert entry.refused_for == "unsupported_version"
    assert f"row 2: {resource['resourceType']}" in entry.refusal
    assert said in entry.refusal


@pytest.mark.parametrize("version", ["4.0.1", "4.3.0"])
def test_r4_is_no_other_version(site: Site, version: str) -> None:
    statement = {"resourceType": "CapabilityStatement", "fhirVersion": version}
    assert meeting(site, statement, MEETING)


DEEP = b'{"resourceType": "Bundle", "entry": ' + b"[" * 99 + b"]" * 99 + b"}"


@pytest.mark.parametrize(
    ("name", "content", "reason", "where"),
    [
        ("a.ndjson", b"", "no_rows", ""),
        ("a.json", b"\xef\xbb\xbf \n", "no_rows", ""),
        ("a.json", bundle().encode(), "no_rows", ""),
        ("a.ndjson", b'{"resourceType": "Observation"}', "no_rows", "Observation: not read, 1"),
        ("a.json", bundle(FORM).encode()[:-5], "file_truncated", ""),
        ("a.ndjson", lines(FORM, MEETING).encode()[:-9], "file_truncated", "line 2"),
        ("a.json", b'{"resourceType": "Bundle" "entry": []}', "unreadable_file", ""),
        ("a.json", bundle(FORM).encode("utf-16"), "wrong_encoding", "line 1"),
        ("a.ndjson", lines(FORM).encode() + b'{"x": "\xe4"}\n', "wrong_encoding", "line 2"),
        ("a.json", DEEP, "nested_too_deep", "line 1"),
        ("a.ndjson", lines(FORM).encode() + b'{"a": "\n' + DEEP, "nested_too_deep", "line 3"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_refused_for_its_reason(
    site: Site, name: str, content: bytes, reason: str, where: str
) -> None:
    site.write(name, content)
    (entry,) = site.land().refused
    assert entry.refused_for == reason
    assert where in entry.refusal


def test_a_large_document_is_refused_and_the_same_on_lines_is_read(site: Site) -> None:
    small = dataclasses.replace(site.settings, land=Land(1.0, max_document_mb=1))
    site = dataclasses.replace(site, settings=small)
    many = [{**MEETING, "id": f"e{number}"} for number in range(2500)]
    site.write("a.json", bundle(*many))
    site.write("b.ndjson", lines(*many))
    (entry,) = site.land().refused
    assert (entry.file_name, entry.refused_for) == ("a.json", "file_too_large")
    assert "2 MB, at most 1 MB" in entry.refusal
    assert "NDJSON" in entry.refusal
    assert len(site.accepted("session")) == 2500


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[attendance]\nx = "here"', "attendance leads to one of attended"),
        ('[channel]\nx = "here"', "channel leads to one of office"),
        ('[extension.response]\nx = "here"', "extension.response: no column here"),
        ('[extension.form]\nx = "here"', "extension.form is not known"),
        ("[questionaire]\nx = 1", "questionaire is not known"),
        ('[questionnaire.x]\ninstrument_code = "ORSS"', "instrument_code is one of"),
        ('[questionnaire.x]\ninstrument_code = "ORS"\nlinks = { a = "b" }', "links lead to item_1"),
        ("team = 1", "team is a section"),
        ("[", "not valid TOML"),
    ],
)
def test_a_table_that_cannot_be_understood_is_refused(tmp_path: Path, text: str, said: str) -> None:
    own = tmp_path / "own.toml"
    own.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=said):
        load(own)


def test_a_table_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"setting paths\.fhir_table"):
        load(tmp_path / "none.toml")
