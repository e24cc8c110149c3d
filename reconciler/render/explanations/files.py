"""Codes 01xx: what keeps a file from being understood."""

from reconciler.render.explanations.explanation import Explanation, Explanations

FILES: Explanations = {
    "E0101": Explanation(
        meaning="The text breaks a rule of YAML; the place is where the parser could not go on, which may be behind the mistake.",
        reason="What follows could mean anything.",
        remedy="Look at brackets, quotes and indents above the place. Indent with blanks, and quote a text that holds `: `.",
        wrong="fleet: [homelab\n",
        right="fleet: homelab\n",
    ),
    "E0102": Explanation(
        meaning="The file holds nothing, or comments alone.",
        reason="An empty file is more often a lost one than a wish to stop everything.",
        remedy="Write the configuration, or do not name the file.",
        wrong="# nothing yet\n",
        right="models: {}\n",
    ),
    "E0103": Explanation(
        meaning="One mapping has the same key twice.",
        reason="YAML programs take one of the two silently, and not all the same one.",
        remedy="Remove one of the two; the message names the place of the other.",
        wrong="fleet: homelab\nfleet: office\n",
        right="fleet: homelab\n",
    ),
    "E0104": Explanation(
        meaning="A value carries a tag (`!name`) that the core schema of YAML does not have.",
        reason="Tags of other programs, such as `!env` or `!include`, have no meaning here.",
        remedy="Remove the tag.",
        wrong="fleet: !env FLEET\n",
        right="fleet: homelab\n",
    ),
    "E0105": Explanation(
        meaning="An alias (`*name`) names an anchor that is not there, contains itself, or repeats more than 200,000 values.",
        reason="A few lines of aliases can stand for billions of values and fill the memory.",
        remedy="Define the anchor (`&name`) above its first alias, or write the values out.",
        wrong="fleet: *name\n",
        right="x-name: &name homelab\nfleet: *name\n",
    ),
    "E0106": Explanation(
        meaning="A key is a number, a switch or a structure for YAML, and not a text.",
        reason="All keys here are names.",
        remedy="Put the key in quotes; `reconcile fmt --fix` does it.",
        wrong="models:\n  8: { path: /srv/a.gguf }\n",
        right='models:\n  "8": { path: /srv/a.gguf }\n',
    ),
    "E0107": Explanation(
        meaning="The file goes on after a second `---`.",
        reason="Which of the documents would be the configuration is not clear.",
        remedy="Put each document into a file of its own, and name the directory.",
        wrong="fleet: homelab\n---\nmodels: {}\n",
        right="fleet: homelab\nmodels: {}\n",
    ),
    "E0108": Explanation(
        meaning="Mappings and lists are nested more than 50 levels deep.",
        reason="No configuration needs that, and programs that read it could fail.",
        remedy="Make it flatter.",
        wrong="x-deep: " + "[" * 60 + "]" * 60 + "\n",
        right="x-deep: [[]]\n",
    ),
    "E0109": Explanation(
        meaning="The bytes of the file are not UTF-8.",
        reason="Names and paths would be others than the ones that were meant.",
        remedy="Save the file as UTF-8, or convert it: `iconv -f CHARSET -t UTF-8 FILE`.",
    ),
    "E0110": Explanation(
        meaning="There is a character that YAML does not allow, or an escape for one that no program could be given.",
        reason="Control characters and NUL end or garble names, paths and command lines.",
        remedy="Remove it.",
        wrong='fleet: "home\\0lab"\n',
        right='fleet: "homelab"\n',
    ),
    "E0111": Explanation(
        meaning="A file has more than 10 MiB, or there are more lines, models, keys or values than a fleet can need, or a key is too long; the message has the limit.",
        reason="A configuration is far smaller: ten thousand models take about 4 MiB.",
        remedy="Check that the right file is named, or divide it; make a fleet that is really so large several ones.",
    ),
    "E0112": Explanation(
        meaning="The file or directory is not there, may not be read, or is no regular file.",
        reason="A part of the configuration that is left out would stop what it declares.",
        remedy="Mend the path or its permissions, or name another with `--config`.",
    ),
    "E0113": Explanation(
        meaning="The directory has no file that ends in `.yaml` or `.yml`.",
        reason="It would be a fleet of nothing. Hidden files and subdirectories do not count.",
        remedy="Name the right directory, or write a file into it.",
    ),
    "E0114": Explanation(
        meaning="A value does not fit its tag, or is a text or number that is too long.",
        reason="It cannot be read as what the tag says, or is more than any setting takes.",
        remedy="Put it in quotes if it is a text, or remove the tag; put a long text into a file of its own.",
        wrong="router: { port: !!int eighty }\n",
        right="router: { port: 8080 }\n",
    ),
    "E0115": Explanation(
        meaning="`<<` takes over the keys of a mapping, and stands before something else.",
        reason="A text or number has no keys.",
        remedy="Name the anchor of a mapping: `<<: *common`.",
        wrong="models:\n  a: { <<: common, path: /srv/a.gguf }\n",
        right="x-common: &common { load: always }\nmodels:\n  a: { <<: *common, path: /srv/a.gguf }\n",
    ),
    "E0116": Explanation(
        meaning="The file as a whole is a list or a single value.",
        reason="A configuration is made of keys such as `version` and `models`.",
        remedy="Write `key: value` lines.",
        wrong="- fleet: homelab\n",
        right="fleet: homelab\n",
    ),
}
