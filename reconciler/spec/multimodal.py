"""Section `multimodal`: images and sound."""

from reconciler.spec.base import Spec
from reconciler.spec.setting import setting, switch
from reconciler.spec.sources import Address
from reconciler.spec.values import Count, Milliseconds


# fmt: off
# One line a setting reads as a table; the formatter would break each into six.
class MultimodalSettings(Spec):
    """The projector that turns images or sound into tokens."""

    mmproj: str | None = setting("--mmproj", path_to_file=True, help="File of the projector.")
    mmproj_url: Address | None = setting("--mmproj-url", help="Address to download the projector from, without a password or token in it.")
    mmproj_auto: bool | None = setting(switch("--mmproj-auto"), default="on", help="Whether a projector that comes with the repository of `hf` is used.")
    mmproj_offload: bool | None = setting(switch("--mmproj-offload"), default="on", help="Whether the projector lies in GPU memory.")
    mmproj_device: str | None = setting("--mmproj-device", default="follows gpu.device", help="Device of the projector; `none` is the host.")
    image_min_tokens: Count | None = setting("--image-min-tokens", ge=0, unit="tokens", default="from the model", help="Fewest tokens that an image becomes.")
    image_max_tokens: Count | None = setting("--image-max-tokens", ge=0, unit="tokens", default="from the model", help="Most tokens that an image becomes.")
    batch_max_tokens: Count | None = setting("--mtmd-batch-max-tokens", ge=1, unit="tokens", default="1024", help="Most tokens of images that are computed at once.")
    video_fps: float | None = setting("--video-fps", gt=0, unit="1/s", default="4", help="Pictures that are taken from each second of a video.")
    video_timestamp_interval: Milliseconds | None = setting("--video-timestamp-interval", ge=0, unit="ms", default="5000", help="Time between two timestamps that are written between the pictures.")
    video_ffmpeg_dir: str | None = setting("--video-ffmpeg-dir", path=True, default="looked up in PATH", help="Folder with ffmpeg and ffprobe.")
