"""Correlation and comparison: what a number over few coresets can and cannot say."""

from __future__ import annotations

from goracs_core.glossary.term import Term

TERMS = (
    Term(
        "pearson",
        "Pearson's r",
        "Strength of a linear relation, −1 to 1; sensitive to outliers.",
        formula=r"r=\frac{\sum(x-\bar x)(y-\bar y)}{\sqrt{\sum(x-\bar x)^2\sum(y-\bar y)^2}}",
        source="Pearson 1895",
        page="proxy",
    ),
    Term(
        "spearman",
        "Spearman's ρ",
        "Pearson's r of the ranks (ties have their mean rank), the strength of a monotone relation, −1 to 1. Between "
        "POO and test loss: does a lower POO mean a lower loss?",
        formula=r"\rho=r(\mathrm{rank}\,x,\ \mathrm{rank}\,y)",
        source="Spearman 1904",
        page="proxy",
    ),
    Term(
        "kendall",
        "Kendall's τ",
        r"Concordant minus discordant pairs over the $N$ pairs of coresets, $t$ of them tied. τ = 0.5: of two "
        "coresets, the one with the lower POO has the lower loss in three of four cases.",
        formula=r"\tau_b=\frac{\mathrm{concordant}-\mathrm{discordant}}{\sqrt{(N-t_x)(N-t_y)}}",
        source="Kendall 1945",
        page="proxy",
    ),
    Term(
        "partial",
        "Partial ρ, given size",
        r"The relation of proxy $x$ and test loss $y$ that remains after removing a linear effect of size "
        r"$z=\log k$ from both (ranks of all three for Spearman's ρ). The view within sizes does not assume a linear "
        "effect.",
        formula=r"\rho_{xy\cdot z}=\frac{r_{xy}-r_{xz}r_{yz}}{\sqrt{(1-r_{xz}^2)(1-r_{yz}^2)}}",
        source="partial correlation",
        page="proxy",
    ),
    Term(
        "within",
        "ρ within sizes",
        "Mean of the coefficients at each size with weights (coresets − 1), $c_k$ coresets of size $k$; sizes with "
        "fewer than three are not included. It does not depend on size. Its interval draws coresets within each size.",
        formula=r"\frac{\sum_k(c_k-1)\,\rho_k}{\sum_k(c_k-1)}",
        source="a measure of this program",
        page="proxy",
    ),
    Term(
        "interval",
        "Bootstrap interval",
        "95 % interval from percentiles of 2,000 draws of the coresets, seed 0. It assumes independent coresets; "
        "those of one method are similar, so the interval tends to be too narrow.",
        formula=r"[\,\hat\rho_{2.5\,\%},\ \hat\rho_{97.5\,\%}\,]",
        unit="that of the coefficient",
        source="percentile bootstrap",
        page="proxy",
    ),
    Term(
        "difference",
        "Difference to random",
        "Arm minus random at the same budget, paired by test sample and training seed, with the 95 % interval of this "
        "comparison. It includes the variation of test samples and of seeds (crossed random effects, with the mean "
        r"squares $A$ of $r$ seeds, $B$ of $q$ samples and $E$ of the rest), and a critical value between Student's t "
        r"for $r-1$ and for $q-1$ degrees of freedom. With one seed, it includes the variation of test samples only.",
        formula=r"\mathrm{var}=\frac{\max(A+B-E,\,A,\,B)}{r\,q}",
        unit="that of the metric",
        source="Cochran and Cox, Experimental Designs, 1957",
        page="compare",
    ),
    Term(
        "holm",
        "p (Holm)",
        "p-value after Holm's step-down correction for all c comparisons at this budget. The difference is called "
        "significant if it is below 0.05.",
        formula=r"\tilde p_{(i)}=\max_{j\le i}\min\big(1,\ (c-j+1)\,p_{(j)}\big)",
        source="Holm, Scandinavian Journal of Statistics 6, 1979",
        page="compare",
    ),
)
