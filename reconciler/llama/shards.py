"""The parts of a model that was split over several files, told by their names alone."""

import re

SHARD = re.compile(r"(?P<stem>.*)-(?P<number>\d{5})-of-(?P<count>\d{5})\.gguf")


def shard_names(path_name: str) -> tuple[str, ...]:
    """All files of the model that `path_name` is a shard of, in order; itself if it is no shard."""
    match = SHARD.fullmatch(path_name)
    if match is None or int(match["count"]) == 0:
        return (path_name,)
    count = int(match["count"])
    return tuple(f"{match['stem']}-{number:05}-of-{count:05}.gguf" for number in range(1, count + 1))
