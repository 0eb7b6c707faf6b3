"""Popularity bias of a coreset."""

from __future__ import annotations

from goracs_core.glossary.term import Term

_CLASSES = "arXiv 2103.06364, section 4"

TERMS = (
    Term(
        "popularity",
        "Popularity",
        "Training interactions of the target item.",
        symbol=r"\phi(i)",
        unit="interactions",
        source="arXiv 1901.07555, section 4.2",
        page="popularity",
    ),
    Term(
        "arp",
        "ARP",
        "Average recommendation popularity: mean popularity of the target items.",
        formula=r"\mathrm{ARP}(S)=\frac1k\sum_{s\in S}\phi(\mathrm{target}(s))",
        unit="interactions",
        source="arXiv 1901.07555, section 4.2",
        page="popularity",
    ),
    Term(
        "head_share",
        "Head share",
        "Share of samples whose target is a head item: the most popular items that together account for about 20 % "
        "of all training interactions.",
        formula=r"\frac{|\{s\in S:\mathrm{target}(s)\in\mathrm{head}\}|}{k}",
        unit="share",
        source=_CLASSES,
        page="popularity",
    ),
    Term(
        "mid_share",
        "Mid share",
        "Share of samples whose target is neither a head nor a tail item.",
        formula=r"1-\mathrm{head}-\mathrm{tail}",
        unit="share",
        source=_CLASSES,
        page="popularity",
    ),
    Term(
        "tail_share",
        "Tail share",
        "Share of samples whose target is a tail item: the least popular items that together account for about 20 % "
        "of all training interactions.",
        formula=r"\frac{|\{s\in S:\mathrm{target}(s)\in\mathrm{tail}\}|}{k}",
        unit="share",
        source=_CLASSES,
        page="popularity",
    ),
    Term(
        "coverage",
        "Coverage",
        "Share of catalogue items that occur as a target. It grows with the number of samples, so compare it with "
        "random coresets and not with the pool.",
        formula=r"\frac{|\{\mathrm{target}(s):s\in S\}|}{|\mathrm{items}|}",
        unit="share",
        source="catalogue coverage",
        page="popularity",
    ),
    Term(
        "gini",
        "Gini",
        "Inequality of the number of samples per catalogue item: 0 if all items occur equally often, close to 1 if a "
        "single item dominates. It depends on the number of samples, so compare it with random coresets.",
        formula=r"\frac{\sum_{l=1}^{I}(2l-I-1)\,c_{(l)}}{I\sum_l c_{(l)}},\quad c_{(1)}\le\dots\le c_{(I)}",
        source="Gini coefficient",
        page="popularity",
    ),
    Term(
        "js_validation",
        "JS to validation",
        "Jensen-Shannon divergence (base 2, 0 to 1) between the popularity histograms of these samples and the "
        "validation samples.",
        formula=r"\tfrac12\sum_b p_b\log_2\tfrac{2p_b}{p_b+q_b}+\tfrac12\sum_b q_b\log_2\tfrac{2q_b}{p_b+q_b}",
        unit="bits",
        source="Lin, IEEE Transactions on Information Theory 37, 1991",
        page="popularity",
    ),
    Term(
        "js_pool",
        "JS to pool",
        "Jensen-Shannon divergence (base 2, 0 to 1) between the popularity histograms of these samples and the pool.",
        unit="bits",
        source="Lin, IEEE Transactions on Information Theory 37, 1991",
        page="popularity",
    ),
    Term(
        "category_js",
        "JS of categories",
        "Jensen-Shannon divergence (base 2, 0 to 1) between the category shares of these samples and the validation "
        "samples. 0 without categories.",
        unit="bits",
        source="Lin, IEEE Transactions on Information Theory 37, 1991",
        page="popularity",
    ),
)
