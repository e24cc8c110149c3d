"""Codes 06xx: what keeps files, profiles and variables from becoming one configuration."""

from reconciler.render.explanations.explanation import Explanation, Explanations

COMPOSITION: Explanations = {
    "E0601": Explanation(
        meaning="A line of `include` names a file that is not there, or a pattern that fits none.",
        reason="A slip of the pen would take away all models that the file declares.",
        remedy="Mend the path: it starts from the file that says it, without variables. A pattern takes `.yaml` and `.yml` files that are not hidden.",
        wrong="include: modles/*.yaml\n",
        right="# file: fleet.yaml\ninclude: models/*.yaml\n# file: models/chat.yaml\nmodels:\n  chat: { path: /srv/a.gguf }\n",
    ),
    "E0602": Explanation(
        meaning="A file includes itself, or one that it is included from.",
        reason="Each file is read once: the line adds nothing, so another file was meant.",
        remedy="Remove the line that the message shows. Patterns and directories pass over such files by themselves.",
        wrong="# file: fleet.yaml\ninclude: chat.yaml\n# file: chat.yaml\ninclude: fleet.yaml\nmodels:\n  chat: { path: /srv/a.gguf }\n",
        right="# file: fleet.yaml\ninclude: chat.yaml\n# file: chat.yaml\nmodels:\n  chat: { path: /srv/a.gguf }\n",
    ),
    "E0603": Explanation(
        meaning="There are more than 10,000 files, they are too large together, or a pattern looks into more than 2,000 directories.",
        reason="A pattern that begins too high would read a whole disk.",
        remedy="Begin the pattern with the directory that the files are in; make a fleet that is really so large several ones.",
    ),
    "E0604": Explanation(
        meaning="`--profile` names a profile that no file declares.",
        reason="Without it the fleet would be another than the one that was asked for.",
        remedy="Take one of those that the message lists, or declare it in `profiles:`.",
        wrong="# run: reconcile plan --profile labtop\nprofiles:\n  laptop: { router: { models_max: 1 } }\n",
        right="# run: reconcile plan --profile laptop\nprofiles:\n  laptop: { router: { models_max: 1 } }\n",
    ),
    "E0605": Explanation(
        meaning="A profile has `version`, `fleet`, `required_version`, `include` or `profiles`.",
        reason="They say what the configuration is, and are needed before a profile can be chosen.",
        remedy="Write the key at the top of a file; another fleet needs a configuration of its own.",
        wrong="profiles:\n  laptop:\n    fleet: laptop\n    router: { models_max: 1 }\n",
        right="profiles:\n  laptop:\n    router: { models_max: 1 }\n",
    ),
    "E0606": Explanation(
        meaning="A profile says `null` for a model that nobody declares.",
        reason="It takes nothing away; the model that was meant would stay.",
        remedy="Write the name as it is declared, or remove the line.",
        wrong="models:\n  coder: { path: /srv/a.gguf }\nprofiles:\n  laptop: { models: { codre: null } }\n",
        right="models:\n  coder: { path: /srv/a.gguf }\nprofiles:\n  laptop: { models: { coder: null } }\n",
    ),
    "E0607": Explanation(
        meaning="`${NAME}` stands for a variable that is neither declared nor given.",
        reason="An empty text in its place would make another path or value.",
        remedy="Declare it in `variables:`, or give it with `--var NAME=VALUE`. `${env:NAME}` is an environment variable, `$${` the two characters themselves.",
        wrong="models:\n  chat:\n    path: ${folder}/a.gguf\n",
        right="variables: { folder: /srv }\nmodels:\n  chat:\n    path: ${folder}/a.gguf\n",
    ),
    "E0608": Explanation(
        meaning="`${env:NAME}` stands for an environment variable that `reconcile` was started without.",
        reason="An empty text in its place would make another path or value.",
        remedy="Set it where `reconcile` runs, in services and scheduled runs too, or take a variable of `variables:`.",
        wrong="models:\n  chat:\n    path: ${env:FLEET_FOLDER}/a.gguf\n",
        right="# run: FLEET_FOLDER=/srv reconcile plan\nmodels:\n  chat:\n    path: ${env:FLEET_FOLDER}/a.gguf\n",
    ),
    "E0609": Explanation(
        meaning="A variable is declared as `null`, and nobody gives it a value.",
        reason="`null` says that it must be given: whoever wrote it knows no value that is right everywhere.",
        remedy="Give it with `--var NAME=VALUE`, or in a profile that is chosen.",
        wrong="variables: { folder: null }\nmodels:\n  chat:\n    path: ${folder}/a.gguf\n",
        right="# run: reconcile plan --var folder=/srv\nvariables: { folder: null }\nmodels:\n  chat:\n    path: ${folder}/a.gguf\n",
    ),
    "E0610": Explanation(
        meaning="A variable needs its own value, directly or by way of others.",
        reason="None of them would ever have a value.",
        remedy="Give one of those that the message lists a value of its own.",
        wrong="variables:\n  data: ${folder}/data\n  folder: ${data}/models\n",
        right="variables:\n  data: /srv/data\n  folder: ${data}/models\n",
    ),
    "E0611": Explanation(
        meaning="What follows `${` is neither a name nor `env:` and a name, or the `}` is missing.",
        reason="Defaults and other forms of shells and of Compose are not known here, and would end up in a path or value.",
        remedy="Write `${NAME}` or `${env:NAME}`, a default in `variables:`, and `$${` for the two characters themselves.",
        wrong="defaults:\n  memory:\n    ctx_size: ${ctx:-8192}\n",
        right="variables: { ctx: 8192 }\ndefaults:\n  memory:\n    ctx_size: ${ctx}\n",
    ),
    "E0612": Explanation(
        meaning="`${env:NAME}` stands for a secret: the name looks like one, or `server` reads a secret from that variable.",
        reason="Texts end up in command lines, plans and logs, which others can read.",
        remedy="Write `{ env: NAME }` where a secret belongs. A variable that is no secret needs another name.",
        wrong="server:\n  hf_token: ${env:HF_TOKEN}\n",
        right="server:\n  hf_token: { env: HF_TOKEN }\n",
    ),
    "E0613": Explanation(
        meaning="`--var` gives a variable that is neither declared nor used.",
        reason="The value that was meant would stay as it is.",
        remedy="Write the name as it is declared, or leave the option out.",
        wrong="# run: reconcile plan --var fodler=/mnt\nvariables: { folder: /srv }\n",
        right="# run: reconcile plan --var folder=/mnt\nvariables: { folder: /srv }\n",
    ),
    "E0614": Explanation(
        meaning="With its variables replaced a text has more than 1,048,576 characters, or all texts together more than ten times as many.",
        reason="A few lines that repeat each other can fill the memory.",
        remedy="Use each variable once, and put long texts into files.",
        wrong="variables:\n  a: 0123456789 0123456789\n"
        + "".join(f"  {name}: {f'${{{before}}}' * 10}\n" for before, name in ("ab", "bc", "cd", "de", "ef")),
        right="variables:\n  a: 0123456789 0123456789\n  b: ${a}${a}\n",
    ),
}
