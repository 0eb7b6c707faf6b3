"""The pages: where their scripts are, how they are called, what they answer. app.py and every link read this list."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Route:
    """One page of the dashboard.

    Args:
        section: Heading in the navigation; "" for none.
        url_path: Last part of the address; the script is called after it.
        title: Name in the navigation.
        symbol: Name of a Material symbol.
        help: What the page answers, shown on hover.
    """

    section: str
    url_path: str
    title: str
    symbol: str
    help: str

    @property
    def script(self) -> str:
        """Path from the project's top level."""
        return f"pages/{self.section.lower() or 'start'}/{self.url_path.replace('-', '_')}.py"

    @property
    def icon(self) -> str:
        """The symbol as Streamlit writes it."""
        return f":material/{self.symbol}:"


HOME = Route("", "home", "Home", "home", "Overview and next steps.")
DATASET = Route("Prepare", "dataset", "Dataset", "database", "Load the demo or your own data and inspect the samples.")
FEATURES = Route("Prepare", "features", "Features", "scatter_plot", "Compute embeddings and gradient norms.")
RUN = Route("Select", "run", "Run", "play_circle", "Select a coreset and export it.")
SWEEP = Route("Select", "sweep", "Sweep", "grid_4x4", "Compare coresets over a grid of λ and budget.")
SCALABILITY = Route("Select", "scalability", "Scalability", "timer", "Measure time against data size.")
EMBEDDING_MAP = Route(
    "Understand", "embedding-map", "Embedding map", "bubble_chart", "Which samples does the coreset cover?"
)
TRANSPORT_PLAN = Route(
    "Understand",
    "transport-plan",
    "Transport plan",
    "grid_on",
    "Which selected sample covers which validation samples?",
)
SCORES = Route("Understand", "scores", "Scores", "leaderboard", "Which scores determined the selection?")
POPULARITY = Route("Understand", "popularity", "Popularity bias", "bar_chart", "Does the coreset prefer popular items?")
PROXY = Route("Validate", "proxy", "Proxy check", "query_stats", "Does POO predict test loss?")
COMPARE = Route("Validate", "compare", "Compare", "leaderboard", "Which method is best, and is it significant?")
TRAINING = Route(
    "Validate", "training", "Training", "model_training", "Train a recommender on the coreset and test it."
)

PLAYGROUND = Route(
    "Learn", "playground", "Playground", "toys", "How do λ, budget and bound work, on points in the plane?"
)
GUIDE = Route("Learn", "guide", "Guide", "menu_book", "What do the numbers mean, and what may I conclude?")

_PREPARE, _SELECT = (DATASET, FEATURES), (RUN, SWEEP, SCALABILITY)
_UNDERSTAND, _VALIDATE = (EMBEDDING_MAP, TRANSPORT_PLAN, SCORES, POPULARITY), (PROXY, COMPARE, TRAINING)
_LEARN = (PLAYGROUND, GUIDE)
ROUTES: tuple[Route, ...] = (HOME, *_PREPARE, *_SELECT, *_UNDERSTAND, *_VALIDATE, *_LEARN)


def named(url_path: str) -> Route | None:
    """The page of this address; None for one that is not there."""
    return next((route for route in ROUTES if route.url_path == url_path), None)
