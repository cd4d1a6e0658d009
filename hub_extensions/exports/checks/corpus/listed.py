"""Counts in lists, in markup inside texts, and in trees as programs print them."""

from collections.abc import Iterator

from hub_extensions.exports.checks.corpus.case import BLOCK, PASS, Case

_TEXTS = (
    ("listed_lightgbm.txt", BLOCK, "a leaf of 3 persons, as LightGBM writes it", """\
tree
version=v4
num_class=1

Tree=0
num_leaves=4
split_feature=0 1 2
leaf_value=0.1 0.2 -0.1 0.3
leaf_count=412 3 510 279
internal_count=1204 415 789
"""),
    ("listed_rpart.txt", BLOCK, "a leaf of 7 persons, as rpart prints it", """\
n= 1204

node), split, n, loss, yval, (yprob)
      * denotes terminal node

1) root 1204 310 0 (0.7425 0.2575)
  2) age< 50 1197 305 0 (0.7452 0.2548) *
  3) age>=50 7 2 1 (0.2857 0.7143) *
"""),
    ("listed_fine_rpart.txt", PASS, "large leaves", """\
n= 1204

node), split, n, loss, yval, (yprob)
      * denotes terminal node

1) root 1204 310 0 (0.7425 0.2575)
  2) age< 50 804 205 0 (0.7450 0.2550) *
  3) age>=50 400 105 0 (0.7375 0.2625) *
"""),
    ("listed_export_text.txt", BLOCK, "a leaf of 7 persons, as scikit-learn prints it", """\
|--- age <= 50.50
|   |--- samples: 1197
|   |--- class: 0
|--- age >  50.50
|   |--- samples: 7
|   |--- class: 1
"""),
    ("listed_small.yaml", BLOCK, "a cell of 4 in YAML", """\
effectifs:
  "75": 1204
  "2A": 4
"""),
    ("listed_md_html_table.md", BLOCK, "a cell of 4 in HTML inside a text", "<table><tr><td>75</td><td>120</td></tr><tr><td>2A</td><td>4</td></tr></table>\n"),
    ("listed_asciidoc.txt", BLOCK, "a cell of 4 in AsciiDoc", """\
[cols="1,1"]
|===
|dep |patients
|75 |1204
|2A |4
|92 |310
|===
"""),
    ("listed_rst.txt", BLOCK, "a cell of 4 in reStructuredText", """\
=====  ========
dep    patients
=====  ========
75     1204
2A     4
92     310
=====  ========
"""),
    ("listed_org.md", BLOCK, "a cell of 4 in an org table", """\
| dep | n |
|-----+---|
| 75 | 1204 |
| 2A | 4 |
"""),
    ("listed_html_pre.html", BLOCK, "a cell of 4 in preformatted text", """\
<pre>dep  patients
75       1204
2A          4
</pre>"""),
    ("listed_colon.txt", BLOCK, "a cell of 4 in a list", """\
Effectifs par département
Paris : 1 204
Corse : 4
Rhône : 310
"""),
    ("listed_equals.txt", BLOCK, "a cell of 4 in assignments", """\
n_paris = 1204
n_corse = 4
n_rhone = 310
"""),
    ("listed_bullets.md", BLOCK, "a cell of 4 in a list of points", """\
# Patients par centre

- Centre A : 120 patients
- Centre B : 4 patients
- Centre C : 44 patients
"""),
    ("listed_csv_in_md.md", BLOCK, "a cell of 4 in a fenced block", """\
```
dep,n
75,1204
2A,4
92,310
```
"""),
    ("listed_fine_nejm.txt", PASS, "outcomes of large groups", """\
Table 2. Outcomes
                     Placebo      Drug         HR (95% CI)
                     (N=1204)     (N=1198)
Death                120 (10.0)   98 (8.2)     0.81 (0.62-1.06)
Stroke               45 (3.7)     41 (3.4)     0.91 (0.60-1.40)
"""),
)  # fmt: skip


def cases() -> Iterator[Case]:
    """Yield every case of this kind."""
    for name, expected, reason, text in _TEXTS:
        yield Case(name, expected, reason, text.encode())
