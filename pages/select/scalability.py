"""Select / Scalability: how long will it take on more data, and does it pay off?"""

from __future__ import annotations

from pages._ui import frame, need

frame.begin("Scalability", "How long will a selection take on more data, and when is it worth its time?")
ref = need.dataset()
need.features(ref)
