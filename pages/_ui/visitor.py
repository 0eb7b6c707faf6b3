"""Whose job a job is: the browser that submitted it, which all its tabs and reloads share."""

from __future__ import annotations

import hashlib

import streamlit as st

_COOKIE = "_streamlit_xsrf"
_PARTS = 4  # version, mask, masked token, time


def browser() -> str:
    """A name for the visitor's browser; "" where it has none, as when cookies are refused.

    Streamlit gives each browser a token and masks it anew in every answer; the name is a digest of the token.
    """
    parts = st.context.cookies.get(_COOKIE, "").split("|")
    if len(parts) != _PARTS:
        return ""
    try:
        mask, masked = bytes.fromhex(parts[1]), bytes.fromhex(parts[2])
    except ValueError:  # not of Streamlit's making
        return ""
    token = bytes(byte ^ mask[place % len(mask)] for place, byte in enumerate(masked)) if mask else masked
    return hashlib.sha256(token).hexdigest()[:16]


def claim(job: int) -> None:
    """This browser has submitted the job."""
    _owners()[job] = browser()


def owns(job: int) -> bool:
    """Whether this browser has submitted the job since the server started."""
    return bool(browser()) and _owners().get(job) == browser()


def may_see(job: int) -> bool:
    """Whether a job is this browser's, or was submitted before the server started, when nobody knows whose it is."""
    return _owners().get(job, browser()) == browser()


@st.cache_resource(show_spinner=False)
def _owners() -> dict[int, str]:
    """The browsers of the jobs that this server was asked for; by number of the job."""
    return {}
