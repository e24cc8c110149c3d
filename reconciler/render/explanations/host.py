"""Codes 05xx: what a look at the machine finds. No text alone can give them, so they have no examples."""

from reconciler.render.explanations.explanation import Explanation, Explanations

HOST: Explanations = {
    "E0501": Explanation(
        meaning="A model file is missing, may not be read, is no GGUF, or lacks a part.",
        reason="llama-server would end while it loads; nothing is touched before that is known.",
        remedy="Mend the path or the download. A model in several files needs all of them beside the first.",
    ),
    "E0502": Explanation(
        meaning="The environment variable that a secret is read from is not set, or its file cannot be read.",
        reason="The servers would start without a key, open to everybody who reaches them.",
        remedy="Set the variable where `reconcile` runs, or write the file.",
    ),
    "E0503": Explanation(
        meaning="Another process listens on the port.",
        reason="The server could not start, and the other one is not ours to stop.",
        remedy="Stop it, choose another port, or take it over with `reconcile adopt` if it is a llama-server of this fleet.",
    ),
    "E0504": Explanation(
        meaning="Every port of `server.ports` is taken, by our servers or by others.",
        reason="A dedicated model without a port of its own has none to listen on.",
        remedy="Give `server.ports` a wider range, or free some.",
    ),
    "E0505": Explanation(
        meaning="A port is declared for one resource and held by another, which has it without declaring it (from the pool, or from an earlier `port`), stays as it is (it is protected, or no `--target`), or would have to swap with it.",
        reason="One of them could not start while the other holds it.",
        remedy="Give one of them another port; for a swap apply twice, with a third port in between.",
    ),
    "E0506": Explanation(
        meaning="A model has `url` or `docker`, and none of `LLAMA_CACHE`, `XDG_CACHE_HOME` and `HOME` is set.",
        reason="The download becomes a file in a folder that one of them names, and llama-server must be told which.",
        remedy="Set `LLAMA_CACHE` to a folder where `reconcile` runs, or download the file and write `path`.",
    ),
    "W0501": Explanation(
        meaning="By the sizes of their files, the models that would start are larger than the free memory.",
        reason="Loading may fail, or be slow. It is an estimate without caches and GPUs, so it stops nothing.",
        remedy="Start fewer models, or smaller ones; `load: on-demand` lets the router load a model when it is asked for.",
    ),
    "W0502": Explanation(
        meaning="A process or the router could not be looked at, and nothing is done to what depends on it.",
        reason="What is unknown never causes an action: it is left as it is.",
        remedy="Run it as the user who owns the servers; `reconcile doctor` says more.",
    ),
}
