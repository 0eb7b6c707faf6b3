"""The pages: where their scripts are, how they are called, what they answer. app.py and every link read this list."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Route:
    """One page of the dashboard.

    Args:
        section: Heading in the navigation; "" for none.
        script: Path from the project's top level.
        title: Name in the navigation.
        icon: Material symbol.
        url_path: Last part of the address.
        help: What the page answers, shown on hover.
    """

    section: str
    script: str
    title: str
    icon: str
    url_path: str
    help: str


HOME = Route("", "pages/start/home.py", "Home", ":material/home:", "home", "Overview and next steps")
DATASET = Route(
    "Prepare", "pages/prepare/dataset.py", "Dataset", ":material/database:", "dataset",
    "Load the demo or your own data and inspect the samples.",
)  # fmt: skip
FEATURES = Route(
    "Prepare", "pages/prepare/features.py", "Features", ":material/scatter_plot:", "features",
    "Compute embeddings and gradient norms, the inputs of the selection.",
)  # fmt: skip
RUN = Route(
    "Select", "pages/select/run.py", "Run", ":material/play_circle:", "run",
    "Select a coreset and export it.",
)  # fmt: skip
SWEEP = Route(
    "Select", "pages/select/sweep.py", "Sweep", ":material/grid_4x4:", "sweep",
    "Compare coresets over a grid of λ and budget.",
)  # fmt: skip
SCALABILITY = Route(
    "Select", "pages/select/scalability.py", "Scalability", ":material/timer:", "scalability",
    "Measure how running time grows with data size and when selection pays off.",
)  # fmt: skip
EMBEDDING_MAP = Route(
    "Understand", "pages/understand/embedding_map.py", "Embedding map", ":material/bubble_chart:", "embedding-map",
    "Which samples does the coreset cover?",
)  # fmt: skip
TRANSPORT_PLAN = Route(
    "Understand", "pages/understand/transport_plan.py", "Transport plan", ":material/grid_on:", "transport-plan",
    "Which selected sample covers which validation samples?",
)  # fmt: skip
SCORES = Route(
    "Understand", "pages/understand/scores.py", "Scores", ":material/leaderboard:", "scores",
    "Which scores determined the selection?",
)  # fmt: skip
POPULARITY = Route(
    "Understand", "pages/understand/popularity.py", "Popularity bias", ":material/bar_chart:", "popularity",
    "Does the coreset prefer popular items?",
)  # fmt: skip
PROXY = Route(
    "Validate", "pages/validate/proxy.py", "Proxy check", ":material/query_stats:", "proxy",
    "Does POO predict test loss?",
)  # fmt: skip
COMPARE = Route(
    "Validate", "pages/validate/compare.py", "Compare", ":material/leaderboard:", "compare",
    "Which method is best, and is the difference significant?",
)  # fmt: skip
TRAINING = Route(
    "Validate", "pages/validate/training.py", "Training", ":material/model_training:", "training",
    "Train a recommender on the coreset and test it.",
)  # fmt: skip

ROUTES: tuple[Route, ...] = (
    HOME,
    DATASET,
    FEATURES,
    RUN,
    SWEEP,
    SCALABILITY,
    EMBEDDING_MAP,
    TRANSPORT_PLAN,
    SCORES,
    POPULARITY,
    PROXY,
    COMPARE,
    TRAINING,
)


def named(url_path: str) -> Route | None:
    """The page of this address; None for one that is not there."""
    return next((route for route in ROUTES if route.url_path == url_path), None)
