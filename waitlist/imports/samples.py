"""A file of each kind to begin from: every column there is, with one line as it may look."""

import csv
import io

LINES: dict[str, dict[str, str]] = {
    "practitioners": {"name": "Dr Sample", "specialty": "Dermatology"},
    "services": {
        "name": "Sample visit",
        "minutes": "45",
        "price": "120",
        "category": "Skin",
        "window_minutes": "30",
        "notice_minutes": "60",
    },
    "appointments": {
        "external_id": "sample-1",
        "starts_at": "2035-03-05 10:00",
        "practitioner": "Dr Sample",
        "service": "Sample visit",
        "patient_first_name": "Sam",
        "patient_last_name": "Sample",
        "patient_phone": "+1 415 555 0123",
    },
    "patients": {
        "first_name": "Sam",
        "last_name": "Sample",
        "phone": "+1 415 555 0123",
        "email": "sam@example.com",
        "language": "en",
        "visits": "3",
        "past_visits": "5",
        "spend": "450",
        "show_rate": "95",
        "consent_sms_at": "2026-01-15",
        "consent_source": "intake form",
    },
    "waitlist": {
        "first_name": "Sam",
        "last_name": "Sample",
        "phone": "+1 415 555 0123",
        "services": "Sample visit",
        "practitioners": "Dr Sample",
        "days": "mon-fri",
        "times": "09:00-15:00",
        "added_at": "2026-01-15",
        "note": "Mornings are best",
    },
}


def write(kind: str, columns: tuple[str, ...]) -> str:
    """That file."""
    sheet = io.StringIO()
    writer = csv.DictWriter(sheet, columns)
    writer.writeheader()
    writer.writerow(LINES[kind])
    return sheet.getvalue()
