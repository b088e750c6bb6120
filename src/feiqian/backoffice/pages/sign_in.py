"""Staff sign in by the pages that all who work here share; and sign out."""

from __future__ import annotations

from feiqian.auth.pages.desk import Desk, DeskTexts
from feiqian.auth.pages.work_sign_in import WorkSignInPages
from feiqian.subjects import Role

from .who import HOME

ENROL = f"{HOME}/enrol"
DESK = Desk(
    role=Role.STAFF,
    enrol=ENROL,
    name="login",
    door="backoffice/door.html",
    more=ENROL,
    texts=DeskTexts(
        title="staff.sign_in.title",
        text="staff.sign_in.text",
        name="staff.sign_in.login",
        missing="staff.sign_in.login.missing",
        wrong="staff.sign_in.wrong",
        more="staff.sign_in.enrol",
        password="staff.enrol.password.hint",
        over="staff.enrol.over",
    ),
)


class SignInPages(WorkSignInPages):
    """`/staff/sign-in`."""

    path, desk = DESK.sign_in, DESK


sign_out = DESK.sign_out()
