"""What the contract's own files say, FHIR can say: both land as the same rows."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fit_warehouse.landing.contract import tables
from fit_warehouse.settings import HELSINKI

if TYPE_CHECKING:
    from tests.landing.conftest import Site

Row = dict[str, str]
Resource = dict[str, Any]
URL = "urn:fit-warehouse:"
EPISODE_OF_CARE = "http://hl7.org/fhir/StructureDefinition/workflow-episodeOfCare"
CLASSES = {"office": "AMB", "home": "HH", "remote": "VR", "other": "FLD"}
SOURCES = {"self": "Patient", "caretaker": "RelatedPerson", "professional": "Practitioner"}
SCORE = st.integers(0, 100).map(lambda tenths: f"{tenths / 10:.1f}")
DAY = st.dates(date(2020, 1, 1), date(2025, 12, 31))
INSTANT = st.datetimes(datetime(2020, 1, 2), datetime(2025, 12, 30)).map(
    lambda moment: moment.replace(microsecond=0, tzinfo=UTC).astimezone(HELSINKI)
)
LATER = st.datetimes(datetime(2026, 1, 2), datetime(2026, 2, 2)).map(
    lambda moment: moment.replace(microsecond=0)
)
COUNT = st.integers(0, 20).map(str)


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.just(""), values)


def local(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(sep=" ")


def instant(text: str) -> str:
    """Return a Finnish time of the contract as FHIR writes it."""
    return datetime.fromisoformat(text).replace(tzinfo=HELSINKI).astimezone(UTC).isoformat()


def ref(kind: str, identifier: str) -> Resource:
    return {"reference": f"{kind}/{identifier}"}


def extensions(**values: tuple[str, str]) -> list[Resource]:
    """Return the extensions that have a value, each given as (type, value)."""
    return [
        {"url": f"{URL}{name.replace('_', '-')}", kind: value}
        for name, (kind, value) in values.items()
        if value
    ]


@st.composite
def form(draw: st.DrawFn, number: int) -> Row:
    role = draw(st.sampled_from(list(SOURCES)))
    is_skipped = draw(st.booleans())
    n_items = 0 if is_skipped else draw(st.sampled_from([0, 3, 4]))
    scores = [draw(SCORE) for _ in range(n_items)]
    has_total = not is_skipped and n_items != 3 and draw(st.booleans())
    total = str(round(sum(map(float, scores)), 1)) if scores else draw(SCORE)
    entered = draw(maybe(INSTANT))
    day = entered.date() if entered else draw(DAY)
    return {
        "source_system": "fhir",
        "source_record_id": f"q-{number}",
        "client_ref": draw(st.sampled_from(["p1", "p2"])),
        "episode_ref": draw(st.sampled_from(["", "c1"])),
        "session_ref": draw(st.sampled_from(["", "e1", "e-2.x"])),
        "session_date": (day - timedelta(draw(st.integers(0, 3)))).isoformat(),
        "entered_at": local(entered) if entered else "",
        "instrument_code": draw(st.sampled_from(["ORS", "CORS", "SRS"])),
        "respondent_role": role,
        "respondent_ref": "" if role == "self" else "r1",
        "worker_ref": draw(st.sampled_from(["", "w1"])),
        "team_code": draw(st.sampled_from(["T1", "T2"])),
        "is_skipped": "1" if is_skipped else draw(st.sampled_from(["", "0"])),
        "skip_reason": draw(st.sampled_from(["", "declined", "other"])) if is_skipped else "",
        **{f"item_{n}": score for n, score in enumerate(scores, start=1)},
        "total": total if has_total else "",
        "extracted_at": local(draw(LATER)),
    }


def as_questionnaire_response(row: Row) -> Resource:
    source = row["respondent_ref"] or row["client_ref"]
    flag = {"1": True, "0": False}.get(row["is_skipped"])
    said = extensions(
        team=("valueCode", row["team_code"]),
        session_date=("valueDate", row["session_date"]),
        skip_reason=("valueCode", row["skip_reason"]),
    )
    if flag is not None:
        said.append({"url": f"{URL}skipped", "valueBoolean": flag})
    if row["episode_ref"]:
        said.append(
            {"url": EPISODE_OF_CARE, "valueReference": ref("EpisodeOfCare", row["episode_ref"])}
        )
    return {
        "resourceType": "QuestionnaireResponse",
        "id": row["source_record_id"],
        "meta": {"lastUpdated": instant(row["extracted_at"])},
        "extension": said,
        "status": "completed",
        "questionnaire": f"{URL}questionnaire:{row['instrument_code']}",
        "subject": ref("Patient", row["client_ref"]),
        "source": ref(SOURCES[row["respondent_role"]], source),
        **({"author": ref("Practitioner", row["worker_ref"])} if row["worker_ref"] else {}),
        **({"encounter": ref("Encounter", row["session_ref"])} if row["session_ref"] else {}),
        "authored": instant(row["entered_at"]) if row["entered_at"] else row["session_date"],
        "item": [
            {"linkId": name, "answer": [{"valueDecimal": float(score)}]}
            for name, score in row.items()
            if (name.startswith("item_") or name == "total") and score
        ],
    }


@st.composite
def meeting(draw: st.DrawFn, number: int) -> Row:
    starts = draw(maybe(INSTANT))
    return {
        "session_ref": f"e-{number}",
        "episode_ref": draw(st.sampled_from(["c1", "c2"])),
        "session_date": (starts.date() if starts else draw(DAY)).isoformat(),
        "starts_at": local(starts) if starts else "",
        "duration_minutes": draw(maybe(st.integers(1, 600).map(str))),
        "attendance": draw(st.sampled_from(["attended", "no_show", "late_cancelled", "cancelled"])),
        "worker_ref": draw(st.sampled_from(["", "w1"])),
        "team_code": draw(st.sampled_from(["T1", "T2"])),
        "service_code": draw(st.sampled_from(["hehku", "oma"])),
        "channel": draw(st.sampled_from(["", *CLASSES, "school", "phone"])),
        "extracted_at": "2026-01-05 12:00:00",
    }


def as_encounter(row: Row) -> Resource:
    status = {"attended": "finished", "cancelled": "cancelled"}.get(row["attendance"])
    said = extensions(
        attendance=("valueCode", "" if status else row["attendance"]),
        channel=("valueCode", "" if row["channel"] in CLASSES else row["channel"]),
    )
    length = {"value": int(row["duration_minutes"] or 0), "code": "min"}
    return {
        "resourceType": "Encounter",
        "id": row["session_ref"],
        "meta": {"lastUpdated": instant(row["extracted_at"])},
        "extension": said,
        "status": status or "cancelled",
        "class": {"code": CLASSES.get(row["channel"], "IMP")},
        "serviceType": {"coding": [{"code": row["service_code"]}]},
        "episodeOfCare": [ref("EpisodeOfCare", row["episode_ref"])],
        "participant": [{"individual": ref("Practitioner", row["worker_ref"])}]
        if row["worker_ref"]
        else [],
        "period": {"start": instant(row["starts_at"]) if row["starts_at"] else row["session_date"]},
        **({"length": length} if row["duration_minutes"] else {}),
        "serviceProvider": ref("Organization", row["team_code"]),
    }


@st.composite
def episode(draw: st.DrawFn, number: int) -> Row:
    referred, opened, closed = sorted(draw(st.lists(DAY, min_size=3, max_size=3)))
    has_opened, has_closed = draw(st.booleans()), draw(st.booleans())
    is_closed = has_opened and has_closed
    return {
        "episode_ref": f"c-{number}",
        "service_code": draw(st.sampled_from(["hehku", "oma"])),
        "team_code": draw(st.sampled_from(["T1", "T2"])),
        "referred_on": "" if has_opened and draw(st.booleans()) else referred.isoformat(),
        "opened_on": opened.isoformat() if has_opened else "",
        "closed_on": closed.isoformat() if is_closed else "",
        "ending_code": draw(st.sampled_from(["", "planned_end", "moved"])) if is_closed else "",
        "planned_sessions": draw(maybe(COUNT)),
        "planned_months": draw(maybe(SCORE)),
        "planned_days": draw(maybe(COUNT)),
        "onward_service_code": draw(st.sampled_from(["", "oma"])),
        "extracted_at": "2026-01-05 12:00:00",
    }


def as_episode_of_care(row: Row) -> Resource:
    status = "finished" if row["closed_on"] else "active" if row["opened_on"] else "waitlist"
    history = [
        {"status": status, "period": {"start": row[column]}}
        for status, column in (("waitlist", "referred_on"), ("active", "opened_on"))
        if row[column]
    ]
    return {
        "resourceType": "EpisodeOfCare",
        "id": row["episode_ref"],
        "meta": {"lastUpdated": instant(row["extracted_at"])},
        "extension": extensions(
            ending=("valueCode", row["ending_code"]),
            planned_sessions=("valueInteger", row["planned_sessions"]),
            planned_months=("valueDecimal", row["planned_months"]),
            planned_days=("valueInteger", row["planned_days"]),
            onward_service=("valueCode", row["onward_service_code"]),
        ),
        "status": status,
        "statusHistory": history,
        "type": [{"coding": [{"code": row["service_code"]}]}],
        "patient": ref("Patient", "p1"),
        "managingOrganization": ref("Organization", row["team_code"]),
        "period": {
            "start": row["referred_on"] or row["opened_on"],
            **({"end": row["closed_on"]} if row["closed_on"] else {}),
        },
    }


WRITERS = {
    "response": as_questionnaire_response,
    "session": as_encounter,
    "episode": as_episode_of_care,
}


@st.composite
def delivery(draw: st.DrawFn) -> dict[str, list[Row]]:
    rows = {"response": form, "session": meeting, "episode": episode}
    return {
        table: [draw(row(number)) for number in range(draw(st.integers(1, 8)))]
        for table, row in rows.items()
    }


# Each example is two landings: shrinking one would take minutes.
@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
@given(delivered=delivery(), is_bundle=st.booleans())
def test_fhir_lands_as_the_files_of_the_contract_do(
    new_site: Callable[..., Site], delivered: dict[str, list[Row]], is_bundle: bool
) -> None:
    ours, theirs = new_site(), new_site()
    for table, rows in delivered.items():
        ours.csv(f"{table}.csv", *rows)
    resources = [WRITERS[table](row) for table, rows in delivered.items() for row in rows]
    if is_bundle:
        document = {"resourceType": "Bundle", "entry": [{"resource": r} for r in resources]}
        theirs.write("fhir.json", json.dumps(document, indent=1))
    else:
        theirs.write("fhir.ndjson", "\n".join(map(json.dumps, resources)))
    assert not ours.land().refused
    assert not theirs.land().refused
    assert ours.problems() == theirs.problems() == {}
    for table, rows in delivered.items():
        expected = ours.accepted(table)
        assert len(expected) == len(rows)
        assert set(expected[0]) == {column.name for column in tables()[table].content} | {
            "version_at"
        }
        assert theirs.accepted(table) == expected
