"""Learn / Playground: how do λ, budget, transport and bound work?"""

from __future__ import annotations

from pages._ui import frame
from pages._ui.playground import questions, view

frame.begin("Playground", "What do λ and the budget do, and how does a bound prove that a coreset is good?")
view.show()
questions.show()
