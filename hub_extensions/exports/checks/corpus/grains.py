"""Two files of one request at two grains, or the same one under other names."""

from collections.abc import Iterator

from hub_extensions.exports.checks.corpus.case import BLOCK, FLAG, PASS, Case

_TABLE = "region,stade,n\nIDF,I,420\nIDF,II,310\nPACA,I,280\nPACA,II,199\nARA,I,180\nARA,II,169\n"
_AGAIN = "gravite,territoire,effectif\nI,IDF,{}\nII,IDF,310\nI,PACA,280\nII,PACA,199\nI,ARA,180\nII,ARA,169\n"
_COARSE = "age,n\n0-39,410\n40-59,300\n60+,290\n"
_SEXES = "region,sexe,n\nIDF,F,120\nIDF,H,<11\nPACA,F,88\nPACA,H,71\n"


def cases() -> Iterator[Case]:
    """Yield every case of this kind."""
    for name, expected, reason, first, second in (
        ("renamed_few", BLOCK, "four persons more, columns renamed and moved", _TABLE, _AGAIN.format(424)),
        ("renamed_same", PASS, "the same table, columns renamed and moved", _TABLE, _AGAIN.format(420)),
        ("split_few", BLOCK, "two halves of a class and four persons less", _COARSE, "age,n\n0-19,200\n20-39,206\n40-59,300\n60+,290\n"),
        ("split_whole", PASS, "two halves of a class", _COARSE, "age,n\n0-19,200\n20-39,210\n40-59,300\n60+,290\n"),
        ("split_mask", BLOCK, "a mask among the parts of a class", _COARSE, "age,n\n0-39,410\n40-59,300\n60-79,284\n80+,<11\n"),
        ("total_mask", BLOCK, "a total that solves the mask of another file", "territoire,effectif\nIDF,127\nPACA,159\n", _SEXES),
        ("total_alone", FLAG, "the same, and nothing that shows that both are of one thing", "region,n\nIDF,127\n", _SEXES),
        ("total_other", PASS, "totals of another disease", "region,n\nIDF,127\nPACA,310\n", _SEXES),
        ("total_two_masks", PASS, "two masks below a total", "region,n\nIDF,135\nPACA,159\n", f"{_SEXES}IDF,X,<11\n"),
    ):  # fmt: skip
        yield Case(
            f"grain_{name}.csv", expected, reason, second.encode(), request={f"grain_{name}_first.csv": first.encode()}
        )
