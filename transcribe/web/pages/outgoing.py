"""The page of deliveries, and the administrator's pages for where reports go and on which letterhead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from fastapi import APIRouter, Form, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from starlette.datastructures import FormData, UploadFile

from transcribe.delivery.attachment import DOCX
from transcribe.delivery.forms import FORMS
from transcribe.delivery.kinds import KINDS
from transcribe.document.letterhead import Examined
from transcribe.document.letterhead.fields import NAMES
from transcribe.errors import NotAllowed, NotFound, TranscribeError, UnusableInput, UsageError
from transcribe.service import auditing, rules
from transcribe.service.house import House
from transcribe.service.identity.accounts import Principal
from transcribe.service.outgoing import deliveries, letterheads, targets
from transcribe.service.outgoing.deliveries import DeliveryView
from transcribe.web.auth import Here, Who
from transcribe.web.outgoing import DeliveryId, LetterheadId, TargetId
from transcribe.web.page import go, inside, page
from transcribe.web.shapes import checked_id
from transcribe.work_types import work_types

router = APIRouter(include_in_schema=False)

PAGE = 50
SCOPES = ("attention", "waiting", "held", "acknowledged", "all")
TEMPLATES = "/admin/templates"

Scope = Literal["attention", "waiting", "held", "acknowledged", "all"]
Words = Annotated[str, Form(max_length=500)]


@router.get("/deliveries")
def listing(
    request: Request, who: Who, house: Here, scope: Scope = "all", job: Annotated[str, Query(max_length=32)] = "",
    after: Annotated[str, Query(max_length=32)] = "",
) -> Response:  # fmt: skip
    """Reports on their way out, newest first."""
    return _listed(request, who, house, scope, job and checked_id(job), after and checked_id(after))


def _listed(
    request: Request, who: Principal, house: House, scope: Scope, job: str = "", after: str = "", problem: str = ""
) -> Response:
    found = deliveries.listing(house, who.clinic, scope=scope, job=job, after=after, limit=PAGE)
    auditing.note_listed(house, who.clinic, who.actor, len(found), what="deliveries")
    return page(
        request, who, "deliveries.html", status=409 if problem else 200, found=found, scope=scope, scopes=SCOPES,
        job=job, counts=deliveries.counts(house, who.clinic), problem=problem,
        next=found[-1].delivery if len(found) == PAGE else "",
    )  # fmt: skip


_ACTS: dict[str, Callable[[House, Principal, str], DeliveryView]] = {
    "hold": deliveries.hold,
    "release": deliveries.release,
    "resend": deliveries.resend,
}


@router.post("/deliveries/{delivery}/{act}")
def act(
    request: Request, who: Who, house: Here, delivery: DeliveryId, act: Literal["hold", "release", "resend", "cancel"],
    note: Words = "", back: Words = "/deliveries",
) -> Response:  # fmt: skip
    """Hold, release, resend or cancel one delivery."""
    try:
        if act == "cancel":
            deliveries.cancel(house, who, delivery, note)
        else:
            _ACTS[act](house, who, delivery)
    except UsageError as error:
        return _listed(request, who, house, "all", problem=str(error))
    return go(inside(back), said=f"delivery_{act}")


@router.get("/admin/targets")
def list_targets(request: Request, who: Who, house: Here, kind: Annotated[str, Query(max_length=20)] = "") -> Response:
    """The clinic's targets, and the form for another one of a kind."""
    return _targets(request, who, house, kind if kind in KINDS else "")


def _targets(request: Request, who: Principal, house: House, kind: str, **more: Any) -> Response:
    shown = {"problem": "", "secret": "", "given": {}, "name": "", **more}
    return page(
        request, who, "targets.html", status=400 if shown["problem"] else 200, kind=kind, kinds=list(KINDS),
        targets=targets.listing(house, who.clinic), forms=FORMS, **shown,
    )  # fmt: skip


@router.post("/admin/targets")
async def add_target(request: Request, who: Who, house: Here) -> Response:
    """A new target; a webhook's secret is shown this once."""
    form = await request.form()
    return await run_in_threadpool(_add, request, who, house, form)


def _add(request: Request, who: Principal, house: House, form: FormData) -> Response:
    settings, name = _settings(form), _words(form, "name")
    try:
        _, secret = targets.add(house, who, name, settings, _words(form, "secret"))
    except (UsageError, NotAllowed) as error:
        return _targets(request, who, house, str(settings["kind"]), problem=str(error), given=settings, name=name)
    return _targets(request, who, house, "", secret=secret) if secret else go("/admin/targets", said="saved")


def _settings(form: FormData) -> dict[str, Any]:
    """What the form says of a target; a box that is not ticked is not sent."""
    kind = _words(form, "kind")
    if kind not in KINDS:
        raise NotFound("There is no such kind of target.")
    settings: dict[str, Any] = {"kind": kind}
    for name in KINDS[kind].model_fields.keys() - {"kind"}:
        if name == "forms":
            settings[name] = tuple(str(each) for each in form.getlist(name))
        elif name == "tls":
            settings[name] = name in form
        elif name in form:
            settings[name] = _words(form, name)
    return settings


def _words(form: FormData, name: str) -> str:
    return str(form.get(name, "")).strip()


@router.get("/admin/targets/{target}")
def show_target(request: Request, who: Who, house: Here, target: TargetId) -> Response:
    """One target: settings, a trial, pause and removal."""
    return _target(request, who, house, target)


def _target(request: Request, who: Principal, house: House, target: str, **more: Any) -> Response:
    shown = {"problem": "", "tried": None, "given": None, **more}
    found = targets.one(house, who.clinic, target)
    given = shown.pop("given") or found.settings
    return page(
        request, who, "target.html", status=400 if shown["problem"] else 200, target=found, given=given,
        kind=found.kind, forms=FORMS, **shown,
    )  # fmt: skip


@router.post("/admin/targets/{target}")
async def change_target(request: Request, who: Who, house: Here, target: TargetId) -> Response:
    """Other settings of the target."""
    form = await request.form()
    return await run_in_threadpool(_change, request, who, house, target, form)


def _change(request: Request, who: Principal, house: House, target: str, form: FormData) -> Response:
    settings = _settings(form)
    try:
        targets.change(house, who, target, settings, _words(form, "secret"))
    except (UsageError, NotAllowed) as error:
        return _target(request, who, house, target, problem=str(error), given=settings)
    return go(f"/admin/targets/{target}", said="saved")


@router.post("/admin/targets/{target}/try")
def try_target(request: Request, who: Who, house: Here, target: TargetId) -> Response:
    """Send the example report and show what the receiver said."""
    try:
        tried = targets.try_out(house, who, target)
    except TranscribeError as error:
        tried = (False, str(error))
    return _target(request, who, house, target, tried=tried)


@router.post("/admin/targets/{target}/{act}")
def change_state(
    request: Request, who: Who, house: Here, target: TargetId, act: Literal["pause", "resume", "remove"]
) -> Response:  # fmt: skip
    """Pause, resume or remove the target."""
    if act == "remove":
        try:
            targets.remove(house, who, target)
        except UsageError as error:
            return _target(request, who, house, target, problem=str(error))
        return go("/admin/targets", said="removed")
    targets.pause(house, who, target, paused=act == "pause")
    return go(f"/admin/targets/{target}", said="saved")


@router.get(TEMPLATES)
def templates(request: Request, who: Who, house: Here) -> Response:
    """The letterheads in use, what a template may show, and the form to bring one."""
    return _templates(request, who, house)


def _templates(
    request: Request, who: Principal, house: House, problem: str = "", examined: Examined | None = None, added: str = ""
) -> Response:  # fmt: skip
    return page(
        request, who, "letterheads.html", status=422 if problem else 200, problem=problem, examined=examined,
        added=added, found=letterheads.listing(house, who.clinic), kinds=work_types().values(), names=sorted(NAMES),
        own=rules.of(house, who.clinic),
    )  # fmt: skip


@router.post(TEMPLATES)
async def add_template(request: Request, who: Who, house: Here) -> Response:
    """Examine a Word file, show what is in it, and use it from now on unless it was only to be examined."""
    form = await request.form()
    file = form.get("file")
    content = await file.read() if isinstance(file, UploadFile) else b""
    return await run_in_threadpool(_bring, request, who, house, form, content)


def _bring(request: Request, who: Principal, house: House, form: FormData, content: bytes) -> Response:
    examined = None
    try:
        examined = letterheads.desk().examine(content)
        if "examine" in form or examined.unknown:
            return _templates(request, who, house, _unknown(examined), examined)
        kept, _ = letterheads.add(house, who, _words(form, "name") or "—", _words(form, "work_type"), content)
    except (UnusableInput, UsageError) as error:
        return _templates(request, who, house, str(error), examined)
    return _templates(request, who, house, "", examined, kept.letterhead)


def _unknown(examined: Examined) -> str:
    return f"The template uses fields that there are not: {', '.join(examined.unknown)}." if examined.unknown else ""


@router.post(f"{TEMPLATES}/house-style")
def house_style(
    request: Request, who: Who, house: Here, codes_page: Words = "", time_zone: Words = ""
) -> Response:  # fmt: skip
    """Whether the house style ends with a page of the accepted codes, and by which clocks reports are dated."""
    if time_zone.strip() not in ("", *available_timezones()):
        return _templates(request, who, house, "A time zone is called as in America/Chicago.")
    rules.change(house, who, codes_page=bool(codes_page) or None, time_zone=time_zone.strip())
    return go(TEMPLATES, said="saved")


@router.get(f"{TEMPLATES}/{{letterhead}}/{{which}}")
def template_file(
    who: Who, house: Here, letterhead: LetterheadId, which: Literal["preview", "file"]
) -> Response:  # fmt: skip
    """The template filled with an example, or as it was kept."""
    fetch = letterheads.preview if which == "preview" else letterheads.template_of
    headers = {"Content-Disposition": f'attachment; filename="{which}.docx"'}
    return Response(fetch(house, who.clinic, letterhead), media_type=DOCX, headers=headers)


@router.post(f"{TEMPLATES}/{{letterhead}}/retire")
def retire(who: Who, house: Here, letterhead: LetterheadId) -> Response:
    """Use it no longer."""
    letterheads.retire(house, who, letterhead)
    return go(TEMPLATES, said="removed")
