"""Understand / Transport plan: who is matched with whom, at what cost?"""

from __future__ import annotations

from pages._ui import frame, need, samples
from pages._ui.plan import view as plan_view

frame.begin("Transport plan", "Which selected samples are matched to which validation samples, and at what distance?")
ref = need.dataset()
need.features(ref)
run = need.run(ref)
plan_view.show(samples.view(ref, run), run)
