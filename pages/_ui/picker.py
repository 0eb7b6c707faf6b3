"""Which of several records is open: in the address (?sweep=…), through page changes, and in a select box."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages._ui import text


@dataclass(frozen=True)
class Picker:
    """The open one of the records of a kind.

    Args:
        name: Key in the address. The session keeps the open record as `current_NAME` (`current_NAME_SCOPE`) and what
            the address was last seen to say as `seen_NAME`.
        scope: Distinguishes pages that share the address' key, but have a record open each; "" for a single page.
        optional: Whether none may be open although there are some.
    """

    name: str
    scope: str = ""
    optional: bool = False

    @property
    def key(self) -> str:
        """Key of the select box."""
        return f"{self.name}_picker{self._suffix}"

    @property
    def current(self) -> str | None:
        """The record that was opened last, whether it is still there or not."""
        return st.session_state.get(self._current)

    def open(self, record: str | None) -> None:
        """Open a record, or none; takes effect at the next `opened`."""
        st.session_state[self._current] = st.session_state[self._seen] = record
        if record is None:
            st.query_params.pop(self.name, None)
        elif st.query_params.get(self.name) != record:
            st.query_params[self.name] = record

    def synchronise(self) -> bool:
        """Open what a new address names; an address that lost the open record is filled in again.

        Returns:
            Whether the address named another record.
        """
        linked = self._linked
        record = st.query_params[self.name] if linked else self.current
        if linked:
            st.query_params[self.name] = st.query_params[self.name]  # arrives here, but not in the address bar
        self.open(record or None)
        return linked

    def forget(self) -> None:
        """Close the open record, but keep the address: what it names is opened by the next `synchronise`."""
        st.session_state[self._current] = st.session_state[self._seen] = None

    def follow(self, what: str, event: Hashable, record: str | None) -> None:
        """Open the record of an event, once per event; a link that has just been followed has priority.

        Args:
            what: Kind of event.
            event: Identifies the event.
            record: The record; None for nothing.
        """
        key = f"followed_{self.name}_{what}"
        fresh = event != st.session_state.get(key)
        st.session_state[key] = event
        if fresh and record is not None and not self._linked:
            self.open(record)

    def opened(
        self, known: Collection[str], *, waiting: bool = False, explain: Callable[[str], None] | None = None
    ) -> str | None:
        """The open record: the one in the address or just opened, else the first known one (none where optional).

        Args:
            known: The records there are, the default first.
            waiting: A record is being made: until it is there, no other one is shown instead.
            explain: Explains why the record in the address is not among the known ones.
        """
        if self._linked:
            st.session_state[self._current] = given = st.query_params[self.name]
            if given not in known and not waiting and explain is not None:
                explain(given)
        current = self.current
        if current not in known:
            if waiting and current is not None:
                self.open(current)
                return None
            current = None if self.optional else next(iter(known), None)
        self.open(current)
        return current

    def box(
        self,
        labels: Mapping[str, str],
        current: str | None,
        *,
        label: str,
        place: Any = st,
        opens: Callable[[str | None], None] | None = None,
        **more: Any,
    ) -> None:
        """The select box that opens another record.

        Args:
            labels: Name of each record by id.
            current: The open one, from `opened`.
            label: Of the box.
            place: Column or container.
            opens: Opens a record; None for `open`.
            **more: Further arguments of the box: help, placeholder, disabled, width.
        """
        names = text.distinct(labels)
        if self.optional:
            more["index"] = None
        st.session_state[self.key] = current
        place.selectbox(
            label,
            list(names),
            key=self.key,
            format_func=lambda record: names.get(record, str(record)),
            on_change=lambda: (opens or self.open)(st.session_state[self.key]),
            **more,
        )

    @property
    def _linked(self) -> bool:
        """Whether the address names a record that it did not name before: by a link, or typed."""
        given = st.query_params.get(self.name)
        return bool(given) and given != st.session_state.get(self._seen)

    @property
    def _suffix(self) -> str:
        return f"_{self.scope}" if self.scope else ""

    @property
    def _current(self) -> str:
        return f"current_{self.name}{self._suffix}"

    @property
    def _seen(self) -> str:
        return f"seen_{self.name}"
