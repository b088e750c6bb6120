"""Merchants' people sign in by the pages that all who work here share; and sign out."""

from __future__ import annotations

from feiqian.auth.pages.desk import Desk, DeskTexts
from feiqian.auth.pages.work_sign_in import WorkSignInPages
from feiqian.subjects import Role

from .who import HOME

DESK = Desk(
    role=Role.USER,
    enrol=f"{HOME}/invitation",
    name="email",
    door="merchant_users/door.html",
    more="",
    texts=DeskTexts(
        title="portal.sign_in.title",
        text="portal.sign_in.text",
        name="portal.sign_in.email",
        missing="portal.sign_in.email.missing",
        wrong="portal.sign_in.wrong",
        more="portal.sign_in.enrol",
        password="portal.enrol.password.hint",
        over="portal.enrol.over",
    ),
)


class SignInPages(WorkSignInPages):
    """`/merchants/sign-in`."""

    path, desk = DESK.sign_in, DESK


sign_out = DESK.sign_out()
