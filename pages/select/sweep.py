"""Select / Sweep: what do λ and the budget do?"""

from __future__ import annotations

from pages._ui import frame, need

frame.begin("Sweep", "What do λ and the budget do to the coreset?")
ref = need.dataset()
need.features(ref)
