"""Codes 04xx: what the llama-server at hand takes. The examples are for a build of schemas/llama-server."""

from reconciler.render.explanations.explanation import Explanation, Explanations

FLAGS: Explanations = {
    "E0401": Explanation(
        meaning="This build of llama-server has no flag for the setting.",
        reason="It would not start with it. Builds rename and remove flags often.",
        remedy="Leave the setting out, or use a build that has it; `reconcile flags --diff OTHER` compares two.",
        wrong="models:\n  a: { path: /srv/a.gguf, multimodal: { video_fps: 2 } }\n",
        right="models:\n  a: { path: /srv/a.gguf }\n",
    ),
    "E0402": Explanation(
        meaning="This build has a flag for the setting, and no way to say this value.",
        reason="It would refuse to start, or take another value.",
        remedy="Take one of the values that the message lists, or leave the setting out.",
    ),
    "E0403": Explanation(
        meaning="`extra_args` has a flag that this build does not know, or that was removed from it.",
        reason="llama-server ends at once when it meets an unknown flag.",
        remedy="Take the flag that the hint names. Where only the name is new, `reconcile fmt --fix` writes it.",
        wrong="models:\n  a: { path: /srv/a.gguf, extra_args: { --no-such-flag: 1 } }\n",
        right="models:\n  a: { path: /srv/a.gguf }\n",
    ),
    "E0404": Explanation(
        meaning="`extra_args` has a flag that reconcile passes itself, or one with which no server can be kept.",
        reason="Given twice, the last one would win; others print something and end, or hide the log.",
        remedy="Write the key that the message names, else leave the flag out; `reconcile flags` says why for each.",
        wrong="models:\n  a: { path: /srv/a.gguf, extra_args: { --port: 9000 } }\n",
        right="models:\n  a: { path: /srv/a.gguf, serve: dedicated, port: 9000 }\n",
    ),
    "E0405": Explanation(
        meaning="`extra_args` has a flag that carries a secret, or an address with a password or a token in it.",
        reason="Everybody on the machine can read command lines.",
        remedy="Write `server: { api_key: { env: NAME } }` or `hf_token`; write an address without the secret.",
        wrong="models:\n  a: { path: /srv/a.gguf, extra_args: { --api-key: example } }\n",
        right="server: { api_key: { env: LLAMA_API_KEY } }\nmodels:\n  a: { path: /srv/a.gguf }\n",
    ),
    "E0406": Explanation(
        meaning="Two keys of `extra_args` are one flag in two spellings, or a setting that is written says the flag too.",
        reason="The last one would win, and which that is depends on the order.",
        remedy="Keep one of them, rather the setting; a list of values repeats a flag.",
        wrong="models:\n  a: { path: /srv/a.gguf, extra_args: { --verbose: true, -v: true } }\n",
        right="models:\n  a: { path: /srv/a.gguf, extra_args: { --verbose: true } }\n",
    ),
    "E0407": Explanation(
        meaning="A value of a router's model cannot be written into its section, or a list has several values there.",
        reason="The router cuts values at `;` and `#`, strips blanks at their edges, and knows no quotes.",
        remedy="Change the value, or write `serve: dedicated`.",
        wrong='models:\n  a: { path: "/srv/a;b.gguf" }\n',
        right='models:\n  a: { path: "/srv/a;b.gguf", serve: dedicated }\n',
    ),
    "E0408": Explanation(
        meaning="A flag of `extra_args` has a value that it does not take, or none where it needs one.",
        reason="llama-server would take the next flag for the value, or end.",
        remedy="`true` is the flag alone, `false` or `null` leaves it out, anything else is its value.",
        wrong="models:\n  a: { path: /srv/a.gguf, extra_args: { --verbose: 1 } }\n",
        right="models:\n  a: { path: /srv/a.gguf, extra_args: { --verbose: true } }\n",
    ),
    "E0409": Explanation(
        meaning="A name or alias has a comma.",
        reason="llama-server takes several names joined by commas: one with a comma would arrive as two.",
        remedy="Take a name without a comma.",
        wrong='models:\n  a: { path: /srv/a.gguf, aliases: ["b,c"] }\n',
        right="models:\n  a: { path: /srv/a.gguf, aliases: [b, c] }\n",
    ),
    "E0410": Explanation(
        meaning="The router would serve the model under another name.",
        reason="In names it writes what follows the last `:` in capitals, as it does with the tag of a repository.",
        remedy="Name the model without small letters after a colon; an alias may have them.",
        wrong="models:\n  qwen:8b: { path: /srv/a.gguf }\n",
        right='models:\n  qwen-8b: { path: /srv/a.gguf, aliases: ["qwen:8b"] }\n',
    ),
    "W0401": Explanation(
        meaning="The build takes the flag and says that it is deprecated.",
        reason="A later build will not take it any more.",
        remedy="Write what the hint names, or leave it out.",
        wrong="models:\n  a: { path: /srv/a.gguf, extra_args: { --defrag-thold: 0.1 } }\n",
        right="models:\n  a: { path: /srv/a.gguf }\n",
    ),
    "W0402": Explanation(
        meaning="`extra_args` has a flag for which there is a setting.",
        reason="A setting is checked for type and range, compared in plans, and spelled as each build wants it.",
        remedy="Write the setting that the hint names.",
        wrong="models:\n  a: { path: /srv/a.gguf, extra_args: { --ctx-size: 4096 } }\n",
        right="models:\n  a: { path: /srv/a.gguf, memory: { ctx_size: 4096 } }\n",
    ),
    "W0403": Explanation(
        meaning="A flag in `extra_args` has no value, which is `null`, and takes no flag of `defaults` away.",
        reason="`null` passes nothing, and in a shell the flag alone would be passed.",
        remedy="Write `true` for a flag that stands alone, or remove it.",
        wrong="models:\n  a: { path: /srv/a.gguf, extra_args: { --verbose: } }\n",
        right="models:\n  a: { path: /srv/a.gguf, extra_args: { --verbose: true } }\n",
    ),
}
