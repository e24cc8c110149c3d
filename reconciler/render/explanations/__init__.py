"""Every diagnostic code explained: data for `reconcile explain` and docs/diagnostics.md, a module for each hundred."""

from reconciler.render.explanations.composition import COMPOSITION
from reconciler.render.explanations.explanation import Explanation
from reconciler.render.explanations.files import FILES
from reconciler.render.explanations.flags import FLAGS
from reconciler.render.explanations.host import HOST
from reconciler.render.explanations.rules import RULES
from reconciler.render.explanations.shape import SHAPE

__all__ = ["EXPLANATIONS", "GROUPS", "Explanation"]

GROUPS = {
    "Reading files (01xx)": FILES,
    "Keys and values (02xx)": SHAPE,
    "What does not fit together (03xx)": RULES,
    "Flags of llama-server (04xx)": FLAGS,
    "This machine (05xx)": HOST,
    "Files, profiles and variables (06xx)": COMPOSITION,
}

EXPLANATIONS = {code: one for group in GROUPS.values() for code, one in group.items()}
"""By code; a code that a new problem brings is explained in the module of its hundred."""
