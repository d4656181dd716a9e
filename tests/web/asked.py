"""What to send to each route that needs more than its address, so that it gets as far as to look for the job."""

from __future__ import annotations

from typing import Any

EDIT = {"text": "HISTORY:\n\nWell."}

ASKED: dict[str, dict[str, Any]] = {
    "PUT /api/v1/jobs/{job}/report": {"json": EDIT, "headers": {"If-Match": '"1"'}},
    "POST /api/v1/jobs/{job}/withdraw": {"json": {"note": "wrong patient"}},
    **{
        f"POST /api/v1/jobs/{{job}}/{act}": {"json": {"note": "x"}} for act in ("qa", "question", "answer", "send_back")
    },
    "POST /api/v1/jobs/{job}/assign": {"json": {"person": "0" * 32}},
    "POST /api/v1/jobs/{job}/release": {"json": {"version": 1}},
    "POST /api/v1/jobs/{job}/sign": {"json": {"version": 1, "password": "x"}},
    "POST /api/v1/jobs/{job}/addenda": {"json": {"text": "x"}},
    "POST /api/v1/jobs/{job}/score": {"json": {"right": 1}},
    "POST /sign/{job}": {"data": {"version": 1, "password": "x"}},
    "POST /reports/{job}/addenda": {"data": {"text": "x"}},
    "POST /api/v1/jobs/{job}/correct": {"json": {"reason": "x"}},
    "POST /api/v1/jobs/{job}/password": {"json": {"password": "x"}},
    "POST /jobs/{job}/password": {"data": {"password": "x"}},
    "POST /reports/{job}/correct": {"data": {"reason": "x"}},
    "POST /reports/{job}/withdraw": {"data": {"reason": "x"}},
    "GET /uploads/events": {"params": {"seconds": 0}},
    "GET /api/v1/jobs/{job}/compare": {"params": {"left": 1, "right": 1}},
}
"""By route: arguments of the test client's `request`."""
