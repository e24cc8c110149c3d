"""Codes 02xx: keys that are not known, and values that they do not take."""

from reconciler.render.explanations.explanation import Explanation, Explanations

SHAPE: Explanations = {
    "E0201": Explanation(
        meaning="The value is of another type than the key takes.",
        reason='YAML tells `8080` from `"8080"` and `true` from `yes`; guessing would hide mistakes.',
        remedy="Write the type that the message names; `reconcile fmt --fix` does it where nothing else can be meant.",
        wrong='router: { port: "8080" }\n',
        right="router: { port: 8080 }\n",
    ),
    "E0202": Explanation(
        meaning="The number or length is outside of what the key takes.",
        reason="llama-server would refuse it, or do something that nobody wants.",
        remedy="Stay within the limits that the message names; docs/settings.md has them for each setting.",
        wrong="router: { port: 80800 }\n",
        right="router: { port: 8080 }\n",
    ),
    "E0203": Explanation(
        meaning="The key takes one of a few words, and this is none of them.",
        reason="llama-server would not start with it.",
        remedy="Choose one of the words that the message lists.",
        wrong="models:\n  a: { path: /srv/a.gguf, serve: both }\n",
        right="models:\n  a: { path: /srv/a.gguf, serve: dedicated }\n",
    ),
    "E0204": Explanation(
        meaning="No key of this name can stand here.",
        reason="A misspelled setting that is passed over would run with a default that nobody chose.",
        remedy="Take the name or the section that the hint says; names of flags and of other programs are mended by `reconcile fmt --fix`.",
        wrong="models:\n  a: { path: /srv/a.gguf, memory: { n_ctx: 4096 } }\n",
        right="models:\n  a: { path: /srv/a.gguf, memory: { ctx_size: 4096 } }\n",
    ),
    "E0205": Explanation(
        meaning="A key that must be there is not.",
        reason="There is no default that could be meant.",
        remedy="Add the key.",
        wrong="models:\n  a: { load: always }\n",
        right="models:\n  a: { path: /srv/a.gguf, load: always }\n",
    ),
    "E0206": Explanation(
        meaning="The value has a form of its own, such as a duration, a size or a percentage, and cannot be read as one.",
        reason="A bare number would leave the unit open.",
        remedy="Write it as in the message: `30s`, `10MiB`, `50%`, `8100-8199`.",
        wrong="safety: { max_stop: half }\n",
        right="safety: { max_stop: 50% }\n",
    ),
    "E0207": Explanation(
        meaning="A secret stands in the file, or a reference to one is not complete.",
        reason="Files of a fleet are kept in git, where a secret stays for ever.",
        remedy="Say where the secret is, `{ env: NAME }` or `{ file: PATH }`, and change one that was committed.",
        wrong="server: { api_key: example }\n",
        right="server: { api_key: { env: LLAMA_API_KEY } }\n",
    ),
    "E0208": Explanation(
        meaning="The key is kept for a later version of the language.",
        reason="It will mean something, and until then it does nothing.",
        remedy="Remove it.",
        wrong="nodes: [one, two]\n",
        right="x-nodes: [one, two]\n",
    ),
    "W0201": Explanation(
        meaning="The key has a newer name. It is read as the new one.",
        reason="The old name will be refused by the next `version` of the language.",
        remedy="Write the new name, or let `reconcile fmt --fix` do it.",
    ),
}
